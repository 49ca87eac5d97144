import { Connection, openConnections, type Reply } from './connection.ts';

/** Where and how a scenario runs. */
export interface Site {
  url: string;
  callers: number;
  /** Part of every group name, so that runs do not share workers. */
  run: string;
  /** A new promise id. */
  nextId(): string;
}

/** One round of one caller. Resolves with the time at which the measured part ended, from `performance.now()`. */
export type Round = () => Promise<number>;

export interface OpenScenario {
  /** One round function for each caller. */
  rounds: Round[];
  /** The rounds for the warm-up, if they differ; one for each caller. */
  warmUp?: Round[];
  /** Requests sent so far. */
  requests(): number;
  /** CPU time used so far by further processes of the load generator. */
  cpuMs?(): number;
  close(): void | Promise<void>;
}

/** A piece of work that callers repeat. */
export interface Scenario {
  name: string;
  open(site: Site): Promise<OpenScenario>;
}

/** A scenario whose rounds only send requests on the caller's own connection. Each round is measured as a whole. */
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

/** Sends `body`. Throws unless the status is 200, because a fast refusal must not count as work. */
export async function ok(connection: Connection, body: string): Promise<Reply> {
  const reply = await connection.request(body);
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body.toString('utf8')} to ${body}`);
  return reply;
}
