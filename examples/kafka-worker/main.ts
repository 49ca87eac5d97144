/**
 * A worker that gets its tasks from Kafka. Start the server with `resonate serve --transports-kafka-enabled true
 * --transports-kafka-brokers localhost:9092`. To give the worker a task, create a promise with the tag `resonate:target` =
 * `kafka://orders`.
 *
 *   KAFKA_BROKERS=localhost:9092 KAFKA_TOPIC=orders node examples/kafka-worker/main.ts
 *
 * You can start as many workers as the topic has partitions.
 */
import { Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { packOrder } from '../worker/pack-order.ts';
import { runTask, type ExecuteMessage } from '../worker/run-task.ts';

const topic = process.env['KAFKA_TOPIC'] ?? 'orders';
const consumer = new Consumer({
  clientId: 'order-worker',
  groupId: process.env['KAFKA_GROUP'] ?? 'order-workers',
  bootstrapBrokers: (process.env['KAFKA_BROKERS'] ?? 'localhost:9092').split(','),
  deserializers: stringDeserializers,
});
const stream = await consumer.consume({
  topics: [topic],
  mode: MessagesStreamModes.COMMITTED,
  fallbackMode: 'earliest',
  // If a worker dies after the commit of a record, no task is lost: the server sends the message again until a worker
  // acquires the task.
  autocommit: true,
});
process.once('SIGTERM', () => void stream.close());
console.log(`waiting for ${topic}`);

for await (const { value, headers } of stream) {
  if (headers.get('kind') !== 'execute') continue;
  const message = JSON.parse(value) as ExecuteMessage;
  try {
    const isDone = await runTask(message, packOrder);
    console.log(`${message.data.task.id} ${isDone ? 'done' : 'skipped: another worker has it or has done it'}`);
  } catch (error) {
    console.error(`${message.data.task.id} ${String(error)}`);
  }
}
await consumer.close();
