import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './image.ts';

export interface ComposeService {
  image: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  profiles?: string[];
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  depends_on?: Record<string, { condition: string; required?: boolean }>;
  healthcheck?: { test: string[] };
  restart?: string;
  stop_grace_period?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  deploy?: { replicas?: string; resources?: object };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, object>;
  volumes: Record<string, object | null>;
}

export const COMPOSE_PATH = join(ROOT, 'docker-compose.yml');

/** `${NAME:-default}`. `$$` becomes a dollar sign in the container. */
const VARIABLE = /\$\$|\$\{(\w+):-([^}]*)\}/g;

/** docker-compose.yml with these settings filled in, as Compose does it. */
export function readComposeFile(settings: Record<string, string> = {}): ComposeFile {
  const parsed: unknown = parse(readFileSync(COMPOSE_PATH, 'utf8'), { merge: true });
  return interpolate(parsed, settings) as ComposeFile;
}

function interpolate(value: unknown, settings: Record<string, string>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(VARIABLE, (found, name: string, fallback: string) =>
      found === '$$' ? '$' : settings[name] || fallback,
    );
  }
  if (Array.isArray(value)) return value.map((item) => interpolate(item, settings));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, interpolate(child, settings)]));
}

/** The settings that docker-compose.yml takes, with their defaults: `{ API_PORT: '8001' }`. */
export function composeSettings(): [name: string, fallback: string][] {
  const found = readFileSync(COMPOSE_PATH, 'utf8').matchAll(VARIABLE);
  return [...found].filter(([text]) => text !== '$$').map(([, name = '', fallback = '']) => [name, fallback]);
}

/** The services that run the image of this server, by name. */
export function rolesOf({ services }: ComposeFile): [name: string, service: ComposeService][] {
  return Object.entries(services).filter(([, { build }]) => build === '.');
}
