import { describe, expect, test } from '@jest/globals';
import { ReferenceModel, type HistoryEvent } from '@resonate/testkit';
import { Findings } from '../findings.ts';
import { checkHistories } from './histories.ts';

const NOW = Date.now();
const CREATE = { id: 'f1', timeoutAt: NOW + 315_360_000_000, tags: {} };

/** Requests one after the other, with the answers of a correct server. `null`: the answer is lost. */
function history(requests: readonly { kind: string; data: unknown; lost?: boolean }[]): HistoryEvent[] {
  const model = new ReferenceModel();
  return requests.map(({ kind, data, lost = false }, index) => {
    const reply = model.handle(kind, data, NOW);
    return { client: index, callAt: index, returnAt: index + 0.5, kind, data, ...(lost ? {} : { reply }) };
  });
}

function verdicts(events: readonly HistoryEvent[]): { rules: string[]; undecided: number } {
  const findings = new Findings();
  checkHistories(events, findings);
  return { rules: [...findings.found.keys()], undecided: findings.counted('histories undecided') };
}

const RIGHT = [
  { kind: 'promise.create', data: CREATE },
  { kind: 'promise.settle', data: { id: 'f1', state: 'resolved' }, lost: true },
  { kind: 'promise.get', data: { id: 'f1' } },
];

describe('a history', () => {
  test('is correct with an unanswered request that took effect', () => {
    expect(verdicts(history(RIGHT))).toEqual({ rules: [], undecided: 0 });
  });

  test('is correct with an unanswered request that did not take effect', () => {
    const [create, settle, get] = history(RIGHT) as [HistoryEvent, HistoryEvent, HistoryEvent];
    expect(verdicts([create, settle, { ...get, reply: create.reply! }])).toEqual({ rules: [], undecided: 0 });
  });

  test('is found to be wrong if an answered write is lost', () => {
    const [create, , get] = history(RIGHT) as [HistoryEvent, HistoryEvent, HistoryEvent];
    expect(verdicts([create, { ...get, reply: { status: 404, data: 'no such promise' } }]).rules).toEqual([
      'linearizability',
    ]);
  });

  test('is found to be wrong if a refused request has an effect', () => {
    const [create, , get] = history(RIGHT) as [HistoryEvent, HistoryEvent, HistoryEvent];
    expect(verdicts([create, get]).rules).toEqual(['linearizability']);
  });
});
