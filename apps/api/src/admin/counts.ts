import type { RuntimeWith } from '@resonate/process';
import { MOST_COUNTED } from '@resonate/store';
import { Refusal } from '../http/refusal.ts';
import type { Handlers } from './mount.ts';
import { maySearch } from './session.ts';

type Context = RuntimeWith<'config', 'admin' | 'now'>;

/** How many tasks run and wait, and how many workflows failed. A token with a prefix gets the counts of its own ids. */
export function countsHandler({ config, store }: Context): Pick<Handlers, 'counts'> {
  return {
    async counts(_input, { prefix }) {
      if (!maySearch(config, prefix)) throw new Refusal(403, 'Tokens that are limited to a prefix may not search');
      return { now: await store.now(), limit: MOST_COUNTED, ...(await store.admin.counts(prefix)) };
    },
  };
}
