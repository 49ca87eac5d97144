import { fileURLToPath } from 'node:url';
import { Spawned } from '../processes/spawned.ts';
import type { CrashPoint } from './workers/crash-points.ts';
import type { NetworkName } from './workers/sdk.ts';

const WORKER = fileURLToPath(new URL('./workers/crashing-worker.ts', import.meta.url));
const READY_WITHIN_MS = 30_000;

export interface CrashingWorkerOptions {
  url: string;
  group: string;
  name: string;
  network: NetworkName;
  /** Lease length in ms; default 2 s. */
  ttlMs?: number;
  /** Where it dies in the life of a step; never when absent. */
  at?: CrashPoint;
  /** In which step; default the second. */
  step?: number;
}

/** Starts a worker that dies where it is told to, and waits until it is connected. */
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
