import type { Context } from '@resonatehq/sdk';
import { WebSocketNetwork } from '../../../clients/typescript/src/index.ts';
import type { Site } from '../../load/scenario.ts';
import type { Workflow } from './workflow.ts';

const increment = (_: Context, n: number) => n + 1;

function* count(context: Context, steps: number): Generator<unknown, number> {
  let n = 0;
  for (let step = 0; step < steps; step++) n = yield* context.run(increment, n);
  return n;
}

async function start({ url, run }: Site, network: 'http' | 'websocket') {
  const { Resonate } = await import('@resonatehq/sdk');
  const group = `bench-${run}`;
  const resonate = new Resonate(
    network === 'http' ? { url, group } : { network: new WebSocketNetwork({ url, group }) },
  );
  resonate.register('count', count);
  return { resonate, group };
}

/** `resonate.run`: the workflow starts in the process that calls it. */
export async function openResonate(site: Site, network: 'http' | 'websocket' = 'http'): Promise<Workflow> {
  const { resonate } = await start(site, network);
  return { run: (id, steps) => resonate.run(id, count, steps), close: () => resonate.stop() };
}

/** The same over one WebSocket. */
export function openResonateWebSocket(site: Site): Promise<Workflow> {
  return openResonate(site, 'websocket');
}

/** `resonate.rpc`: the server sends the workflow to a worker, here in the same process. */
export async function openResonateRpc(site: Site): Promise<Workflow> {
  const { resonate, group } = await start(site, 'http');
  return {
    run: (id, steps) => resonate.rpc(id, 'count', steps, resonate.options({ target: group })),
    close: () => resonate.stop(),
  };
}
