/** The published versions of the TypeScript SDK the server must work with. */
export const SDK_VERSIONS = ['0.11.4', '0.11.5'] as const;

/** How a client or worker of the SDK talks to the server: the SDK's own way, or over the WebSocket of clients/typescript. */
export type NetworkName = 'http' | 'websocket';

/** The current SDK with each network that it has. */
export const CURRENT_CLIENTS: readonly (readonly [sdk: string, network: NetworkName])[] = [
  ['0.11.5', 'http'],
  ['0.11.5', 'websocket'],
];

/** Each SDK with each network that it has. */
export const CLIENTS: readonly (readonly [sdk: string, network: NetworkName])[] = [
  ['0.11.4', 'http'],
  ...CURRENT_CLIENTS,
];

/** What the tests use is the same in both versions, so one set of types serves. */
export type Sdk = typeof import('@resonatehq/sdk');

export async function loadSdk(version: string): Promise<Sdk> {
  if (version === '0.11.5') return import('@resonatehq/sdk');
  if (version === '0.11.4') return (await import('@resonatehq/sdk-0.11.4')) as unknown as Sdk;
  throw new Error(`no such SDK version here: ${version}`);
}
