import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { readMigrations } from '../../migrations.ts';
import { loader } from './load.ts';

let database: Database.Database;

beforeAll(() => {
  database = new Database(':memory:');
  for (const { sql } of readMigrations('sqlite')) database.exec(sql);
});

afterAll(() => void database.close());

/** Every statement that a loader prepares. */
function statements(): string[] {
  const prepared: string[] = [];
  const recording = Object.create(database, {
    prepare: { value: (sql: string) => (prepared.push(sql), database.prepare(sql)) },
  }) as Database.Database;
  loader(recording);
  return prepared;
}

test('no statement of a load scans a table', () => {
  const plans = statements().map((sql) => {
    const parameters = Array.from(sql.matchAll(/\?/g), () => '[]');
    const explain = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    // Named parameters that a statement does not have are ignored.
    return sql.includes('@') ? explain.all({ ids: '[]', share: 0 }) : explain.all(...parameters);
  });
  expect(plans.length).toBeGreaterThan(5);
  const steps = plans.map((plan) => plan.map(({ detail }) => detail).filter((step) => !step.startsWith('SCAN wanted')));
  for (const plan of steps) expect(plan).toEqual([expect.stringMatching(/^SEARCH \w+ USING .*\(\w+=\?/)]);
});
