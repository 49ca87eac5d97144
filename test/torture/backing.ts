import { startBacking, type Backing } from '../cluster/backing.ts';
import type { Database } from './options.ts';
import { ReplicatedServer } from './replicated-server.ts';

/** The database and wake-up channel of the cluster under test. */
export interface TortureBacking extends Backing {
  /** See `ReplicatedServer`. null: the database has no standby. */
  failOver: ((outage: () => Promise<unknown>) => Promise<void>) | null;
}

/** @param failovers whether the database has a synchronous standby. */
export async function startTortureBacking(name: Database, failovers: boolean): Promise<TortureBacking> {
  if (!failovers) return Object.assign(await startBacking(name), { failOver: null });
  const server = await ReplicatedServer.start(name);
  const backing = await startBacking(name, server);
  // The object is not copied, because the URL of the database changes.
  return Object.assign(backing, {
    failOver: (outage: () => Promise<unknown>) => server.failOver(outage, (url) => backing.leadTo(url)),
  });
}
