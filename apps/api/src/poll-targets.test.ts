import { expect, test } from '@jest/globals';
import { StreamHub } from '@resonate/transports';
import { PollTargets } from './poll-targets.ts';

const MOST = { targets: 1_000, each: 100, messages: 1_000 };

function opened(count: number): { hub: StreamHub; targets: PollTargets } {
  const hub = new StreamHub({ maxStreams: 10_000, bufferSize: 100, bufferBytes: 1 << 20, totalBufferBytes: 1 << 30 });
  const targets = new PollTargets(hub);
  hub.onRoom((stream) => targets.opened(stream));
  for (let index = 0; index < count; index++) hub.open('g', `w${index}`, { write: () => {}, end: () => {} });
  return { hub, targets };
}

test('a claim for many targets takes few messages of each, so that it takes at most 1,000 in total', () => {
  const { targets } = opened(400);
  const claim = targets.take(0, MOST).targets;
  expect(claim).toHaveLength(401);
  expect(new Set(claim.map(({ limit }) => limit))).toEqual(new Set([2]));
});

test('the targets that still have messages get more of the next claim, which follows at once', () => {
  const { targets } = opened(400);
  targets.take(0, MOST);
  expect(targets.nextAt(0)).toBeNull();
  for (let index = 0; index < 20; index++) targets.note(`g/w${index}`, 0);
  expect(targets.nextAt(0)).toBe(0);
  const claim = targets.take(0, MOST).targets;
  expect(claim.map(({ limit }) => limit)).toEqual(Array.from({ length: 20 }, () => 50));
});

test('a claim for a few targets takes as many messages of each as fit into one batch', () => {
  const { targets } = opened(2);
  expect(targets.take(0, MOST).targets).toEqual([
    { target: 'g', limit: 100 },
    { target: 'g/w0', limit: 100 },
    { target: 'g/w1', limit: 100 },
  ]);
});
