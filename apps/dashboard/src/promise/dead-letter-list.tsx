import type { PromiseDetail } from '@resonate/admin';
import { links, Time } from '../parts/index.ts';

/** Dead letters of a promise. */
export function DeadLetterList({ letters }: { letters: PromiseDetail['deadLetters'] }) {
  return (
    <ul class="pd-letters">
      {letters.map(({ id, transport, target, address, attempts, lastError, diedAt }) => (
        <li key={id}>
          <p>
            <span class="mono" title={address}>
              {transport} {target}
            </span>{' '}
            <span class="dim">
              failed <Time at={diedAt} /> after {attempts} {attempts === 1 ? 'attempt' : 'attempts'}
            </span>
          </p>
          <p class="value-error">{lastError}</p>
        </li>
      ))}
      <li>
        <a href={links.deadLetters}>Send them again, or drop them</a>
      </li>
    </ul>
  );
}
