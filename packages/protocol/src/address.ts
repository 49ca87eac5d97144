import { isLonger, MAX_KEY_BYTES } from './limits.ts';

/**
 * Addresses (protocol section 6): the receivers of messages. An address is parsed once, when a promise or listener is
 * created. Its parts are stored in the row, so that a claim can find messages by an index.
 */

export const TRANSPORTS = ['http', 'poll', 'gcps', 'bash', 'kafka', 'sqs'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Address {
  /** The address as the client wrote it. */
  text: string;
  transport: Transport;
  /**
   * The queue of the message. Messages with the same transport and target can go to the same receivers. poll: GROUP for
   * `any`, GROUP/ID for `uni`, decoded and percent-encoded again, so that all spellings have the same target; http: the
   * URL's origin; gcps: PROJECT/TOPIC; bash: `local`, `docker/IMAGE` or `tensorlake/IMAGE`; kafka: TOPIC or
   * CLUSTER/TOPIC; sqs: QUEUE, REGION/QUEUE or HOST/ACCOUNT/QUEUE.
   */
  target: string;
  /** Only for poll, decoded: the group, and the connection that must (`uni`) or should (`any`) get the message. */
  poll?: { cast: 'any' | 'uni'; group: string; id: string | null };
}

const POLL = /^poll:\/\/(any|uni)@([^/]+)(?:\/([^/]+))?$/;
const GCPS = /^gcps:\/\/([^/]+)\/([^/]+)$/;
/** Kafka's rules for topic names: https://kafka.apache.org/39/documentation.html ("Topic names"). */
const KAFKA = /^kafka:\/\/(?:[A-Za-z0-9._-]{1,249}\/)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
/** A queue: by its name, by region and name, or by its URL with `sqs:` instead of `https:`. */
const SQS =
  /^sqs:\/\/(?:[a-z]{2,}(?:-[a-z]+)+-\d+\/|[A-Za-z0-9.-]+(?::\d{1,5})?\/\d{1,20}\/)?([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/;
const MAX_QUEUE_NAME = 80;
const BASH = /^bash:\/\/(?:(docker|tensorlake)(?:\/(.*))?|bash)?$/;

/** @returns the parts of `text`, or null if it is not an address, or is too long for a key of the database. */
export function parseAddress(text: string): Address | null {
  if (isLonger(text, MAX_KEY_BYTES)) return null;
  const address = parse(text);
  return address && !isLonger(address.target, MAX_KEY_BYTES) ? address : null;
}

function parse(text: string): Address | null {
  if (text.startsWith('poll://')) return parsePoll(text);
  if (text.startsWith('http://') || text.startsWith('https://')) return parseHttp(text);
  const gcps = GCPS.exec(text);
  if (gcps) return { text, transport: 'gcps', target: `${gcps[1] ?? ''}/${gcps[2] ?? ''}` };
  if (KAFKA.test(text)) return { text, transport: 'kafka', target: text.slice('kafka://'.length) };
  const queue = SQS.exec(text)?.[1];
  if (queue !== undefined) return parseSqs(text, queue);
  return parseBash(text);
}

function parseSqs(text: string, queue: string): Address | null {
  if (queue.length > MAX_QUEUE_NAME) return null;
  return { text, transport: 'sqs', target: text.slice('sqs://'.length) };
}

function parsePoll(text: string): Address | null {
  const match = POLL.exec(text);
  if (!match) return null;
  const cast = match[1] as 'any' | 'uni';
  const group = decode(match[2] ?? '');
  const id = match[3] === undefined ? null : decode(match[3]);
  if (!group || id === '' || (cast === 'uni' && id === null)) return null;
  // Postgres cannot store a NUL, and no stream can be opened under such a name.
  if (`${group}${id ?? ''}`.includes('\0')) return null;
  const target = cast === 'uni' && id !== null ? pollTarget(group, id) : pollTarget(group);
  return { text, transport: 'poll', target, poll: { cast, group, id } };
}

/** The target of `any@group`, or of `uni@group/id` with an id. */
export function pollTarget(group: string, id?: string): string {
  return id === undefined ? encodeURIComponent(group) : `${encodeURIComponent(group)}/${encodeURIComponent(id)}`;
}

/** What is wrong with the group and id under which a worker connects; null if they are valid. */
export function pollNamesError(group: string, id: string): string | null {
  // Postgres would refuse every statement that names the target.
  if (`${group}${id}`.includes('\0')) return 'group and id must not contain a NUL character';
  // No address can name the connection, so it would never get a message.
  if (!isLonger(pollTarget(group, id), MAX_KEY_BYTES)) return null;
  return `group and id must not be longer than ${MAX_KEY_BYTES} bytes together, percent-encoded`;
}

/** True if messages for this target may go to one connection only, such as those for `poll://uni@GROUP/ID`. */
export function isForOneConnection(transport: Transport, target: string): boolean {
  return transport === 'poll' && target.includes('/');
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

/** @returns `''`, which is neither a group nor an id, for invalid percent encoding. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
