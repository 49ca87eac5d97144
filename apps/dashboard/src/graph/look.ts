import { lookOf } from '../parts/index.ts';
import { titleOf, type CallKind, type CallNode } from './model/node.ts';

const KINDS: Readonly<Record<CallKind, string>> = {
  root: 'root',
  rpc: 'rpc',
  run: 'run',
  sleep: 'sleep',
  promise: 'promise',
};

/** Explains a kind; shown as a tooltip. */
export const KIND_TITLES: Readonly<Record<CallKind, string>> = {
  root: 'The root of the call graph',
  rpc: 'A remote call: any worker of its group may run it',
  run: 'A local step of the function that called it',
  sleep: 'A timer',
  promise: 'Waits until an external client settles it',
};

export function kindLabel(kind: CallKind): string {
  return KINDS[kind];
}

/** Label, colour and icon of a node. A pending node shows the state of its task, which says more. */
export function nodeLook({ state, task, kind }: CallNode): ReturnType<typeof lookOf> {
  if (state === 'pending' && task && kind !== 'sleep') return lookOf(task.state, 'task');
  return lookOf(state);
}

/** The label of a node for screen readers. */
export function nodeLabel(node: CallNode): string {
  const title = titleOf(node);
  return `${title}${title === node.id ? '' : ` ${node.id}`}, ${kindLabel(node.kind)}, ${nodeLook(node).label}`;
}
