import { spawn } from 'node:child_process';
import { withoutResonateVariables } from './spawned.ts';

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** Far longer than needed, because machines that run tests are busy. */
const ENDED_WITHIN_MS = 60_000;

/** Runs a command to its end. The environment is this process's own without RESONATE_*, plus `env`. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...withoutResonateVariables(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = { stdout: '', stderr: '' };
    child.stdout.on('data', (text: Buffer) => (result.stdout += text.toString('utf8')));
    child.stderr.on('data', (text: Buffer) => (result.stderr += text.toString('utf8')));
    const late = setTimeout(() => child.kill('SIGKILL'), ENDED_WITHIN_MS);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(late);
      if (signal === null) resolve({ code, ...result });
      else reject(new Error(`${command} ${args.join(' ')} ${endOf(signal)}\n${result.stdout}\n${result.stderr}`));
    });
  });
}

function endOf(signal: NodeJS.Signals): string {
  const cause = signal === 'SIGKILL' ? `, perhaps because it did not end within ${ENDED_WITHIN_MS} ms` : '';
  return `was ended by ${signal}${cause}`;
}
