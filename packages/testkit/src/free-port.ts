import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';

/**
 * Below the ports that systems give to outgoing connections (from 32,768 or 49,152 on): such a port, free a moment ago,
 * may be a connection's when a server wants to listen on it, or wants it back after a restart.
 */
const FIRST = 20_000;
const BLOCK = 200;
const BLOCKS = 60;
/** One file for each block that is taken, with the id of the process that has it. */
const TAKEN = join(tmpdir(), 'resonate-test-ports');
/** Which port of the block is looked at next. */
let next = Math.floor(Math.random() * BLOCK);

/**
 * A TCP port on 127.0.0.1 nobody listens on right now: `preferred` if it is free, else any; none again before
 * all others of the block. Test processes that run beside each other get different ones: a port is free between the look and
 * the server's start.
 */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred;
  const first = FIRST + ownBlock() * BLOCK;
  for (let tries = 0; tries < BLOCK; tries++) {
    const port = first + (next++ % BLOCK);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${first} to ${first + BLOCK - 1}`);
}

/** The block of this process, also for the next test file in it. */
function ownBlock(): number {
  mkdirSync(TAKEN, { recursive: true });
  const blocks = Array.from({ length: BLOCKS }, (_, block) => block);
  const own = blocks.find(isOwn) ?? blocks.find(take) ?? takeOver(blocks.filter(isLeft));
  if (own === undefined) throw new Error(`${BLOCKS} processes hold all ports for tests: see ${TAKEN}`);
  return own;
}

function isOwn(block: number): boolean {
  return holder(block) === process.pid;
}

function isLeft(block: number): boolean {
  const pid = holder(block);
  return pid === null || !isAlive(pid);
}

function holder(block: number): number | null {
  try {
    return Number(readFileSync(fileOf(block), 'utf8'));
  } catch {
    return null;
  }
}

/** Two that took what a dead process left at once would share it: each takes another one. */
function takeOver(left: number[]): number | undefined {
  const block = left[process.pid % left.length];
  if (block === undefined) return undefined;
  rmSync(fileOf(block), { force: true });
  return take(block) ? block : undefined;
}

function take(block: number): boolean {
  try {
    writeFileSync(fileOf(block), String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function fileOf(block: number): string {
  return join(TAKEN, String(block));
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
