/**
 * Every server option, declared once. Its toml key, environment variable and flag are derived from its place in the
 * tree.
 */
import type { Option } from './option.ts';
import type { Typed } from './config-type.ts';
import { auth } from './options/auth.ts';
import { messages, tasks, timeouts, wakeup } from './options/delivery.ts';
import { debug, observability, retention, ui, maintenance } from './options/operations.ts';
import { schedules } from './options/schedules.ts';
import { level, server } from './options/server.ts';
import { storage } from './options/storage.ts';
import { transports } from './options/transports.ts';

const TREE = {
  level,
  server,
  storage,
  auth,
  tasks,
  schedules,
  timeouts,
  messages,
  wakeup,
  transports,
  retention,
  maintenance,
  observability,
  ui,
  debug,
};

export type Config = Typed<typeof TREE>;

export interface Declaration {
  /** The key in resonate.toml: `tasks.lease_timeout`. */
  path: string;
  /** `RESONATE_TASKS__LEASE_TIMEOUT` */
  env: string;
  /** Without the dashes: `tasks-lease-timeout`. */
  flag: string;
  /** The path of its value in `Config`: `['tasks', 'leaseTimeoutMs']`. */
  keys: readonly string[];
  /** The names of its second spelling. */
  alias: { path: string; env: string; flag: string } | null;
  option: Option<unknown>;
}

type Node = Option<unknown> | { readonly [key: string]: Node };

function isOption(node: Node): node is Option<unknown> {
  return typeof node.kind === 'string';
}

function names(path: string) {
  return {
    path,
    env: `RESONATE_${path.toUpperCase().replaceAll('.', '__')}`,
    flag: path.replaceAll(/[._]/g, '-'),
  };
}

function camel(key: string): string {
  return key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function declare(path: readonly string[], option: Option<unknown>): Declaration {
  const ofPath = path.map(camel);
  const keys = option.kind === 'duration' ? [...ofPath.slice(0, -1), `${ofPath.at(-1) ?? ''}Ms`] : ofPath;
  const alias = option.alias === null ? null : names([...path.slice(0, -1), option.alias].join('.'));
  return { ...names(path.join('.')), keys, alias, option };
}

function flatten(node: Node, path: readonly string[]): Declaration[] {
  if (isOption(node)) return [declare(path, node)];
  return Object.entries(node).flatMap(([key, child]) => flatten(child, [...path, key]));
}

/** In the order of the sections above. */
export const DECLARATIONS: readonly Declaration[] = flatten(TREE, []);

/** The tables of resonate.toml: `server`, `server.cors`, … */
export const SECTIONS: ReadonlySet<string> = new Set(
  DECLARATIONS.flatMap(({ path }) => {
    const parts = path.split('.').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);
