import type { CallNode } from '../../apps/dashboard/src/graph/model/node.ts';

/** A node: by default a resolved local call of `root` from 1,000 to 2,000 ms. */
export function node(id: string, more: Partial<CallNode> = {}): CallNode {
  return {
    id,
    kind: 'run',
    state: 'resolved',
    createdAt: 1_000,
    timeoutAt: 100_000,
    ...(id === 'root' ? { kind: 'root' as const } : { parent: 'root' }),
    ...(more.state === 'pending' ? {} : { settledAt: 2_000 }),
    ...more,
  };
}

/** `root` with `size` remote calls, each made one ms after the one before. */
export function fanOut(size: number, more: Partial<CallNode> = {}): CallNode[] {
  const calls = Array.from({ length: size }, (_, n) =>
    node(`root:${n}`, { kind: 'rpc', func: 'pack', createdAt: 1_000 + n, ...more }),
  );
  return [node('root', { state: 'pending', task: { state: 'suspended', version: 1 } }), ...calls];
}
