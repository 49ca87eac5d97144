import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGE = Buffer.alloc(4096, 1);

/**
 * How often per second this disk makes 4 KiB durable, written and synced one after the other: the most a store that
 * syncs each commit can do for a single caller.
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
