const DEFAULT_PORT = '5432';
const ATTRIBUTES = 'target_session_attrs';
/** This program writes, so it uses only the primary, even with `any`, which is libpq's default. */
const WRITABLE = ['read-write', 'primary', 'any'];

/** One server of a URL. */
export interface Host {
  /** The URL of this server alone, for pg. */
  url: string;
  host: string;
  port: number;
  /** For error messages. */
  name: string;
  /** Its place among the servers of the URL. */
  place: number;
  isOneOfSeveral: boolean;
}

/**
 * The servers of postgres://user:password@a:5432,b:5432/name, in order.
 * @throws an Error that says what is wrong but never has the URL, which holds a password.
 */
export function hostsOf(url: string): [Host, ...Host[]] {
  const start = url.indexOf('://') + '://'.length;
  const end = start + url.slice(start).search(/[/?#]|$/);
  const from = start + url.slice(start, end).lastIndexOf('@') + 1;
  const [first = '', ...others] = url.slice(from, end).split(',');
  const isOneOfSeveral = others.length > 0;
  const hostAt = (address: string, place: number): Host => {
    const what = isOneOfSeveral ? `host ${place + 1} of the Postgres URL` : 'the Postgres URL';
    if (isOneOfSeveral && address === '') throw new Error(`${what} is empty`);
    return { ...hostOf(url.slice(0, from) + address + url.slice(end), what), place, isOneOfSeveral };
  };
  return [hostAt(first, 0), ...others.map((address, index) => hostAt(address, index + 1))];
}

function hostOf(text: string, what: string): Omit<Host, 'place' | 'isOneOfSeveral'> {
  if (!URL.canParse(text))
    throw new Error(`${what} is malformed: it must look like postgres://user:password@host:5432/name`);
  const { hostname, port, searchParams } = new URL(text);
  checkEscapes(text);
  if (!WRITABLE.includes(searchParams.get(ATTRIBUTES) ?? 'any'))
    throw new Error(`${ATTRIBUTES} of the Postgres URL must be one of ${WRITABLE.join(', ')}, because Resonate writes`);
  if (searchParams.get('host')?.includes(','))
    throw new Error(
      'the parameter host of the Postgres URL names several hosts: ' +
        'write them before the path, as in postgres://a:5432,b:5432/name',
    );
  return {
    url: pgUrl(text),
    host: decodeURIComponent(hostname.replace(/^\[|\]$/g, '')),
    port: Number(port || DEFAULT_PORT),
    name: `${searchParams.get('host') ?? hostname}:${port || DEFAULT_PORT}`,
  };
}

/** If pg finds one of these anywhere in the URL, it takes each such % as it is. */
const TAKEN_AS_IT_IS = /%[^a-f0-9]|%[a-f0-9][^a-f0-9]/i;

/** @throws if pg cannot read a name or the password. Its own error, "URI malformed", does not say of what. */
function checkEscapes(text: string): void {
  const { hostname, username, password, pathname } = new URL(text);
  const read = TAKEN_AS_IT_IS.test(text) ? [hostname] : [hostname, username, password, pathname];
  try {
    read.forEach(decodeURIComponent);
  } catch {
    throw new Error('the Postgres URL has a % that is not percent-encoded (write %25)');
  }
}

/** The URL for pg, in which sslmode has the meaning that it has in libpq. */
function pgUrl(url: string): string {
  // pg reads sslmode=require as verify-full unless this parameter is set.
  const asLibpq =
    /[?&]sslmode=(?!no-verify)/.test(url) && !url.includes('uselibpqcompat') ? '&uselibpqcompat=true' : '';
  return url + asLibpq;
}
