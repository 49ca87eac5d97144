import type { DeadLetter, Selection } from '@resonate/admin';
import type { RuntimeWith } from '@resonate/process';
import type { DeadLetterFilter, StoredDeadLetter } from '@resonate/store';
import { Refusal } from '../http/refusal.ts';
import type { Handlers } from './mount.ts';

type DeadLetterHandlers = Pick<Handlers, 'deadLetters' | 'deadLetter' | 'redriveDeadLetters' | 'dropDeadLetters'>;
type Wanted = Omit<Selection, 'all'> & { prefix?: string | undefined };

/**
 * The endpoints for dead letters. A token with a prefix sees and changes only letters whose promise id begins with it.
 */
export function deadLetterHandlers({ store }: RuntimeWith<never, 'deadLetters'>): DeadLetterHandlers {
  const letters = store.deadLetters;
  return {
    async deadLetters({ query: { limit, cursor, ...filter } }, { prefix }) {
      const seen = visible(filter, prefix);
      const deadLetters = seen ? await letters.list(seen, limit, Number(cursor)) : [];
      const last = deadLetters.length === limit ? deadLetters.at(-1) : undefined;
      return {
        deadLetters: deadLetters.map((one) => letterFor(one, prefix)),
        ...(last ? { cursor: String(last.id) } : {}),
      };
    },
    async deadLetter({ params: { id } }, { prefix }) {
      const filter = visible({ ids: [id] }, prefix);
      const [deadLetter] = filter ? await letters.list(filter, 1) : [];
      if (!deadLetter) throw new Refusal(404, 'Dead letter not found');
      return { deadLetter: letterFor(deadLetter, prefix) };
    },
    async redriveDeadLetters({ body }, { prefix }) {
      const filter = visible(body, prefix);
      const { count, more } = filter ? await letters.redrive(filter) : NOTHING;
      return { redriven: count, more };
    },
    async dropDeadLetters({ body }, { prefix }) {
      const filter = visible(body, prefix);
      const { count, more } = filter ? await letters.drop(filter) : NOTHING;
      return { dropped: count, more };
    },
  };
}

/** Addresses may contain secrets, so tokens with a prefix do not see them. */
export function letterFor(letter: StoredDeadLetter, prefix: string): DeadLetter {
  const { address, ...others } = letter;
  return prefix === '' ? { ...others, address } : { ...others, lastError: errorFor(letter, prefix) };
}

/** The error of a dead letter. For tokens with a prefix the target replaces the address. */
export function errorFor({ lastError, address, target }: StoredDeadLetter, prefix: string): string {
  // The target is returned by a function, because in a text `$&` would stand for the address.
  return prefix === '' ? lastError : lastError.replaceAll(address, () => target);
}

const NOTHING = { count: 0, more: false };

/** Narrows a filter to the token's prefix; null if it matches nothing. */
function visible({ ids, transport, target, prefix = '' }: Wanted, own: string): DeadLetterFilter | null {
  const narrower = narrowed(prefix, own);
  if (narrower === null) return null;
  return {
    ...(ids ? { ids } : {}),
    ...(transport ? { transport } : {}),
    ...(target !== undefined ? { target } : {}),
    ...(narrower === '' ? {} : { prefix: narrower }),
  };
}

/** The longer of two prefixes, if it begins with the other; null otherwise, because then no id begins with both. */
export function narrowed(wanted: string, own: string): string | null {
  if (wanted.startsWith(own)) return wanted;
  return own.startsWith(wanted) ? own : null;
}
