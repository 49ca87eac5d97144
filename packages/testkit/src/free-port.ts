import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Below the ports that systems use for outgoing connections (from 32,768 or 49,152 on). An outgoing connection could
 * take such a port before a server listens on it, or while the server restarts.
 */
const FIRST = 20_000;
const BLOCK = 200;
const BLOCKS = 60;
const LOCK_PORTS = Array.from({ length: BLOCKS }, (_, block) => FIRST + block * BLOCK);
/** One file for each block, with the id of the process that took it last. */
const TAKEN = join(tmpdir(), 'resonate-test-ports');
/** The index of the port in the block that is tried next. */
let next = Math.floor(Math.random() * BLOCK);

/**
 * A TCP port on 127.0.0.1 on which no process listens now: `preferred` if it is free, otherwise one of this process's
 * block. A port of the block is returned again only after all others. Test processes that run at the same time get
 * different ports. Otherwise another process could take the port between this check and the start of the server.
 *
 * @throws Error if all blocks belong to other processes, or all ports of the block are in use.
 */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred;
  const lockPort = await ownBlock();
  for (let tries = 0; tries < BLOCK; tries++) {
    const port = lockPort + 1 + (next++ % (BLOCK - 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${lockPort + 1} to ${lockPort + BLOCK - 1}`);
}

/**
 * The block of this process. A process owns a block while it listens on the block's first port. Only one process can
 * listen on a port, and the system closes the port when the process ends.
 *
 * @returns the block's first port.
 */
async function ownBlock(): Promise<number> {
  // Jest evaluates this module again for each test file, so only the file on disk shows which block is already owned.
  const noted = LOCK_PORTS.find((port) => holder(port) === process.pid);
  if (noted !== undefined && !(await isFree(noted))) return noted;
  mkdirSync(TAKEN, { recursive: true });
  const start = process.pid % BLOCKS;
  for (const port of [...LOCK_PORTS.slice(start), ...LOCK_PORTS.slice(0, start)]) {
    if (!(await listen(createServer().unref(), port))) continue;
    writeFileSync(noteOf(port), String(process.pid));
    return port;
  }
  throw new Error(`other processes hold all ${BLOCKS} blocks of ports for tests: see ${TAKEN}`);
}

function holder(port: number): number | null {
  try {
    return Number(readFileSync(noteOf(port), 'utf8'));
  } catch {
    return null;
  }
}

function noteOf(port: number): string {
  return join(TAKEN, String(port));
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  if (!(await listen(probe, port))) return false;
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

/** @returns whether the server got the port. */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
}
