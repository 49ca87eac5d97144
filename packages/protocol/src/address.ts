/**
 * Addresses (protocol section 6): where a message goes. Parsed once, when a promise or listener is
 * created; the parts are stored beside the row so that deliveries are claimed by an index.
 */

export const TRANSPORTS = ['http', 'poll', 'gcps', 'bash'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Address {
  /** The address as the client wrote it. */
  text: string;
  transport: Transport;
  /**
   * What deliveries are grouped and bounded by: poll: the (decoded) group; http: the URL's origin;
   * gcps: PROJECT/TOPIC; bash: `local`, `docker` or `tensorlake`.
   */
  group: string;
  /** poll: the (decoded) connection id; bash: the image; `''` when there is none. */
  instance: string;
  /** poll only: `uni` goes to exactly that connection, `any` to one of the group. */
  cast: 'any' | 'uni';
}

const POLL = /^poll:\/\/(any|uni)@([^/]+)(?:\/([^/]+))?$/;
const GCPS = /^gcps:\/\/([^/]+)\/([^/]+)$/;
const BASH = /^bash:\/\/(?:(docker|tensorlake)(?:\/(.*))?|bash)?$/;

/** @returns the parts of `text`, or null when it is not an address. */
export function parseAddress(text: string): Address | null {
  if (text.startsWith('poll://')) return parsePoll(text);
  if (text.startsWith('http://') || text.startsWith('https://')) return parseHttp(text);
  const gcps = GCPS.exec(text);
  if (gcps) return { text, transport: 'gcps', group: `${gcps[1]}/${gcps[2]}`, instance: '', cast: 'any' };
  return parseBash(text);
}

function parsePoll(text: string): Address | null {
  const match = POLL.exec(text);
  if (!match) return null;
  const cast = match[1] as 'any' | 'uni';
  const group = decode(match[2] ?? '');
  const instance = decode(match[3] ?? '');
  if (!group || instance === null || (cast === 'uni' && !instance)) return null;
  return { text, transport: 'poll', group, instance, cast };
}

function parseHttp(text: string): Address | null {
  if (!URL.canParse(text)) return null;
  return { text, transport: 'http', group: new URL(text).origin, instance: '', cast: 'any' };
}

function parseBash(text: string): Address | null {
  const match = BASH.exec(text);
  if (!match) return null;
  const group = match[1] ?? 'local';
  const instance = match[2] ?? '';
  if (group === 'docker' && !instance) return null;
  return { text, transport: 'bash', group, instance, cast: 'any' };
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
