import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Reply } from '@resonate/protocol';
import type { EngineReply } from './engine-process.ts';

const PROGRAM = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

/** An engine in a process of its own (engine-process.ts). */
export class Engine {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #number = 0;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on('message', ({ number, reply }: EngineReply) => {
      this.#waiting.get(number)?.(reply);
      this.#waiting.delete(number);
    });
  }

  static async start(type: 'postgres' | 'mysql', url: string, mode: 'locked' | 'unlocked'): Promise<Engine> {
    const process = fork(PROGRAM, [type, url, mode]);
    await Promise.race([
      once(process, 'message'),
      once(process, 'exit').then(([code]) => Promise.reject(new Error(`the engine ended with code ${String(code)}`))),
    ]);
    return new Engine(process);
  }

  rpc(kind: string, data: unknown): Promise<Reply> {
    const number = this.#number++;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      this.#process.send({ number, kind, data });
    });
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
