import type { Argv } from 'yargs';
import { clientOptions, textOption, type ClientArguments } from './arguments.ts';
import { fieldTable } from './answer.ts';
import { call, ClientError, type ClientOptions } from './http.ts';
import { fileSource, serverSource, type Source } from './import/source.ts';
import { haltTask, Refusal, writePromise, writeSchedule } from './import/write.ts';
import { printable, show } from './output.ts';
import { Progress } from './progress.ts';

interface ImportArguments extends ClientArguments {
  from: string[];
  'from-token'?: string | undefined;
  held?: boolean | undefined;
}

/** Requests in flight at once. */
const AT_ONCE = 32;
/** Further refusals are counted but not printed. */
const MAX_PRINTED = 20;

/** `resonate import` */
export function builder(command: Argv): unknown {
  return clientOptions(command).options({
    from: {
      type: 'string',
      array: true,
      requiresArg: true,
      demandOption: true,
      describe: 'URL of the server to read, or files written by search --all (repeatable)',
    },
    'from-token': {
      ...textOption('Token for the server to read (environment: RESONATE_FROM_TOKEN)'),
      default: process.env['RESONATE_FROM_TOKEN'] || undefined,
      defaultDescription: 'none',
    },
    held: {
      type: 'boolean',
      describe: 'Import even if workers hold tasks at the source; these tasks start again here',
    },
  });
}

/** Copies promises, schedules and halted tasks to the server, and leaves it paused. @throws ClientError */
export async function handler(argv: object): Promise<void> {
  const { held = false, ...options } = argv as ImportArguments;
  const source = await open(options);
  await refuseHeld(source, held);
  await pauseServer(options);
  const writer = new Writer(options);
  await writer.all('promises', source.promises(), writePromise);
  await writer.all('schedules', source.schedules(), writeSchedule);
  await writer.all('halted', source.tasks('halted'), haltTask);
  writer.conclude(options);
}

async function open({ from, server, 'from-token': token }: ImportArguments): Promise<Source> {
  const urls = from.filter((one) => /^https?:/.test(one));
  if (urls.length === 0) return fileSource(from);
  const [url] = urls;
  if (from.length > 1 || url === undefined) throw new ClientError('--from must be one URL, or files');
  if (URL.canParse(server) && URL.canParse(url) && new URL(url).host === new URL(server).host) {
    throw new ClientError('--from and --server are the same server');
  }
  return serverSource({ server: url, token });
}

/** Refuses to import while workers hold tasks at the source, because the steps that they run would run twice. */
async function refuseHeld(source: Source, held: boolean): Promise<void> {
  if (!source.knowsTasks) {
    process.stderr.write(
      'resonate: warning: the files have no tasks, so it is unknown which tasks are held or halted\n',
    );
  }
  if (held) return;
  for await (const [task] of source.tasks('acquired')) {
    if (task === undefined) continue;
    throw new ClientError(
      `a worker holds the task ${task.id} at the source: stop the workers and wait until their leases expire, or use --held`,
    );
  }
}

/** Pauses the server until it is restarted without --debug, so that no worker gets a call before its steps are copied. */
async function pauseServer(options: ClientOptions): Promise<void> {
  try {
    await call('debug.start', {}, options);
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 403) throw error;
    throw new ClientError(
      `${error.message}: import needs a server started with --debug, and a token with the role admin`,
    );
  }
}

/** Writes one record. @returns whether it changed anything. @throws Refusal */
type Write<T> = (record: T, options: ClientOptions) => Promise<boolean>;

class Writer {
  readonly #options: ClientOptions;
  readonly #counts: Record<string, number> = {};
  /** How many of them did not exist here. */
  readonly #new: Record<string, number> = {};
  #refused = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async all<T extends { id: string }>(name: string, pages: AsyncIterable<T[]>, write: Write<T>): Promise<void> {
    const progress = new Progress();
    let [count, added] = [0, 0];
    try {
      for await (const page of pages) {
        for (let start = 0; start < page.length; start += AT_ONCE) {
          const some = page.slice(start, start + AT_ONCE);
          const written = await Promise.all(some.map((record) => this.#write(name, record, write)));
          count += written.filter((outcome) => outcome !== 'refused').length;
          added += written.filter((outcome) => outcome === 'new').length;
          progress.say(`${count} ${name}, ${added} of them new, now at ${printable(some.at(-1)?.id ?? '')}`);
        }
      }
    } finally {
      progress.done();
    }
    this.#counts[name] = count;
    this.#new[name] = added;
  }

  async #write<T extends { id: string }>(
    name: string,
    record: T,
    write: Write<T>,
  ): Promise<'new' | 'same' | 'refused'> {
    try {
      return (await write(record, this.#options)) ? 'new' : 'same';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refused++;
      if (this.#refused <= MAX_PRINTED) {
        process.stderr.write(printable(`${name}: ${record.id}: ${error.message}`) + '\n');
      }
      return 'refused';
    }
  }

  /** Prints the counts. @throws ClientError if a record was refused */
  conclude(options: ClientArguments): void {
    show({ ...this.#counts, refused: this.#refused, new: this.#new }, options, fieldTable);
    if (this.#refused > 0) throw new ClientError(`${this.#refused} records were not imported; the server is paused`);
  }
}
