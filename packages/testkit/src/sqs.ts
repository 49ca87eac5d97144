import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { javaArguments } from './brokers.ts';
import { OwnedServer, serverDirectory } from './databases/owned-server.ts';
import type { TestServer } from './databases/postgres.ts';
import { freePort } from './free-port.ts';

/**
 * Starts an ElasticMQ (it speaks SQS) of its own on a free port, with these queues; names that end in `.fifo` make FIFO
 * queues. It keeps nothing: a restart empties the queues. It ends with this process, however that ends.
 * @throws when `npm run brokers` did not fetch it, or there is no Java.
 */
export async function startSqs(queues: readonly string[]): Promise<TestServer> {
  const port = await freePort();
  const directory = serverDirectory('sqs');
  const settings = join(directory, 'elasticmq.conf');
  writeFileSync(
    settings,
    `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = strict }
rest-stats { enabled = false }
queues { ${queues.map((name) => `"${name}" { fifo = ${name.endsWith('.fifo')} }`).join('\n')} }
`,
  );
  const server = new OwnedServer({
    command: 'java',
    args: [...javaArguments().toSpliced(-2, 0, `-Dconfig.file=${settings}`), 'org.elasticmq.server.Main'],
    ready: /ElasticMQ server .* started/,
    runAs: 'self',
    stopSignal: 'KILL',
    directory,
  });
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => server.stop(),
    kill9: () => server.kill9(),
    restart: async () => {
      await server.pause();
      await server.start();
    },
    pids: () => server.pids(),
  };
}
