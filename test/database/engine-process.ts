/** One engine on a shared database, in its own process. It answers the requests that its parent sends over IPC. */
import { Needs } from '@resonate/machine';
import { checkRequest, isKind, type Reply } from '@resonate/protocol';
import { openDialect, Store, type Dialect } from '@resonate/store';

export interface EngineRequest {
  number: number;
  kind: string;
  data: unknown;
}

export interface EngineReply {
  number: number;
  reply: Reply;
}

const [type, url, mode] = process.argv.slice(2);
if ((type !== 'postgres' && type !== 'mysql') || !url)
  throw new Error('usage: engine-process postgres|mysql URL [unlocked]');

const dialect = await openDialect(
  { type, url, poolSize: 5, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, election: 'advisory' },
  Date.now,
);

/** A wrong engine for comparison: it reads without locks, decides, and then writes. The checker must find its errors. */
function unlocked(real: Dialect): Dialect {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'transact') {
        return async (needs: Needs, decide: Parameters<Dialect['transact']>[1]) => {
          const { loaded, now } = await target.load(needs);
          const decision = decide(loaded, now);
          if (decision.changes) await target.transact(new Needs(), () => decision);
          return decision;
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const store = new Store({
  dialect: mode === 'unlocked' ? unlocked(dialect) : dialect,
  processId: `engine-${process.pid}`,
  retryTimeoutMs: 30_000,
  serverUrl: () => 'http://localhost:8001',
  clock: Date.now,
  limits: { maxItems: 256, maxWeight: 4 << 20, maxInFlight: 2, maxWaiting: 10_000, maxWaitingWeight: 64 << 20 },
  events: { requestFailed: (kind, error) => console.error(kind, error) },
});

process.on('message', ({ number, kind, data }: EngineRequest) => {
  void answer(kind, data).then((reply) => process.send?.({ number, reply } satisfies EngineReply));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function answer(kind: string, data: unknown): Promise<Reply> {
  if (!isKind(kind)) return { status: 400, data: `unknown kind ${kind}` };
  const checked = checkRequest(kind, data);
  return checked.ok ? store.execute(checked.request, null, 0) : { status: 400, data: checked.message };
}
