/** The numbers of no-op steps in a workflow. */
export const STEP_COUNTS = [1, 3, 10, 100, 1_000] as const;

export const workName = (steps: number) => `workflow of ${steps} step${steps === 1 ? '' : 's'}`;

export const WORKFLOW_WORKS: readonly string[] = STEP_COUNTS.map(workName);

/**
 * The SDKs. `resonate`: this server with the unmodified SDK. `resonate websocket`: with the network of
 * clients/typescript. `resonate rpc`: the workflow starts through the server, as a call to a worker. `resonate python`
 * and `resonate python websocket`: the unmodified Python SDK, and with the network of clients/python.
 */
export const SDKS = [
  'resonate',
  'resonate websocket',
  'resonate rpc',
  'resonate python',
  'resonate python websocket',
  'restate',
  'dbos',
] as const;

export type SdkName = (typeof SDKS)[number];

/** The scenario's name in the load generator. */
export const scenarioName = (sdk: SdkName, steps: number) => `${sdk}: ${workName(steps)}`;
