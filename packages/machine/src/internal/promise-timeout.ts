import { ok, type Operation } from '../operation.ts';

/** A pending promise may have timed out (protocol section 7). Touching it is enough to settle it. */
export const promiseTimeout: Operation<{ id: string }> = {
  needs: ({ id }, needs) => needs.settlement(id),
  touches: ({ id }) => [id],

  run: () => ok({}),
};
