import { Connection, openConnections, type Reply } from './connection.ts';

/** Where and how a scenario runs. */
export interface Site {
  url: string;
  callers: number;
  /** Part of all groups, so that runs don't meet. */
  run: string;
  /** A new promise id. */
  nextId(): string;
}

/** One round of one caller; when what it measures was over, as `performance.now()` tells time. */
export type Round = () => Promise<number>;

export interface OpenScenario {
  /** One for each caller. */
  rounds: Round[];
  /** Those that the warm-up repeats instead, one for each caller. */
  warmUp?: Round[];
  /** Requests sent so far. */
  requests(): number;
  /** CPU time so far of further processes that belong to the generator. */
  cpuMs?(): number;
  close(): void | Promise<void>;
}

/** A piece of work that callers repeat. */
export interface Scenario {
  name: string;
  open(site: Site): Promise<OpenScenario>;
}

/** A scenario whose rounds only send requests on the caller's own connection, each measured as a whole. */
export function requestScenario(name: string, round: (connection: Connection, id: string) => Promise<void>): Scenario {
  return {
    name,
    async open(site) {
      const connections = await openConnections(site.url, site.callers);
      const rounds = connections.map((connection) => async () => {
        await round(connection, site.nextId());
        return performance.now();
      });
      return { rounds, ...shared(connections) };
    },
  };
}

/** The parts of an open scenario that follow from its connections. */
export function shared(connections: Connection[]): { requests(): number; close(): void } {
  return {
    requests: () => connections.reduce((sum, connection) => sum + connection.requests, 0),
    close: () => connections.forEach((connection) => connection.close()),
  };
}

/** Sends `body` and throws unless the answer is 200: a fast refusal must not count as work. */
export async function ok(connection: Connection, body: string): Promise<Reply> {
  const reply = await connection.request(body);
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body.toString('utf8')} to ${body}`);
  return reply;
}
