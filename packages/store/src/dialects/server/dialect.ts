import type { Transport } from '@resonate/protocol';
import type { WaitingTarget } from '../../dialect.ts';
import { int, text } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import { BaseDialect } from '../base.ts';
import { mergeTargets } from '../waiting-targets.ts';

/** What is asked of the queues of waiting messages: of tasks and of listeners, one statement each. */
export interface QueueSql {
  /** Answers targets above `after` and when the first message of each is due, by target. */
  waiting(transport: Transport, limit: number, after: string): Statement[];
  /** Answers how many messages are due, `limit` at most. */
  countDue(transport: Transport, targets: readonly string[], limit: number): Statement[];
  /** Answers these targets, but those that no message waits for, and when the first message of each is due. */
  nextDue(transport: Transport, targets: readonly string[]): Statement[];
}

/** A dialect of a database server: a queue is looked through by one statement, in one round trip. */
export abstract class ServerDialect extends BaseDialect {
  protected abstract readonly queues: QueueSql;

  async waitingTargets(transport: Transport, limit: number, after = ''): Promise<WaitingTarget[]> {
    return mergeTargets(waiting(await this.select(this.queues.waiting(transport, limit, after))), limit);
  }

  async countDue(transport: Transport, targets: readonly string[], limit: number): Promise<number> {
    if (targets.length === 0) return 0;
    const counts = await this.select(this.queues.countDue(transport, targets, limit));
    return counts.reduce((sum, rows) => Math.min(limit, sum + int(rows[0]?.[0])), 0);
  }

  async nextDue(transport: Transport, targets: readonly string[]): Promise<WaitingTarget[]> {
    if (targets.length === 0) return [];
    return mergeTargets(waiting(await this.select(this.queues.nextDue(transport, targets))), targets.length);
  }
}

function waiting(results: unknown[][][]): WaitingTarget[] {
  return results.flat().map(([target, dueAt]) => ({ target: text(target), dueAt: int(dueAt) }));
}
