import { expect, test } from '@jest/globals';
import { Departures } from './departures.ts';

test('workers that left are counted by group for an hour, unless they come back', () => {
  let now = 0;
  const departures = new Departures(() => now);
  departures.left('a', '1');
  now = 1_000;
  departures.left('a', '2');
  departures.left('b', '1');
  departures.left('b', '2');
  departures.back('b', '2');
  now = 3_000;
  expect(departures.groups()).toEqual([
    { group: 'b', count: 1, agoMs: 2_000 },
    { group: 'a', count: 2, agoMs: 2_000 },
  ]);
  now = 3_600_500;
  expect(departures.groups()).toEqual([
    { group: 'b', count: 1, agoMs: 3_599_500 },
    { group: 'a', count: 1, agoMs: 3_599_500 },
  ]);
});

test('only the 1,000 workers that left last are remembered', () => {
  const departures = new Departures(() => 0);
  for (let id = 0; id < 5_000; id++) departures.left('a', String(id));
  expect(departures.groups()).toEqual([{ group: 'a', count: 1_000, agoMs: 0 }]);
});
