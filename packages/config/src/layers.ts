/** The configuration layers above the defaults. Each returns its values, with the names that the user wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import toml from 'toml';
import { DECLARATIONS, SECTIONS, type Declaration } from './declarations.ts';
import { ConfigError } from './error.ts';
import { didYouMean } from './suggest.ts';

export type Layer = 'toml' | 'env' | 'command' | 'flag';

export interface Given {
  declaration: Declaration;
  layer: Layer;
  /** As the user wrote it: `--server-port`, `RESONATE_SERVER__PORT`, `server.port in resonate.toml`. */
  name: string;
  value: unknown;
}

type Spelling = 'path' | 'env' | 'flag';

function bySpelling(spelling: Spelling): Map<string, Declaration> {
  const entries = DECLARATIONS.flatMap((declaration) => {
    const spellings = [declaration, declaration.alias].filter((names) => names !== null);
    return spellings.map((names) => [names[spelling], declaration] as const);
  });
  return new Map(entries);
}

const BY_PATH = bySpelling('path');
const BY_ENV = bySpelling('env');
const BY_FLAG = bySpelling('flag');
const TOML_NAMES = [...BY_PATH.keys(), ...SECTIONS];
const ENV_NAMES = [...BY_ENV.keys()];

const FILE = 'resonate.toml';

/** @param place a file that must exist, or a folder that may contain a resonate.toml. */
export function tomlLayer(place: { tomlPath?: string | undefined; cwd?: string | undefined }): Given[] {
  const path = place.tomlPath ?? (place.cwd === undefined ? null : join(place.cwd, FILE));
  if (path === null) return [];
  const file = place.tomlPath ?? FILE;
  const source = readText(path, file, place.tomlPath === undefined);
  if (source === null) return [];
  const found: Given[] = [];
  walk(parseToml(source, file), '', file, found);
  return found;
}

function readText(path: string, file: string, optional: boolean): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (optional && code === 'ENOENT') return null;
    throw new ConfigError(`cannot read ${file}: ${code ?? String(error)}`);
  }
}

/** An error of the toml parser. Its list of expected tokens is too long to show. */
interface TomlProblem {
  message?: string;
  line?: number;
  column?: number;
  found?: string | null;
  location?: { start: { line: number; column: number } };
}

function parseToml(source: string, file: string): object {
  try {
    return toml.parse(source) as object;
  } catch (error) {
    const problem = error as TomlProblem;
    const { line, column } = problem.location?.start ?? problem;
    const syntax = problem.found ? `unexpected ${JSON.stringify(problem.found)}` : 'unexpected end of file';
    const place = `line ${line ?? 0}, column ${column ?? 0}`;
    throw new ConfigError(`${file} ${place}: ${problem.location ? syntax : (problem.message ?? '')}`);
  }
}

function walk(table: object, prefix: string, file: string, found: Given[]): void {
  for (const [key, value] of Object.entries(table) as [string, unknown][]) {
    const path = prefix + key;
    const declaration = BY_PATH.get(path);
    if (declaration) {
      found.push({ declaration, layer: 'toml', name: `${path} in ${file}`, value });
    } else if (!SECTIONS.has(path)) {
      throw new ConfigError(`unknown key ${path} in ${file}${didYouMean(path, TOML_NAMES)}`);
    } else if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigError(`${path} in ${file} must be a table: [${path}]`);
    } else {
      walk(value, `${path}.`, file, found);
    }
  }
}

/**
 * An empty variable is an error, like any empty value. Otherwise an empty `auth.publickey` would silently turn auth
 * off.
 */
export function envLayer(env: NodeJS.ProcessEnv): Given[] {
  const found: Given[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('RESONATE_')) continue;
    const declaration = BY_ENV.get(name);
    if (!declaration) {
      if (meansOption(name, value)) {
        throw new ConfigError(`unknown environment variable ${name}${didYouMean(name, ENV_NAMES)}`);
      }
    } else if (value !== undefined) {
      found.push({ declaration, layer: 'env', name, value });
    }
  }
  return found;
}

/** Variables of clients and SDKs. Their names look like those of our sections, but they are not options. */
const FOR_CLIENTS = new Set(['RESONATE_SERVER']);
/** Kubernetes sets variables with these names for a Service that is named, for example, resonate-server. */
const SERVICE_LINK = /_SERVICE_(?:HOST|PORT(?:_.+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const SERVICE_URL = /^(?:tcp|udp|sctp):\/\//;

function meansOption(name: string, value: string | undefined): boolean {
  if (FOR_CLIENTS.has(name) || SERVICE_LINK.test(name) || SERVICE_URL.test(value ?? '')) return false;
  const rest = name.slice('RESONATE_'.length).toLowerCase();
  if (rest.includes('__')) return true;
  return [...SECTIONS].some((section) => rest === section || rest.startsWith(`${section}_`));
}

/** @param flags values by name without dashes, as yargs returns them. Names that are not options are ignored. */
export function flagLayer(flags: Readonly<Record<string, unknown>>): Given[] {
  const found: Given[] = [];
  for (const [name, value] of Object.entries(flags)) {
    const declaration = BY_FLAG.get(name);
    if (!declaration || value === undefined) continue;
    // yargs returns '' for a flag without a value.
    const bare = value === '' && declaration.option.kind === 'boolean';
    found.push({ declaration, layer: 'flag', name: `--${name}`, value: bare ? true : value });
  }
  return found;
}

const IN_MEMORY: Readonly<Record<string, unknown>> = {
  'storage.type': 'sqlite',
  'storage.sqlite.path': ':memory:',
  'wakeup.type': 'none',
};

/**
 * `resonate dev` keeps everything in memory, even if resonate.toml or the environment name a database. Only a flag
 * overrides that.
 */
export function commandLayer(command: string | undefined): Given[] {
  if (command !== 'dev') return [];
  return Object.entries(IN_MEMORY).flatMap(([path, value]) => {
    const declaration = BY_PATH.get(path);
    return declaration ? [{ declaration, layer: 'command' as const, name: 'resonate dev', value }] : [];
  });
}
