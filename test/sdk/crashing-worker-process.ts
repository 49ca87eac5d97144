import { fileURLToPath } from 'node:url';
import { Spawned } from '../processes/spawned.ts';
import type { CrashPoint } from './workers/crash-points.ts';
import type { NetworkName } from './workers/sdk.ts';

const WORKER = fileURLToPath(new URL('./workers/crashing-worker.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;

export interface CrashingWorkerOptions {
  url: string;
  group: string;
  name: string;
  network: NetworkName;
  /** The length of the lease in ms, by default 2 s. */
  ttlMs?: number;
  /** The point in the life of a step at which it dies. By default it does not die. */
  at?: CrashPoint;
  /** The step in which it dies, by default the second. */
  step?: number;
}

/** Starts a worker that dies at the given point, and waits until it is connected. */
export async function startCrashingWorker(options: CrashingWorkerOptions): Promise<Spawned> {
  const { url, group, name, network, ttlMs, at, step } = options;
  const args = [WORKER, '--url', url, '--group', group, '--name', name, '--network', network];
  if (ttlMs !== undefined) args.push('--ttl', String(ttlMs));
  if (at !== undefined) args.push('--at', at);
  if (step !== undefined) args.push('--in', String(step));
  const worker = new Spawned(process.execPath, args);
  const isConnected = (line: string) => line === 'connected' || line === 'adapter connected';
  await worker.ready('the worker is connected', isConnected, READY_WITHIN_MS);
  return worker;
}
