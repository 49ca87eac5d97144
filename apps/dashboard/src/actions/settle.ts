import { operate } from '../api/client.ts';
import { lookOf } from '../parts/index.ts';
import type { Value } from '../value/value.ts';

interface Settlement {
  id: string;
  state: 'resolved' | 'rejected' | 'rejected_canceled';
  value: Value;
}

/** Settles a promise. @throws Error if it was settled before, in another way */
export async function settle({ id, state, value }: Settlement): Promise<void> {
  const { promise } = await operate<{ promise: { state: string } }>('promise.settle', { id, state, value });
  // Settling a settled promise is not an error for the server, so compare the state to notice that somebody else was
  // faster.
  if (promise.state !== state) throw new Error(`It is already settled: ${lookOf(promise.state).label}`);
}
