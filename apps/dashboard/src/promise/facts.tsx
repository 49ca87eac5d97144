import type { PromiseDetail } from '@resonate/admin';
import { absoluteTime, duration, Fact, FOREVER_MS, Time, useNow } from '../parts/index.ts';

/** Times of a promise: created, settled, deadline. */
export function Facts({ promise: { createdAt, settledAt, timeoutAt, tags } }: Pick<PromiseDetail, 'promise'>) {
  const now = useNow();
  const isTimer = tags['resonate:timer'] === 'true';
  const left = timeoutAt - now;
  return (
    <dl class="pd-facts">
      <Fact name="Created">
        <Exact at={createdAt} />
      </Fact>
      {settledAt !== undefined ? (
        <Fact name="Settled">
          <Exact at={settledAt} />
          <span class="dim"> after {duration(settledAt - createdAt)}</span>
        </Fact>
      ) : (
        <Fact name="Pending for">{duration(Math.max(0, now - createdAt))}</Fact>
      )}
      <Fact name={isTimer ? 'Wakes' : 'Deadline'}>{left > FOREVER_MS ? 'never' : <Exact at={timeoutAt} />}</Fact>
    </dl>
  );
}

function Exact({ at }: { at: number }) {
  return (
    <>
      <span class="pd-time">{absoluteTime(at)}</span>{' '}
      <span class="dim nowrap">
        (<Time at={at} />)
      </span>
    </>
  );
}
