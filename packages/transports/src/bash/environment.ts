type Variables = Readonly<Record<string, string | undefined>>;

/** Variables that most programs need. None of them configures the server. */
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
const LOCALE = 'LC_';
/** Variables that tell the docker command where its daemon is. */
const DOCKER = 'DOCKER_';
const SSH_AGENT = 'SSH_AUTH_SOCK';

/**
 * The part of the server's environment that local scripts get. It is a list of allowed names, because secrets may have
 * any name.
 * @param passed further allowed names.
 */
export function scriptEnvironment(own: Variables, passed: readonly string[]): Record<string, string> {
  return pick(own, (name) => USUAL.has(name) || name.startsWith(LOCALE) || passed.includes(name));
}

/** The same for the `docker` command, which passes none of it to the container. */
export function dockerEnvironment(own: Variables): Record<string, string> {
  return pick(
    own,
    (name) => USUAL.has(name) || name.startsWith(LOCALE) || name.startsWith(DOCKER) || name === SSH_AGENT,
  );
}

function pick(own: Variables, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) if (value !== undefined && wanted(name)) picked[name] = value;
  return picked;
}
