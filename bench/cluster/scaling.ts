import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../test/processes/until.ts';
import { Connection } from '../load/connection.ts';
import * as body from '../load/requests.ts';
import { ok } from '../load/scenario.ts';
import { runLoad } from '../run-load.ts';
import type { Cluster } from './cluster.ts';

const CALLERS = 64;

/**
 * Measures how many messages per second all dispatchers of the cluster push to one target. The target takes `answerMs`
 * for each.
 */
export async function drainRate({ processes }: Cluster, messages: number, answerMs: number): Promise<number> {
  const [api] = processes.api;
  if (!api) throw new Error('no api process is running');
  const received = new Set<string>();
  const target = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { data: { task: { id: string } } };
      received.add(message.data.task.id);
      setTimeout(() => response.end(), answerMs);
    });
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
  // Freeze the dispatchers, so that all messages are waiting before the first one is pushed.
  for (const dispatcher of processes.dispatcher) dispatcher.freeze();
  await createAll(api.url, url, messages);
  const startedAt = performance.now();
  for (const dispatcher of processes.dispatcher) dispatcher.thaw();
  await until('everything is delivered', 120_000, () => received.size === messages);
  const elapsedMs = performance.now() - startedAt;
  target.closeAllConnections();
  target.close();
  return (messages / elapsedMs) * 1_000;
}

async function createAll(url: string, target: string, count: number): Promise<void> {
  const run = Date.now().toString(36);
  let n = 0;
  const caller = async () => {
    const connection = await Connection.open(url);
    while (n < count) await ok(connection, body.callCreate(`drain-${run}-${n++}`, target));
    connection.close();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** Rounds of create, get and settle per second, by 64 callers spread over all apis of the cluster. */
export async function requestRate({ processes }: Cluster, seconds: number): Promise<number> {
  const callers = CALLERS / processes.api.length;
  const job = {
    scenario: 'create+get+settle',
    callers,
    ids: 'counted',
    warmupMs: 2_000,
    durationMs: seconds * 1_000,
  } as const;
  const loads = await Promise.all(processes.api.map(({ url }) => runLoad({ ...job, url }, () => null)));
  return loads.reduce((sum, { result }) => sum + (result.rounds / result.elapsedMs) * 1_000, 0);
}
