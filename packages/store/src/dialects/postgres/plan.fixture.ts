import pg from 'pg';
import { PLANNING } from './statements.ts';

/** The part of EXPLAIN's answer that tests look at. */
export interface PlanNode {
  'Node Type': string;
  'Parent Relationship'?: string;
  'Index Name'?: string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

/** Makes the planner use parallel workers if it may, as for large tables. The second name is that of Postgres before 16. */
const WORKERS = `SELECT set_config(name, 'on', false) FROM pg_settings
  WHERE name IN ('debug_parallel_query', 'force_parallel_mode')`;

/** How a connection of the dialect would run a statement, with parameters that the planner doesn't see. */
export async function planNodes(url: string, text: string): Promise<PlanNode[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(WORKERS);
    for (const [name, value] of Object.entries(PLANNING)) await client.query(`SET ${name} = '${value}'`);
    await client.query(`PREPARE explained AS ${text}`);
    const parameters = 'SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements';
    const { count } = (await client.query<{ count: number }>(parameters)).rows[0]!;
    const values = count > 0 ? `(${Array.from({ length: count }, () => 'NULL').join(', ')})` : '';
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) EXECUTE explained ${values}`);
    return flat((rows as { 'QUERY PLAN': [{ Plan: PlanNode }] }[])[0]!['QUERY PLAN'][0].Plan);
  } finally {
    await client.end();
  }
}

function flat(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}
