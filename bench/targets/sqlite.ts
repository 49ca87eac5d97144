import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Storage } from './storage.ts';

/** `resonate serve` with its defaults, on a new file in the temporary directory. */
export const sqlite: Storage = {
  name: 'sqlite',
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'resonate-bench-'));
    const removeAtExit = () => rmSync(directory, { recursive: true, force: true });
    process.once('exit', removeAtExit);
    const path = join(directory, 'resonate.db');
    return {
      env: { RESONATE_STORAGE__TYPE: 'sqlite', RESONATE_STORAGE__SQLITE__PATH: path },
      target: { type: 'sqlite', path },
      pids: () => [],
      // The same limit as in the server's own job `analyze`.
      settle: async () => {
        const database = new Sqlite(path);
        database.exec('PRAGMA analysis_limit = 1000; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)');
        database.close();
      },
      bytes: async () => {
        const database = new Sqlite(path, { readonly: true });
        const rows = database
          .prepare<[], [string, number]>(
            "SELECT tbl_name, sum(pgsize) FROM dbstat('main', 1) JOIN sqlite_schema USING (name) GROUP BY tbl_name",
          )
          .raw(true)
          .all();
        database.close();
        return new Map(rows);
      },
      async drop() {
        process.off('exit', removeAtExit);
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
};
