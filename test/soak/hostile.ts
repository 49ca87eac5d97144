import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from '@resonate/testkit';
import { Bystander, type Seen } from '../processes/bystander.ts';
import { freePort } from '../processes/free-port.ts';
import { Heap, inspectedOn } from '../processes/heap.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import type { Attack } from './attacks/attack.ts';
import { BODIES } from './attacks/bodies.ts';
import { CONNECTIONS } from './attacks/connections.ts';
import { HEAP_MIB, MIB } from './options.ts';

/** Attacks that run at the same time. */
const AT_ONCE = 6;
/** The time after the attacks in which the server notices dropped connections and finishes pushes. */
const SETTLING_MS = 10_000;
const ATTACKS: Readonly<Record<string, Attack>> = { ...BODIES, ...CONNECTIONS };

export interface Hostility {
  durationMs: number;
  seed: number;
  signal: AbortSignal;
  log(line: string): void;
}

export interface Outcome {
  /** How often each attack ran, and the outcomes of its requests and connections. */
  attacks: Record<string, Record<string, number>>;
  /** The number of answers to the attacks with status 500 or above, by status. */
  faults: Record<string, number>;
  bystander: Seen;
  /** The results of a bystander of another, quiet server. Its delays are caused by the machine, not by the attacks. */
  noise: Seen;
  /** MiB in use after a full collection, before and after the attacks. NaN if the server has ended. */
  heapMib: { before: number; after: number };
  /** What the server logged as an error, at most a few lines. */
  errors: string[];
  /** The exit code of the server, or null while it runs. */
  ended: number | string | null;
}

/** Sends hostile traffic to a server with a small heap. */
export async function hostile({ durationMs, seed, signal, log }: Hostility): Promise<Outcome> {
  const inspectPort = await freePort();
  const node = `--max-old-space-size=${HEAP_MIB} ${inspectedOn(inspectPort)}`;
  const server = await ServerProcess.start({ env: { NODE_OPTIONS: node } });
  const quietServer = await ServerProcess.start();
  const sink = await startSink();
  let ended: number | string | null = null;
  void server.ended().then((code) => (ended = code ?? 'killed'));
  try {
    const heap = await Heap.of(server.pid, inspectPort);
    const [bystander, quiet] = await Promise.all([Bystander.start(server.url), Bystander.start(quietServer.url)]);
    try {
      const before = (await heap.used()) / MIB;
      const over = AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
      const attacks = await attack(server.url, { seed, over, sink: sink.address, log, hasEnded: () => ended !== null });
      const [seen, noise] = [bystander.take(), quiet.take()];
      bystander.kill();
      sink.stop();
      await new Promise((resolve) => setTimeout(resolve, ended === null ? SETTLING_MS : 0));
      const after = ended === null ? (await heap.used()) / MIB : NaN;
      const errors = server
        .output(2_000)
        .split('\n')
        .filter((line) => line.includes('"level":"error"'));
      const faults = faultsOf(attacks);
      return { attacks, faults, bystander: seen, noise, heapMib: { before, after }, errors: errors.slice(0, 5), ended };
    } finally {
      bystander.kill();
      quiet.kill();
      heap.close();
    }
  } finally {
    sink.stop();
    await server.dispose();
    await quietServer.dispose();
  }
}

interface Attacking {
  seed: number;
  over: AbortSignal;
  sink(index: number): string;
  log(line: string): void;
  hasEnded(): boolean;
}

/** Runs attacks until the end, in an order that depends on the seed. */
async function attack(url: string, { seed, over, sink, log, hasEnded }: Attacking): Promise<Outcome['attacks']> {
  const order = new Random(seed);
  const names = Object.keys(ATTACKS);
  const counts: Outcome['attacks'] = Object.fromEntries(names.map((name) => [name, { runs: 0 }]));
  const client = new HttpClient(url, 4 * AT_ONCE);
  const attacker = async () => {
    while (!over.aborted && !hasEnded()) {
      const name = order.pick(names);
      const of = counts[name] ?? {};
      of['runs'] = (of['runs'] ?? 0) + 1;
      const count = (outcome: number | string) => (of[outcome] = (of[outcome] ?? 0) + 1);
      const random = new Random(order.int(0, 2 ** 31));
      await ATTACKS[name]?.({ url, random, client, sink, signal: over, count });
    }
  };
  const startedAt = Date.now();
  const progress = setInterval(() => {
    const runs = Object.values(counts).reduce((sum, of) => sum + (of['runs'] ?? 0), 0);
    log(`${Math.round((Date.now() - startedAt) / 1000)} s: ${runs} attacks`);
  }, 30_000);
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, attacker));
  } finally {
    clearInterval(progress);
    client.close();
  }
  return counts;
}

function faultsOf(attacks: Outcome['attacks']): Record<string, number> {
  const faults: Record<string, number> = {};
  for (const counts of Object.values(attacks)) {
    for (const [outcome, count] of Object.entries(counts)) {
      if (Number(outcome) >= 500) faults[outcome] = (faults[outcome] ?? 0) + count;
    }
  }
  return faults;
}

/** Receives pushes. It answers some at once and some late, and does not read others. */
async function startSink(): Promise<{ address(index: number): string; stop(): void }> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    if (count % 3 === 0) return;
    request.resume();
    const answer = () => response.writeHead(count % 5 === 0 ? 503 : 200).end();
    request.once('end', () => (count % 2 === 0 ? answer() : setTimeout(answer, 2_000)));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    // Every address in 127.0.0.0/8 leads to this machine.
    address: (index) => `http://127.0.0.${(index % 100) + 1}:${port}/`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
