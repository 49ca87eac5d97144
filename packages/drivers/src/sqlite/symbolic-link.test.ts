import { expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from './connection.ts';

test.each([true, false])(
  'a file behind a symbolic link belongs to one server, and is readable only by its owner and its group (the file exists: %s)',
  async (exists) => {
    const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
    mkdirSync(join(directory, 'data'));
    const [file, link] = [join(directory, 'data', 'resonate.db'), join(directory, 'link.db')];
    symlinkSync('data/resonate.db', link);
    try {
      if (exists) await connect(file).close();
      const opened = connect(link);
      opened.database.exec('CREATE TABLE kept (id TEXT)');
      const mayOthers = [file, `${file}-wal`, `${file}-shm`].map((path) => statSync(path).mode & 0o007);
      expect(mayOthers).toEqual([0, 0, 0]);
      expect([`${file}-wal`, `${file}.lock`, `${link}-wal`, `${link}.lock`].map((path) => existsSync(path))).toEqual([
        true,
        true,
        false,
        false,
      ]);
      expect(() => connect(file)).toThrow('another server is using it');
      await opened.close();
      const again = connect(file);
      expect(again.database.prepare('SELECT count(*) FROM kept').pluck().get()).toBe(0);
      await again.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
