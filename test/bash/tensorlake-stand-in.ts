import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInSandbox {
  id: string;
  /** The body of the request that created it. */
  request: Record<string, unknown>;
  status: string;
  deleted: boolean;
  child: ChildProcess | null;
  lines: string;
}

type Answer = [status: number, body?: object];

/** Behaves like Tensorlake's sandboxes over HTTP. Scripts run on this machine, with an empty environment. */
export class TensorlakeStandIn {
  readonly sandboxes: StandInSandbox[] = [];
  /** Answers for the next POST /sandboxes requests, one for each, in place of the usual answer. */
  readonly refusals: Answer[] = [];
  readonly #server: Server;
  readonly #key: string;

  private constructor(server: Server, key: string) {
    this.#server = server;
    this.#key = key;
  }

  static async start(key: string): Promise<TensorlakeStandIn> {
    const server = createServer();
    const standIn = new TensorlakeStandIn(server, key);
    server.on('request', (request, response) => void standIn.#handle(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return standIn;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get sandboxUrl(): string {
    return `${this.apiUrl}/in/{id}`;
  }

  async close(): Promise<void> {
    for (const sandbox of this.sandboxes) end(sandbox);
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The sandbox times out: everything in it is killed. */
  expire(sandbox: StandInSandbox): void {
    end(sandbox);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const isKnown = request.headers.authorization === `Bearer ${this.#key}`;
    const [status, answer] = isKnown ? this.#answer(`${request.method} ${request.url}`, body) : ([401] as Answer);
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer && JSON.stringify(answer));
  }

  #answer(route: string, body: Record<string, unknown>): Answer {
    if (route === 'POST /sandboxes') return this.refusals.shift() ?? this.#create(body);
    const [, method, id, rest = ''] = /^(\w+) \/(?:sandboxes|in)\/([\w-]+)(.*)$/.exec(route) ?? [];
    const sandbox = this.sandboxes.find((known) => known.id === id);
    if (!sandbox || (sandbox.deleted && rest !== '')) return [404, { error: 'no such sandbox' }];
    if (rest === '') return method === 'DELETE' ? remove(sandbox) : look(sandbox);
    if (sandbox.status !== 'running') return [409, { error: 'the sandbox does not run' }];
    if (method === 'POST' && rest === '/api/v1/processes') return startProcess(sandbox, body);
    if (rest === '/api/v1/processes/7') return [200, processState(sandbox)];
    if (rest === '/api/v1/processes/7/output') {
      const lines = sandbox.lines.replace(/\n$/, '').split('\n');
      return [200, { lines, line_count: lines.length }];
    }
    return [404, { error: 'no such route' }];
  }

  #create(request: Record<string, unknown>): Answer {
    const id = `sbx-${this.sandboxes.length + 1}`;
    this.sandboxes.push({ id, request, status: 'pending', deleted: false, child: null, lines: '' });
    return [201, { sandbox_id: id, status: 'pending' }];
  }
}

/** The sandbox starts when a client first asks for it. */
function look(sandbox: StandInSandbox): Answer {
  const { status } = sandbox;
  if (status === 'pending') sandbox.status = 'running';
  return [200, { id: sandbox.id, status }];
}

function remove(sandbox: StandInSandbox): Answer {
  sandbox.deleted = true;
  end(sandbox);
  return [204];
}

function end(sandbox: StandInSandbox): void {
  sandbox.status = sandbox.status === 'running' && !sandbox.deleted ? 'running' : 'terminated';
  const { child } = sandbox;
  if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, 'SIGKILL');
}

function startProcess(sandbox: StandInSandbox, body: Record<string, unknown>): Answer {
  const { command, args, env } = body as { command: string; args: string[]; env: Record<string, string> };
  const path = { PATH: process.env['PATH'] ?? '' };
  const child = spawn(command, args, { env: { ...path, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (sandbox.lines += chunk.toString('utf8')));
  }
  sandbox.child = child;
  return [201, { pid: 7, status: 'running' }];
}

function processState({ child }: StandInSandbox): object {
  if (child?.signalCode) return { pid: 7, status: 'signaled', signal: 9 };
  if (typeof child?.exitCode === 'number') return { pid: 7, status: 'exited', exit_code: child.exitCode };
  return { pid: 7, status: 'running' };
}
