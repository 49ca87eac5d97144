import type { PromiseRecord } from '@resonate/protocol';
import { call, ClientError, type ClientOptions } from './http.ts';
import { arrange, type Placed } from './tree-order.ts';

const PAGE = 1000;
/** The largest tree that is shown. Nobody could read a larger one. */
const MAX_PROMISES = 10_000;

/** The promises whose root is `id`, in the order of the tree. Empty if neither the root nor a descendant exists. */
export async function loadTree(id: string, options: ClientOptions): Promise<Placed[]> {
  const promises: PromiseRecord[] = [];
  const query = { tags: { 'resonate:origin': id }, limit: PAGE };
  let cursor: string | undefined;
  do {
    const page = await call<{ promises: PromiseRecord[]; cursor?: string }>(
      'promise.search',
      { ...query, cursor },
      options,
    );
    promises.push(...page.promises);
    cursor = page.cursor;
    // With a status, so that `--watch` does not mistake it for an outage of the server.
    if (promises.length > MAX_PROMISES)
      throw new ClientError(`the tree of ${id} has more than ${MAX_PROMISES} promises`, 413);
  } while (cursor !== undefined);
  const root = promises.find((promise) => promise.id === id) ?? (await find(id, options));
  return root === null && promises.length === 0 ? [] : arrange({ id, promise: root }, promises);
}

/** Gets the root by its id, because a promise that `invoke` created has no origin tag. */
async function find(id: string, options: ClientOptions): Promise<PromiseRecord | null> {
  try {
    return (await call<{ promise: PromiseRecord }>('promise.get', { id }, options)).promise;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return null;
    throw error;
  }
}
