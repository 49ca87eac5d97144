/** A process that opens one scenario and repeats it on command. */
import { closedLoop } from '../load/closed-loop.ts';
import { loadCpuMs, scenarioNamed } from '../load/generator.ts';
import { idSource } from '../load/ids.ts';
import type { OpenScenario } from '../load/scenario.ts';

export interface Opening {
  scenario: string;
  url: string;
  callers: number;
  /** Part of each id. */
  run: string;
  warmUpMs: number;
}

/** What happened in one turn. */
export interface Turn {
  rounds: number;
  elapsedMs: number;
  p50Ms: number;
  /** CPU time that this process used. */
  cpuMs: number;
}

export type Command = { kind: 'open'; opening: Opening } | { kind: 'turn'; ms: number } | { kind: 'close' };

/** The answer to one command. */
export type Said = { turn?: Turn } | { error: string };

let opened: OpenScenario | undefined;

// A scenario may keep connections open, and then this process would outlive the one that measures.
process.once('disconnect', () => process.exit(1));

process.on('message', (command: Command) => {
  done(command).then(
    (turn) => say(turn ? { turn } : {}),
    (error: unknown) => say({ error: error instanceof Error ? error.message : String(error) }),
  );
});

async function done(command: Command): Promise<Turn | undefined> {
  if (command.kind === 'open') return open(command.opening);
  if (!opened) throw new Error('no scenario is open');
  if (command.kind === 'turn') return turn(opened, command.ms);
  await opened.close();
  return undefined;
}

async function open({ scenario: name, url, callers, run, warmUpMs }: Opening): Promise<undefined> {
  opened = await scenarioNamed(name).open({ url, callers, run, nextId: idSource('counted', run) });
  await closedLoop(opened.warmUp ?? opened.rounds, warmUpMs);
}

async function turn(scenario: OpenScenario, ms: number): Promise<Turn> {
  const cpuBefore = loadCpuMs(scenario);
  const { latencies, elapsedMs } = await closedLoop(scenario.rounds, ms);
  const cpuAfter = loadCpuMs(scenario);
  const { count, p50 } = latencies.summary();
  return { rounds: count, elapsedMs, p50Ms: p50, cpuMs: cpuAfter - cpuBefore };
}

function say(said: Said): void {
  process.send?.(said);
}
