import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './until.ts';

const WITHIN_MS = 20_000;

interface Usage {
  usedSize: number;
}

/** NODE_OPTIONS of a process whose heap is measured. */
export function inspectedOn(port: number): string {
  return `--inspect-port=127.0.0.1:${port}`;
}

/** The heap of another Node process, which was started with `inspectedOn`. */
export class Heap {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Sends SIGUSR1, so that the process opens its inspector, and connects to it. */
  static async of(pid: number, port: number): Promise<Heap> {
    process.kill(pid, 'SIGUSR1');
    const url = await until('the inspector answers', WITHIN_MS, async () => {
      const list = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => null);
      const [first] = list ? ((await list.json()) as { webSocketDebuggerUrl?: string }[]) : [];
      return first?.webSocketDebuggerUrl;
    });
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Heap(socket);
  }

  /** Bytes that are in use after a full collection. */
  async used(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage');
    return (await this.#ask<Usage>('Runtime.getHeapUsage')).usedSize;
  }

  close(): void {
    this.#socket.close();
  }

  async #ask<Result>(method: string): Promise<Result> {
    this.#socket.send(JSON.stringify({ id: 1, method }));
    const [data] = (await once(this.#socket, 'message')) as [Buffer];
    return (JSON.parse(data.toString()) as { result: Result }).result;
  }
}
