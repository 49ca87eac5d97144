/**
 * A worker that gets its tasks from SQS. Start the server with `resonate serve --transports-sqs-enabled true
 * --transports-sqs-region eu-central-1`. To give the worker a task, create a promise with the tag `resonate:target` =
 * `sqs://orders`.
 *
 *   SQS_QUEUE=orders AWS_REGION=eu-central-1 node examples/sqs-worker/main.ts
 *
 * You can start any number of workers. SQS_ENDPOINT selects a server other than AWS.
 */
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';
import { packOrder } from '../worker/pack-order.ts';
import { runTask, type ExecuteMessage } from '../worker/run-task.ts';

const endpoint = process.env['SQS_ENDPOINT'];
const queue = process.env['SQS_QUEUE'] ?? 'orders';
const client = new SQSClient(endpoint === undefined ? {} : { endpoint });
const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: queue }));

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
console.log(`waiting for ${queue}`);

while (!stopping.signal.aborted) {
  const receive = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 20,
    MessageAttributeNames: ['kind'],
  });
  const { Messages = [] } = await client.send(receive, { abortSignal: stopping.signal }).catch((error: unknown) => {
    if (stopping.signal.aborted) return { Messages: [] };
    throw error;
  });
  await Promise.all(Messages.map(handle));
}

/** Deletes the message if its task needs no further attempt. Otherwise SQS delivers it again after the visibility timeout. */
async function handle({ Body = '', ReceiptHandle, MessageAttributes }: Message): Promise<void> {
  if (MessageAttributes?.['kind']?.StringValue === 'execute') {
    const message = JSON.parse(Body) as ExecuteMessage;
    try {
      const isDone = await runTask(message, packOrder);
      console.log(`${message.data.task.id} ${isDone ? 'done' : 'skipped: another worker has it or has done it'}`);
    } catch (error) {
      console.error(`${message.data.task.id} ${String(error)}`);
      return;
    }
  }
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}
