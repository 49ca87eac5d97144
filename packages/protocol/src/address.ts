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
   * What deliveries queue by: messages with the same transport and target can be taken by the same receivers.
   * poll: GROUP for `any`, GROUP/ID for `uni`, both percent-encoded anew; http: the URL's origin; gcps:
   * PROJECT/TOPIC; bash: `local`, `docker/IMAGE` or `tensorlake/IMAGE`.
   */
  target: string;
  /** poll only, decoded: the group, and the connection that must (`uni`) or had best (`any`) take the message. */
  poll?: { cast: 'any' | 'uni'; group: string; id: string | null };
}

const POLL = /^poll:\/\/(any|uni)@([^/]+)(?:\/([^/]+))?$/;
const GCPS = /^gcps:\/\/([^/]+)\/([^/]+)$/;
const BASH = /^bash:\/\/(?:(docker|tensorlake)(?:\/(.*))?|bash)?$/;

/** @returns the parts of `text`, or null when it is not an address. */
export function parseAddress(text: string): Address | null {
  if (text.startsWith('poll://')) return parsePoll(text);
  if (text.startsWith('http://') || text.startsWith('https://')) return parseHttp(text);
  const gcps = GCPS.exec(text);
  if (gcps) return { text, transport: 'gcps', target: `${gcps[1]}/${gcps[2]}` };
  return parseBash(text);
}

function parsePoll(text: string): Address | null {
  const match = POLL.exec(text);
  if (!match) return null;
  const cast = match[1] as 'any' | 'uni';
  const group = decode(match[2] ?? '');
  const id = match[3] === undefined ? null : decode(match[3]);
  if (!group || id === '' || (cast === 'uni' && id === null)) return null;
  const target = cast === 'uni' && id !== null ? pollTarget(group, id) : pollTarget(group);
  return { text, transport: 'poll', target, poll: { cast, group, id } };
}

/** The target of `any@group`, or with an id of `uni@group/id`. */
export function pollTarget(group: string, id?: string): string {
  return id === undefined ? encodeURIComponent(group) : `${encodeURIComponent(group)}/${encodeURIComponent(id)}`;
}

function parseHttp(text: string): Address | null {
  if (!URL.canParse(text)) return null;
  return { text, transport: 'http', target: new URL(text).origin };
}

function parseBash(text: string): Address | null {
  const match = BASH.exec(text);
  if (!match) return null;
  const [, backend, image = ''] = match;
  if (backend === undefined) return { text, transport: 'bash', target: 'local' };
  if (backend === 'docker' && !image) return null;
  return { text, transport: 'bash', target: `${backend}/${image}` };
}

/** @returns `''`, which is no group and no id, for what is not percent-encoded text. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
