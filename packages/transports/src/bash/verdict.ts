import type { Ending } from './backend.ts';

/** What a promise is settled with. */
export interface Verdict {
  state: 'resolved' | 'rejected';
  /** Plain text, not base64. */
  data: string;
}

/** What a run means for its promise; null: nothing, it is sent out again when its lease is over. */
export function verdictOf(ending: Ending): Verdict | null {
  if (ending.kind === 'lost') return null;
  if (ending.kind === 'refused') return { state: 'rejected', data: ending.reason };
  if (ending.code === 0) return { state: 'resolved', data: ending.stdout.trim() };
  return { state: 'rejected', data: ending.stderr.trim() || `exit code ${ending.code}` };
}
