/** Runs statements on MySQL or MariaDB, one after the other. @returns the rows of the last one. */
export async function queryMysql(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(url);
  try {
    let rows: unknown = [];
    for (const sql of statements) [rows] = await connection.query(sql);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}
