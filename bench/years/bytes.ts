import { statSync } from 'node:fs';
import type { StorageTarget } from '@resonate/store';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';

/** The size of a database with its indexes. */
export async function bytesOf(target: StorageTarget): Promise<number> {
  switch (target.type) {
    case 'sqlite':
      return statSync(target.path).size;
    case 'postgres': {
      const client = new pg.Client(target.url);
      await client.connect();
      const found = client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
      return Number((await found.finally(() => client.end())).rows[0]?.bytes);
    }
    case 'mysql': {
      const connection = await createConnection(target.url);
      const sum = 'SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables';
      const found = connection.query<RowDataPacket[]>(`${sum} WHERE table_schema = DATABASE()`);
      return Number((await found.finally(() => connection.end()))[0][0]?.['bytes']);
    }
  }
}
