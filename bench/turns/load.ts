import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command, Opening, Said, Turn } from './load-process.ts';

/** A scenario that is open in a process of its own, so that the code of one side does not slow down the other. */
export interface Load {
  /** Repeats the scenario for `ms` milliseconds. */
  turn(ms: number): Promise<Turn>;
  close(): Promise<void>;
}

/** Opens a scenario and warms it up. */
export async function openLoad(opening: Opening): Promise<Load> {
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)));
  const exited = once(child, 'exit');
  const ask = async (command: Command): Promise<Turn | undefined> => {
    child.send(command);
    const [said] = (await Promise.race([once(child, 'message'), ended()])) as [Said];
    if ('error' in said) throw new Error(said.error);
    return said.turn;
  };
  const ended = async (): Promise<never> => {
    await exited;
    throw new Error(`the load of ${opening.scenario} ended`);
  };
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await ask({ kind: 'open', opening });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async turn(ms) {
      const turn = await ask({ kind: 'turn', ms });
      if (!turn) throw new Error('a turn without a result');
      return turn;
    },
    async close() {
      try {
        await ask({ kind: 'close' });
      } finally {
        await close();
      }
    },
  };
}
