/** The published versions of the TypeScript SDK with which the server must work. */
export const SDK_VERSIONS = ['0.11.4', '0.11.5'] as const;

/** How a client or worker of the SDK is connected: by the SDK's own network, or by the WebSocket of clients/typescript. */
export type NetworkName = 'http' | 'websocket';

/** The current SDK with each of its networks. */
export const CURRENT_CLIENTS: readonly (readonly [sdk: string, network: NetworkName])[] = [
  ['0.11.5', 'http'],
  ['0.11.5', 'websocket'],
];

/** The pairs of an SDK and a network that the tests of all SDKs run: the older SDK only over its own network. */
export const CLIENTS: readonly (readonly [sdk: string, network: NetworkName])[] = [
  ['0.11.4', 'http'],
  ...CURRENT_CLIENTS,
];

/** The types of one version are enough, because the parts that the tests use are the same in both. */
export type Sdk = typeof import('@resonatehq/sdk');

export async function loadSdk(version: string): Promise<Sdk> {
  if (version === '0.11.5') return import('@resonatehq/sdk');
  if (version === '0.11.4') return (await import('@resonatehq/sdk-0.11.4')) as unknown as Sdk;
  throw new Error(`no such SDK version here: ${version}`);
}
