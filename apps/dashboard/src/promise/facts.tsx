import type { PromiseDetail } from '@resonate/admin';
import { absoluteTime, duration, Time, useNow } from '../parts/index.ts';

/** Beyond it nobody means a time: such promises have no deadline. */
const FOREVER_MS = 100 * 365 * 24 * 3_600_000;

/** When it was made, when it ended, and how much time is or was left. */
export function Facts({ promise: { createdAt, settledAt, timeoutAt, tags } }: Pick<PromiseDetail, 'promise'>) {
  const now = useNow();
  const isTimer = tags['resonate:timer'] === 'true';
  const left = timeoutAt - now;
  return (
    <dl class="pd-facts">
      <div>
        <dt>Created</dt>
        <dd>
          <Exact at={createdAt} />
        </dd>
      </div>
      {settledAt !== undefined ? (
        <div>
          <dt>Settled</dt>
          <dd>
            <Exact at={settledAt} />
            <span class="dim"> after {duration(settledAt - createdAt)}</span>
          </dd>
        </div>
      ) : (
        <div>
          <dt>Pending for</dt>
          <dd>{duration(Math.max(0, now - createdAt))}</dd>
        </div>
      )}
      <div>
        <dt>{isTimer ? 'Wakes' : 'Deadline'}</dt>
        <dd>{left > FOREVER_MS ? 'never' : <Exact at={timeoutAt} />}</dd>
      </div>
    </dl>
  );
}

function Exact({ at }: { at: number }) {
  return (
    <>
      <span class="nowrap pd-time">{absoluteTime(at)}</span>{' '}
      <span class="dim nowrap">
        (<Time at={at} />)
      </span>
    </>
  );
}
