import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaArguments } from './brokers.ts';
import { startOwned, type TestServer } from './databases/owned-server.ts';
import { freePort } from './free-port.ts';

/**
 * Starts a new ElasticMQ (it speaks SQS) on a free port, with these queues. A name that ends in `.fifo` makes a FIFO
 * queue. It stores nothing on disk: a restart empties the queues. It ends when this process ends, for any reason.
 * @throws if `npm run brokers` has not downloaded it, or Java is not installed.
 */
export async function startSqs(queues: readonly string[]): Promise<TestServer> {
  const port = await freePort();
  const server = await startOwned('sqs', (directory) => {
    const settings = join(directory, 'elasticmq.conf');
    writeFileSync(settings, configuration(port, queues));
    return {
      command: 'java',
      args: [...javaArguments().toSpliced(-2, 0, `-Dconfig.file=${settings}`), 'org.elasticmq.server.Main'],
      ready: /ElasticMQ server .* started/,
      runAs: 'self',
      stopSignal: 'KILL',
    };
  });
  return { ...server, url: `http://127.0.0.1:${port}` };
}

function configuration(port: number, queues: readonly string[]): string {
  return `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = strict }
rest-stats { enabled = false }
queues { ${queues.map((name) => `"${name}" { fifo = ${name.endsWith('.fifo')} }`).join('\n')} }
`;
}
