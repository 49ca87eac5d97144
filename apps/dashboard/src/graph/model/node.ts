/** The kind of a promise: `root` and `rpc` have a task, `run` is a local step, `sleep` a timer, `promise` is settled from outside. */
export type CallKind = 'root' | 'rpc' | 'run' | 'sleep' | 'promise';
export type NodeState = 'pending' | 'resolved' | 'rejected' | 'rejected_canceled' | 'rejected_timedout';

export interface NodeTask {
  state: 'pending' | 'acquired' | 'suspended' | 'halted' | 'fulfilled';
  version: number;
  attempts?: number;
  pid?: string;
}

/** One promise of a call graph as the views need it; times are epoch ms. */
export interface CallNode {
  id: string;
  /** If absent, the node is below the root. */
  parent?: string;
  kind: CallKind;
  state: NodeState;
  func?: string;
  createdAt: number;
  settledAt?: number;
  timeoutAt: number;
  task?: NodeTask;
  /** Promises that its suspended task waits for now. */
  awaits?: readonly string[];
  /** A parent or root that does not exist, or no longer exists. */
  absent?: true;
}

export const NODE_STATES: readonly NodeState[] = [
  'pending',
  'resolved',
  'rejected',
  'rejected_canceled',
  'rejected_timedout',
];

/** The time it settled, or now; never before its start. */
export function endOf(node: CallNode, now: number): number {
  return Math.max(node.createdAt, node.settledAt ?? now);
}

/** The function's name, or else the part of the id after its last colon (`order:0.2` gives `0.2`). */
export function titleOf(node: CallNode): string {
  if (node.func) return node.func;
  if (node.kind === 'sleep') return 'sleep';
  const colon = node.id.lastIndexOf(':');
  return colon >= 0 && colon < node.id.length - 1 ? node.id.slice(colon + 1) : node.id;
}

export function isFailed(state: NodeState): boolean {
  return state !== 'pending' && state !== 'resolved';
}
