import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGE = Buffer.alloc(4096, 1);

/**
 * How often per second this disk can write and sync 4 KiB, one after the other. A store that syncs each commit cannot
 * serve a single caller faster.
 */
export function syncsPerSecond(durationMs: number): number {
  const directory = mkdtempSync(join(tmpdir(), 'resonate-disk-'));
  const file = openSync(join(directory, 'probe'), 'w');
  try {
    const startedAt = performance.now();
    let syncs = 0;
    let elapsedMs = 0;
    while (elapsedMs < durationMs) {
      writeSync(file, PAGE);
      fsyncSync(file);
      syncs++;
      elapsedMs = performance.now() - startedAt;
    }
    return (syncs / elapsedMs) * 1_000;
  } finally {
    closeSync(file);
    rmSync(directory, { recursive: true, force: true });
  }
}
