import { DECLARATIONS, type Config, type Declaration } from './declarations.ts';
import { findContradiction } from './contradictions.ts';
import { ConfigError } from './error.ts';
import { commandLayer, envLayer, flagLayer, tomlLayer, type Given, type Layer } from './layers.ts';
import { shownInput, shownValue } from './mask.ts';
import { splitList } from './option.ts';

export interface Sources {
  /** A file that must exist. */
  tomlPath?: string | undefined;
  /** Folder whose resonate.toml is read, if it exists and no `tomlPath` is given. */
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  /** Flags by name without dashes (`server-port`), as strings or typed values. Others are ignored. */
  flags?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The command that runs. `dev` keeps everything in memory. `api`, `scheduler` and `dispatcher` need a shared
   * database.
   */
  command?: string | undefined;
}

export interface Origin {
  layer: 'default' | Layer;
  /** As the user wrote it (`--server-port`); null for a default. */
  name: string | null;
}

export interface LoadedConfig {
  config: Config;
  /** By toml path. */
  origins: Readonly<Record<string, Origin>>;
}

/**
 * Layers, lowest first: built-in defaults, resonate.toml, environment, the command's own values, flags.
 * @throws ConfigError one line: what is wrong, where it was written, what is allowed.
 */
export function loadConfig(sources: Sources = {}): LoadedConfig {
  const given = collect(sources);
  const values = new Map<string, unknown>();
  const origins: Record<string, Origin> = {};
  for (const { path, option } of DECLARATIONS) {
    const top = given.get(path);
    values.set(path, top ? top.value : option.default);
    origins[path] = top ? { layer: top.layer, name: top.name } : { layer: 'default', name: null };
  }
  const config = assemble(values);
  const nameOf = (path: string) => origins[path]?.name ?? null;
  const problem = findContradiction(config, {
    where: (path) => withPlace(path, nameOf(path)),
    isSet: (path) => nameOf(path) !== null,
    command: sources.command,
  });
  if (problem !== null) throw new ConfigError(problem);
  return { config, origins };
}

/** An option's path and the place where its value was set. If it was not set: where it can be set. */
function withPlace(path: string, name: string | null): string {
  const declaration = DECLARATIONS.find((known) => known.path === path);
  if (name === null) return declaration ? `${path} (${declaration.env} or --${declaration.flag})` : path;
  // `server.port in resonate.toml` already begins with the path.
  return name.startsWith(`${path} `) ? name : `${path} (from ${name})`;
}

/**
 * @returns for each option that is given anywhere, the value of the highest layer. Values of lower layers are checked,
 * too.
 */
function collect(sources: Sources): Map<string, Given> {
  const layers = [
    tomlLayer(sources),
    envLayer(sources.env ?? {}),
    commandLayer(sources.command),
    flagLayer(sources.flags ?? {}),
  ];
  const top = new Map<string, Given>();
  for (const layer of layers) {
    for (const given of mergeSpellings(layer)) {
      top.set(given.declaration.path, { ...given, value: read(given) });
    }
  }
  return top;
}

/** If both spellings of an option are given on the same layer, their values are joined (only lists have two). */
function mergeSpellings(layer: Given[]): Given[] {
  const merged = new Map<string, Given>();
  for (const given of layer) {
    const { path } = given.declaration;
    const first = merged.get(path);
    merged.set(path, first ? { ...first, value: [first.value, given.value].flatMap(itemsOf) } : given);
  }
  return [...merged.values()];
}

/** The items of a list, which is text or an array. */
function itemsOf(value: unknown): unknown {
  return typeof value === 'string' ? splitList(value) : value;
}

function read(given: Given): unknown {
  const { value, layer, declaration, name } = given;
  const { option } = declaration;
  if (layer === 'flag' && Array.isArray(value) && option.kind !== 'list') {
    throw new ConfigError(`${name} is given more than once`);
  }
  const plain = Array.isArray(value) && layer !== 'toml' ? value.join(',') : value;
  const result = typeof plain === 'string' && layer !== 'toml' ? option.fromText(plain) : option.fromValue(plain);
  if (result !== undefined) return result;
  throw new ConfigError(refusal(declaration, name, value));
}

function refusal({ path, option }: Declaration, name: string, value: unknown): string {
  const shown = option.secret ? 'its value' : shownInput(value);
  return `${withPlace(path, name)}: ${shown} is not allowed; it must be ${option.allowed}`;
}

function assemble(values: ReadonlyMap<string, unknown>): Config {
  const root: Record<string, unknown> = {};
  for (const { path, keys } of DECLARATIONS) {
    let node = root;
    for (const key of keys.slice(0, -1)) node = (node[key] ??= {}) as Record<string, unknown>;
    node[keys.at(-1) ?? ''] = values.get(path);
  }
  // The compiler cannot check this cast. The object and its type follow from the same declarations by the same rule.
  return root as unknown as Config;
}

function valueOf(config: Config, { keys }: Declaration): unknown {
  let node: unknown = config;
  for (const key of keys) node = (node as Record<string, unknown>)[key];
  return node;
}

export interface Effective {
  declaration: Declaration;
  /** As text, secrets masked. */
  shown: string;
  origin: Origin;
}

/** Every option's effective value and its source, with secrets masked. */
export function effectiveOptions({ config, origins }: LoadedConfig): Effective[] {
  return DECLARATIONS.map((declaration) => ({
    declaration,
    shown: shownValue(declaration.option, valueOf(config, declaration)),
    origin: origins[declaration.path] ?? { layer: 'default', name: null },
  }));
}

/**
 * The URL under which workers and browsers reach this server. @param port the actual port, if the configured one is 0
 * (any free port).
 */
export function effectiveServerUrl(config: Config, port: number = config.server.port): string {
  return config.server.url ?? `http://${config.server.host}:${port}`;
}
