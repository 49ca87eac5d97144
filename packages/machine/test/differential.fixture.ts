import { READS, WRITES, type Command } from '@resonate/machine';
import { checkRequest, isKind, type Reply, type Request } from '@resonate/protocol';
import { comparable, Random, RequestGenerator, runDifferential, type GeneratedRequest } from '@resonate/testkit';
import { isDeepStrictEqual } from 'node:util';
import { InMemoryDatabase } from './in-memory-database.ts';

/**
 * Runs seeds and prints how many requests got which answer, as JSON. It is a process of its own, because the same work
 * takes twice the time in jest's sandbox (0.5 instead of 0.25 ms per request, one core).
 */
const [mode, first, count, steps] = process.argv.slice(2);
// The reference model throws an error for each refusal, hundreds of thousands in all. Collecting long stacks is slow.
Error.stackTraceLimit = 3;

/** An ordinary time, and two minutes before clocks are changed in Berlin, New York and on Lord Howe Island. */
const START_TIMES = [
  '1970-01-12T13:46:40Z',
  '2026-10-25T00:58:00Z',
  '2026-03-08T06:58:00Z',
  '2026-04-04T14:58:00Z',
].map((text) => Date.parse(text));

const answers = new Map<string, number>();
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  if (mode === 'alone') await compareWithModel(seed, Number(steps));
  else compareBatches(seed, Number(steps));
}
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));

function countAnswer(answer: string, times = 1): void {
  answers.set(answer, (answers.get(answer) ?? 0) + times);
}

async function compareWithModel(seed: number, steps: number): Promise<void> {
  const database = new InMemoryDatabase();
  const handle = (kind: string, data: unknown, now: number): Reply => {
    const checked = check(kind, data);
    return 'kind' in checked ? database.execute(checked, now) : checked;
  };
  const report = await runDifferential({
    seed,
    steps,
    subject: { handle },
    compareEvery: steps / 2,
    generator: { startAt: START_TIMES[seed % START_TIMES.length] ?? 0 },
    replayCommand: `SEED=${seed} npm test -- packages/machine/test/differential`,
  });
  for (const [answer, times] of report.answers) countAnswer(answer, times);
}

interface Batched {
  command: Command;
  now: number;
  undone: boolean;
  request: GeneratedRequest;
}

/**
 * Compares batches of random size with the same commands, each run alone. Some commands are undone in the batch; these
 * are not run alone.
 */
function compareBatches(seed: number, steps: number): void {
  const generator = new RequestGenerator({ seed, invalidShare: 0, idCount: 8 });
  const random = new Random(seed);
  const batched = new InMemoryDatabase();
  const alone = new InMemoryDatabase();
  for (let step = 0; step < steps;) {
    const batch: Batched[] = [];
    for (const request of Array.from({ length: random.int(1, 20) }, () => generator.next())) {
      step++;
      const checked = check(request.kind, request.data);
      if ('kind' in checked && isCommand(checked)) {
        batch.push({ command: checked, now: request.now, undone: random.chance(0.1), request });
      }
    }
    const replies = batched.executeBatch(batch);
    batch.forEach(({ command, now, undone, request }, index) => {
      const { kind } = command;
      const got = replies[index] as Reply;
      const expected = undone ? { status: 500, data: 'undone' } : alone.execute(command, now);
      expectEqual(
        seed,
        `${now} ${kind} ${JSON.stringify(request.data)}`,
        comparable(kind, got),
        comparable(kind, expected),
      );
      generator.observe(request, got);
      countAnswer(`${kind} ${got.status}`);
    });
    expectEqual(seed, `the rows after step ${step}`, batched.dump(), alone.dump());
  }
}

function expectEqual(seed: number, what: string, got: unknown, expected: unknown): void {
  if (isDeepStrictEqual(got, expected)) return;
  const lines = [
    `seed ${seed}: a batch differs from its requests one after another: ${what}`,
    `batch:    ${JSON.stringify(got)}`,
    `expected: ${JSON.stringify(expected)}`,
    `run it again: SEED=${seed} npm test -- packages/machine/test/differential`,
  ];
  throw new Error(lines.join('\n'));
}

function check(kind: string, data: unknown): Request | Reply {
  if (!isKind(kind)) return { status: 400, data: 'unknown kind' };
  const checked = checkRequest(kind, data);
  return checked.ok ? checked.request : { status: 400, data: checked.message };
}

function isCommand(request: Request): request is Request & Command {
  return request.kind in READS || request.kind in WRITES;
}
