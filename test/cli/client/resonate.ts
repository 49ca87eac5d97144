import { runCommand, type CommandResult } from '../../processes/run-command.ts';
import { RESONATE } from '../../processes/server-process.ts';

/** Runs the `resonate` command as a user of one server does. */
export interface Resonate {
  /** Runs it with its output in a pipe. */
  run(...args: string[]): Promise<CommandResult>;
  /** Runs it with its output in a pipe. @returns the JSON that it prints. @throws unless it ends with code 0. */
  json<T = unknown>(...args: string[]): Promise<T>;
  /** Runs it on a terminal without colours. @returns the lines that it prints. @throws unless it ends with code 0. */
  terminal(...args: string[]): Promise<string[]>;
}

/** @param url of the server. The command gets it in its environment. */
export function resonateFor(url: string): Resonate {
  const env = { RESONATE_SERVER: url };
  const run = (...args: string[]) => runCommand(RESONATE, args, { env });
  return {
    run,
    async json<T>(...args: string[]) {
      const { code, stdout, stderr } = await run(...args);
      if (code !== 0) throw new Error(`resonate ${args.join(' ')} ended with code ${code}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    async terminal(...args) {
      const { code, stdout } = await runCommand(...onTerminal(args), { env: { ...env, NO_COLOR: '1' } });
      if (code !== 0) throw new Error(`resonate ${args.join(' ')} ended with code ${code}: ${stdout}`);
      return stdout.split('\r\n').slice(0, -1);
    },
  };
}

/** Runs a command on a pseudo terminal, with util-linux' `script`. @param columns its width; by default it has none. */
export function onTerminal(args: readonly string[], columns?: number): [command: string, args: string[]] {
  const quoted = [RESONATE, ...args].map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
  const resize = columns === undefined ? '' : `stty cols ${columns}; `;
  return ['script', ['-qefc', `${resize}exec ${quoted}`, '/dev/null']];
}
