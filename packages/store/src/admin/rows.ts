import { projectPromise, projectTask, type TaskRow } from '@resonate/machine';
import { TAG, type PromiseState } from '@resonate/protocol';
import { TASKS } from '../tables.ts';
import { functionNameOf, PARAM_HEAD } from '../function-name.ts';
import { promiseState, textOrNull } from '../sql/read.ts';

/** A promise as lists and graphs show it, without its data. An expired promise counts as settled. */
export interface BriefPromise {
  id: string;
  state: PromiseState;
  createdAt: number;
  settledAt: number | null;
  timeoutAt: number;
  isTimer: boolean;
  function: string | undefined;
}

const BRIEF = ['id', 'state', 'created_at', 'settled_at', 'timeout_at', 'is_timer', 'func'];
/** `func` is null for promises of versions without this column. A param may have megabytes, so only its beginning is read. */
const HEAD_IF_NEEDED = `CASE WHEN p.func IS NULL THEN SUBSTR(p.param, 1, ${PARAM_HEAD}) END`;
/** The columns for `briefPromise`. */
export const BRIEF_COLUMNS = [...BRIEF.map((name) => `p.${name}`), HEAD_IF_NEEDED].join(', ');
export const BRIEF_LENGTH = BRIEF.length + 1;

export function briefPromise(values: readonly unknown[], now: number): BriefPromise {
  const [id, state, createdAt, settledAt, timeoutAt, isTimer, func, paramHead] = values;
  const { state: projected, settledAt: at } = projectPromise(
    {
      id: String(id),
      state: promiseState(state),
      param: {},
      value: {},
      tags: Number(isTimer) === 1 ? { [TAG.timer]: 'true' } : {},
      timeoutAt: Number(timeoutAt),
      createdAt: Number(createdAt),
      settledAt: settledAt === null ? null : Number(settledAt),
    },
    now,
  );
  return {
    id: String(id),
    state: projected,
    createdAt: Number(createdAt),
    settledAt: at,
    timeoutAt: Number(timeoutAt),
    isTimer: Number(isTimer) === 1,
    function: textOrNull(func) ?? functionNameOf(textOrNull(paramHead) ?? ''),
  };
}

export const TASK_COLUMNS = TASKS.list('k');

/** The task of a row; null if the outer join found none. The task of an expired promise counts as fulfilled. */
export function taskOf(values: readonly unknown[], now: number): TaskRow | null {
  return values[0] === null ? null : projectTask(TASKS.decode(values), now);
}
