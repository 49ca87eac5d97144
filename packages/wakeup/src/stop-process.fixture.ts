import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Runs `stop.fixture.ts`, a process that sends hints. */
export function startFixture(type: string, url: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'stop.fixture.ts'), type, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(line));
  return {
    says: async (text: string) => {
      while (!lines.some((line) => line.includes(text))) await once(reader, 'line');
    },
    /** Asks it to stop, and waits until it has ended by itself. */
    end: async () => {
      child.stdin.end();
      const [code] = await exited;
      return { code, last: lines.at(-1) };
    },
  };
}
