import type { GraphNode } from '@resonate/admin';
import type { CallKind, CallNode } from './node.ts';

/** Converts a node of GET /admin/graph/ROOT to the form that the views use. */
export function toCallNode(answer: GraphNode, root: string): CallNode {
  const { id, state, createdAt, settledAt, timeoutAt, parent, task, awaits } = answer;
  return {
    id,
    kind: kindOf(answer, root),
    state,
    createdAt,
    timeoutAt,
    ...(parent !== undefined && id !== root && { parent }),
    ...(answer.function !== undefined && { func: answer.function }),
    ...(settledAt !== undefined && { settledAt }),
    ...(task && { task: taskOf(task) }),
    ...(awaits && { awaits }),
  };
}

/** SDKs give local steps the branch of their caller, and a task only to calls for a worker. */
function kindOf({ id, isTimer, task, branch }: GraphNode, root: string): CallKind {
  if (id === root) return 'root';
  if (isTimer) return 'sleep';
  if (task) return 'rpc';
  return branch !== undefined && branch !== id ? 'run' : 'promise';
}

function taskOf({ state, version, attempts, pid }: NonNullable<GraphNode['task']>): NonNullable<CallNode['task']> {
  return { state, version, attempts, ...(pid !== undefined && { pid }) };
}
