import { ok, type Operation } from '../operation.ts';

/** A pending promise's time may have come (protocol section 7): touching it is all there is to do. */
export const promiseTimeout: Operation<{ id: string }> = {
  needs: ({ id }, needs) => needs.settlement(id),
  touches: ({ id }) => [id],

  run: () => ok({}),
};
