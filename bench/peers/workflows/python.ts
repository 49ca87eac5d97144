import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { installPythonSdk, PYTHON_SDK } from '../../../test/cluster/python.ts';
import { cpuMs } from '../../cpu.ts';
import type { Site } from '../../load/scenario.ts';
import type { Workflow } from './workflow.ts';

const WORKER = join(import.meta.dirname, 'worker.py');
const NETWORK = fileURLToPath(new URL('../../../clients/python/src', import.meta.url));
/** How many characters of the worker's standard error are kept for the error message if the worker ends. */
const MOST_SAID = 4_000;

interface Answer {
  id: string;
  result?: unknown;
  error?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The official Python SDK in a separate process. It gets ids on its standard input and prints the results. */
export async function openPython({ url, run }: Site, network: 'http' | 'websocket'): Promise<Workflow> {
  const python = await installPythonSdk();
  const worker = spawn(python, [WORKER, '--url', url, '--group', `bench-${run}`, '--network', network], {
    env: { ...process.env, PYTHONPATH: [PYTHON_SDK, NETWORK].join(delimiter) },
  });
  const waiting = new Map<string, Waiting>();
  let said = '';
  worker.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-MOST_SAID)));
  createInterface({ input: worker.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line) as Answer;
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(error));
  });
  const ended = (why: string) => {
    for (const { reject } of waiting.values()) reject(new Error(`the Python worker ended: ${why}\n${said}`));
    waiting.clear();
  };
  worker.on('error', (error) => ended(error.message));
  worker.on('close', (code) => ended(`code ${code}`));
  // Ignore errors here, because the `close` event reports the end of the worker.
  worker.stdin.on('error', () => {});
  return {
    run: (id, steps) =>
      new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.stdin.write(`${JSON.stringify({ id, steps })}\n`);
      }),
    cpuMs: () => (worker.pid === undefined ? 0 : (cpuMs([worker.pid]) ?? 0)),
    async close() {
      const gone = once(worker, 'close');
      worker.stdin.end();
      await gone;
    },
  };
}
