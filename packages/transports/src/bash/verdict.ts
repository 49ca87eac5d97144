import type { Ending } from './backend.ts';

/** The state and data that a promise is settled with. */
export interface Verdict {
  state: 'resolved' | 'rejected';
  /** Plain text, not base64. */
  data: string;
}

/**
 * What the result of a run means for its promise. null: the promise stays pending, and the task is dispatched again
 * when its lease expires.
 */
export function verdictOf(ending: Ending): Verdict | null {
  if (ending.kind === 'lost') return null;
  if (ending.kind === 'refused') return { state: 'rejected', data: ending.reason };
  if (ending.code === 0) return { state: 'resolved', data: ending.stdout.trim() };
  return { state: 'rejected', data: ending.stderr.trim() || `exit code ${ending.code}` };
}
