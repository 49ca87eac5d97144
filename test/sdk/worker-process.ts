import { fileURLToPath } from 'node:url';
import { Spawned } from '../processes/spawned.ts';
import type { NetworkName } from './workers/sdk.ts';

const WORKER = fileURLToPath(new URL('./workers/worker.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;

export interface WorkerOptions {
  sdk: string;
  url: string;
  name: string;
  /** Default: the SDK's own, over HTTP. */
  network?: NetworkName;
  /** The group of the worker, by default "default". */
  group?: string;
  /** The length of the lease in ms, by default the SDK's 60 s. */
  ttlMs?: number;
  /** If true, the step `gate` never returns. */
  stuck?: boolean;
}

/** Starts a worker process with the functions of all tests, and waits until its stream to the server is open. */
export async function startWorker(options: WorkerOptions): Promise<Spawned> {
  const args = [WORKER, '--sdk', options.sdk, '--url', options.url, '--name', options.name];
  if (options.network !== undefined) args.push('--network', options.network);
  if (options.group !== undefined) args.push('--group', options.group);
  if (options.ttlMs !== undefined) args.push('--ttl', String(options.ttlMs));
  if (options.stuck === true) args.push('--stuck');
  const worker = new Spawned(process.execPath, args);
  await worker.ready('the worker is ready', (line) => line === 'ready', READY_WITHIN_MS);
  return worker;
}
