import { TAG, type PromiseRecord, type Reply, type ScheduleRecord } from '@resonate/protocol';
import type { ApiClient } from '../api-client.ts';
import { checkOccurrences } from '../checks/occurrences.ts';
import type { Findings } from '../findings.ts';

const SECOND_MS = 1_000;
const PAGE = 1_000;

/** Schedules that fire every few seconds from the beginning to the end of the load. */
export class Schedules {
  readonly #client: ApiClient;
  readonly #findings: Findings;
  readonly #stopping: AbortSignal;
  #created: { id: string; everyMs: number; createdAt: number }[] = [];

  constructor(client: ApiClient, findings: Findings, stopping: AbortSignal) {
    this.#client = client;
    this.#findings = findings;
    this.#stopping = stopping;
  }

  /** @param target the URL to which messages are pushed, for schedules whose promises have tasks. */
  async create(target: string): Promise<void> {
    const every = [
      { id: 'each-second', seconds: 1, tags: { [TAG.target]: target } },
      { id: 'plain', seconds: 1, tags: {} },
      { id: 'each-two', seconds: 2, tags: { [TAG.target]: target } },
      { id: 'each-five', seconds: 5, tags: { 'resonate:timer': 'true' } },
    ];
    for (const { id, seconds, tags } of every) {
      const reply = await this.#insist('schedule.create', {
        id,
        cron: `*/${seconds} * * * * *`,
        promiseId: 'tick.{{.id}}.{{.timestamp}}',
        promiseTimeout: tags[TAG.target] === undefined ? SECOND_MS : 24 * 3_600 * SECOND_MS,
        promiseTags: tags,
      });
      const { createdAt } = (reply.data as { schedule: ScheduleRecord }).schedule;
      this.#created.push({ id, everyMs: seconds * SECOND_MS, createdAt });
    }
  }

  /** The schedules with a past occurrence that has not fired. Empty if there are none. */
  async late(): Promise<string> {
    const records = await Promise.all(this.#created.map(({ id }) => this.#record(id)));
    return records
      .filter(({ nextRunAt }) => nextRunAt < Date.now() - SECOND_MS)
      .map(({ id, nextRunAt }) => `${id} at ${nextRunAt}`)
      .join(', ');
  }

  /** Deletes all schedules and checks the promises that they created. */
  async check(): Promise<void> {
    for (const { id, everyMs, createdAt } of this.#created) {
      const { lastRunAt = 0 } = await this.#record(id);
      await this.#insist('schedule.delete', { id });
      const deletedAt = Date.now();
      const promises = await this.#promisesOf(id);
      this.#findings.count('occurrences', promises.length);
      const wrongs = checkOccurrences({ id, everyMs, createdAt, lastRunAt, deletedAt }, promises);
      for (const wrong of wrongs) this.#findings.violation('schedules', wrong);
    }
    this.#created = [];
  }

  async #record(id: string): Promise<ScheduleRecord> {
    const { data } = await this.#insist('schedule.get', { id });
    return (data as { schedule: ScheduleRecord }).schedule;
  }

  async #promisesOf(schedule: string): Promise<PromiseRecord[]> {
    const found: PromiseRecord[] = [];
    let cursor: string | undefined;
    do {
      const at = cursor === undefined ? {} : { cursor };
      const reply = await this.#insist('promise.search', { tags: { [TAG.schedule]: schedule }, limit: PAGE, ...at });
      const page = reply.data as { promises: PromiseRecord[]; cursor?: string };
      found.push(...page.promises);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }

  async #insist(kind: string, data: unknown): Promise<Reply> {
    const reply = await this.#client.insist(kind, data, this.#stopping);
    // If the first delete got no answer, it may have taken effect then.
    if (reply?.status === 200 || (kind === 'schedule.delete' && reply?.status === 404)) return reply;
    throw new Error(
      `${kind} ${JSON.stringify(data)}: ${reply ? `${reply.status} ${String(reply.data)}` : 'no answer'}`,
    );
  }
}
