type Variables = Readonly<Record<string, string | undefined>>;

/** What programs need to find each other and to know their user; none of it is ours. */
const USUAL = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
]);
const LOCALE = /^LC_/;
/** How the docker command finds its daemon. */
const DOCKER = /^DOCKER_/;
const SSH_AGENT = 'SSH_AUTH_SOCK';

/**
 * The server's environment as a local script may see it. A list of what is passed, not of what is withheld: nobody knows
 * all the names under which secrets are kept.
 * @param passed further names.
 */
export function scriptEnvironment(own: Variables, passed: readonly string[]): Record<string, string> {
  return pick(own, (name) => USUAL.has(name) || LOCALE.test(name) || passed.includes(name));
}

/** The same for the `docker` command, which passes none of it on to the container. */
export function dockerEnvironment(own: Variables): Record<string, string> {
  return pick(own, (name) => USUAL.has(name) || LOCALE.test(name) || DOCKER.test(name) || name === SSH_AGENT);
}

function pick(own: Variables, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) if (value !== undefined && wanted(name)) picked[name] = value;
  return picked;
}
