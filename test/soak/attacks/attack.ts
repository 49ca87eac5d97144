import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@resonate/testkit';
import type { HttpClient } from '../../processes/http-client.ts';

/** The input of one attack. Its choices depend only on `random`, so a seed repeats them. */
export interface Target {
  url: string;
  random: Random;
  client: HttpClient;
  /** Addresses that accept pushes slowly or never. Each is a separate target. */
  sink(index: number): string;
  /** Aborted at the end of the run. */
  signal: AbortSignal;
  /** Counts an outcome: an HTTP status, or a word. */
  count(outcome: number | string): void;
}

export type Attack = (target: Target) => Promise<void>;

/** The JSON text of a request. `data` is JSON text too, because it may be text that `JSON.stringify` never writes. */
export function envelope(kind: string, data: string): string {
  return `{"kind":${JSON.stringify(kind)},"head":{"corrId":"hostile","version":"2026-04-01"},"data":${data}}`;
}

/** Sends a body and counts the status of its answer, or that there was none. @returns the status; 0 without an answer. */
export async function post(
  { client, count }: Target,
  body: string,
  headers: Record<string, string> = {},
): Promise<number> {
  try {
    const type = { 'content-type': 'application/json' };
    const { status } = await client.send({ method: 'POST', path: '/', body, headers: { ...type, ...headers } });
    count(status);
    return status;
  } catch {
    count('no answer');
    return 0;
  }
}

export function rpc(target: Target, kind: string, data: unknown): Promise<number> {
  return post(target, envelope(kind, JSON.stringify(data)));
}

/** A TCP connection on which the attack writes any bytes. It reads nothing until it is resumed. */
export function openRaw({ url, count }: Target): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.pause();
    // The server may refuse an attacker or close its connection at any time.
    socket.on('error', () => count('cut'));
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
}

/** Waits for a random time between these two, but not beyond the end of the run. */
export async function pause({ random, signal }: Target, minMs: number, maxMs: number): Promise<void> {
  await sleep(random.int(minMs, maxMs), undefined, { signal }).catch(() => undefined);
}
