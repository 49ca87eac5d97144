import type { Context } from '@resonatehq/sdk';
import type { Site } from '../../load/scenario.ts';
import type { Workflow } from './index.ts';

const increment = (_: Context, n: number) => n + 1;

function* count(context: Context, steps: number): Generator<unknown, number> {
  let n = 0;
  for (let step = 0; step < steps; step++) n = yield* context.run(increment, n);
  return n;
}

async function start({ url, run }: Site) {
  const { Resonate } = await import('@resonatehq/sdk');
  const group = `bench-${run}`;
  const resonate = new Resonate({ url, group });
  resonate.register('count', count);
  return { resonate, group };
}

/** `resonate.run`: begins in the process that calls it. */
export async function openResonate(site: Site, steps: number): Promise<Workflow> {
  const { resonate } = await start(site);
  return { run: (id) => resonate.run(id, count, steps), close: () => resonate.stop() };
}

/** `resonate.rpc`: the server sends it to a worker, here the same process. */
export async function openResonateRpc(site: Site, steps: number): Promise<Workflow> {
  const { resonate, group } = await start(site);
  return {
    run: (id) => resonate.rpc(id, 'count', steps, resonate.options({ target: group })),
    close: () => resonate.stop(),
  };
}
