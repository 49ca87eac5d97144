/**
 * `npm run bench:cluster`: measures failover, delivery across api processes, and how rates grow with more processes of
 * a role.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { mariadb, mysqlServer, postgres } from '../targets/databases.ts';
import type { Storage } from '../targets/storage.ts';
import { startCluster, type Cluster, type Counts } from './cluster.ts';
import { deliveryAcross } from './delivery.ts';
import { failover } from './failover.ts';
import { drainRate, requestRate } from './scaling.ts';

const DATABASES: Readonly<Record<string, Storage>> = { postgres, mariadb, mysql: mysqlServer };

const USAGE = `npm run bench:cluster -- [options]
  --database NAME  ${Object.keys(DATABASES).join(', ')} [postgres]
  --seconds N      how long each rate is measured [4]
  --times N        how often the leader is killed, frozen and stopped [3]
  --json FILE      write the results to this file
  --help`;

const COUNTS = [1, 2, 4];
const DRAIN = { messages: 2_000, slowMs: 50 };

const string = { type: 'string' } as const;
const { values } = parseArgs({
  options: { database: string, seconds: string, times: string, json: string, help: { type: 'boolean' } },
});
if (values.help) console.log(USAGE);
else await bench(values.database ?? 'postgres', Number(values.seconds ?? 4), Number(values.times ?? 3));

async function bench(database: string, seconds: number, times: number): Promise<void> {
  const storage = DATABASES[database];
  if (!storage) throw new Error(`--database: no "${database}"; there are ${Object.keys(DATABASES).join(', ')}`);
  console.log(`${cpus().length} cores, shared by ${database}, all processes and the load generator\n`);
  const results: Record<string, unknown> = { database };
  try {
    await inCluster(storage, { api: 2, scheduler: 2, dispatcher: 1 }, async (cluster) => {
      const gaps = (results['failoverMs'] = await failover(cluster, times));
      for (const [fault, each] of Object.entries(gaps)) {
        console.log(
          `no timer fired after ${fault} of the leader for: ${each.map((ms) => `${Math.round(ms)} ms`).join(', ')}`,
        );
      }
      for (const callers of [1, 16]) {
        const latency = (results[`deliveryMs${callers}`] = await deliveryAcross(cluster, callers, seconds));
        const shown = `p50 ${latency.p50.toFixed(2)} ms, p99 ${latency.p99.toFixed(2)} ms, max ${latency.max.toFixed(1)} ms`;
        console.log(`create on one api -> worker on another, ${callers} callers: ${shown} (${latency.count} calls)`);
      }
    });
    for (const count of COUNTS) {
      await inCluster(storage, { api: 1, scheduler: 1, dispatcher: count }, async (cluster) => {
        const slow = await drainRate(cluster, DRAIN.messages, DRAIN.slowMs);
        const fast = await drainRate(cluster, DRAIN.messages, 0);
        results[`dispatchers${count}`] = { slow, fast };
        const rates = `${Math.round(slow)}/s to a target that takes ${DRAIN.slowMs} ms, ${Math.round(fast)}/s to one that answers at once`;
        console.log(`${count} dispatcher(s) push ${rates}`);
      });
    }
    for (const count of COUNTS) {
      await inCluster(storage, { api: count, scheduler: 1, dispatcher: 1 }, async (cluster) => {
        const rate = (results[`apis${count}`] = await requestRate(cluster, seconds));
        console.log(`${count} api(s): ${Math.round(rate)} create+get+settle rounds/s by 64 callers`);
      });
    }
  } finally {
    await storage.close?.();
  }
  if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

async function inCluster(storage: Storage, counts: Counts, work: (cluster: Cluster) => Promise<void>) {
  const cluster = await startCluster(storage, counts);
  try {
    await work(cluster);
  } finally {
    await cluster.stop();
  }
}
