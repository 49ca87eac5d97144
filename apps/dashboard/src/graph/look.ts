import { lookOf } from '../parts/index.ts';
import { titleOf, type CallKind, type CallNode } from './model/node.ts';

const KINDS: Readonly<Record<CallKind, string>> = {
  root: 'root',
  rpc: 'rpc',
  run: 'run',
  sleep: 'sleep',
  promise: 'promise',
};

/** Explains a kind in words: title of its sign. */
export const KIND_TITLES: Readonly<Record<CallKind, string>> = {
  root: 'The root of the call graph',
  rpc: 'A remote call: any worker of its group may take it',
  run: 'A local step of the function that called it',
  sleep: 'A timer',
  promise: 'Settled by somebody outside',
};

export function kindLabel(kind: CallKind): string {
  return KINDS[kind];
}

/** Word, colour and sign of a node: while pending, those of its task say more. */
export function nodeLook({ state, task, kind }: CallNode): ReturnType<typeof lookOf> {
  if (state === 'pending' && task && kind !== 'sleep') return lookOf(task.state, 'task');
  return lookOf(state);
}

/** What screen readers say of a node. */
export function nodeLabel(node: CallNode): string {
  const title = titleOf(node);
  return `${title}${title === node.id ? '' : ` ${node.id}`}, ${kindLabel(node.kind)}, ${nodeLook(node).label}`;
}
