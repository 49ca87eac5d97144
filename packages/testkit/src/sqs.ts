import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaArguments } from './brokers.ts';
import { startOwned, type TestServer } from './databases/owned-server.ts';
import { freePort } from './free-port.ts';

/**
 * Starts an ElasticMQ (it speaks SQS) of its own on a free port, with these queues; names that end in `.fifo` make FIFO
 * queues. It keeps nothing: a restart empties the queues. It ends with this process, however that ends.
 * @throws when `npm run brokers` did not fetch it, or there is no Java.
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
