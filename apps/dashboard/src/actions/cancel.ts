import type { RowAction } from '../parts/index.ts';
import { settle } from './settle.ts';

/** Cancels pending promises; without a value. */
export const CANCEL: RowAction<{ id: string; state: string }> = {
  verb: 'Cancel',
  icon: 'ban',
  done: 'Canceled',
  isDangerous: true,
  dismiss: 'Do not cancel',
  explanation:
    'Awaiters get an error that says that the promise was canceled. Code that is running for it is not interrupted. You cannot undo this.',
  applies: ({ state }) => state === 'pending',
  run: ({ id }) => settle({ id, state: 'rejected_canceled', value: {} }),
};
