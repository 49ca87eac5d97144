import { Connections, type PostgresOptions } from './connections.ts';

const DEFAULT_SCHEMA = 'public';
const JOBS_SCHEMA = 'resonate_jobs';

const QUESTION = `SELECT current_schema(), to_regnamespace('${JOBS_SCHEMA}') IS NOT NULL,
  has_database_privilege(current_database(), 'CREATE')`;

/**
 * The schema in which pg-boss keeps the jobs of this installation. An installation in the schema `public` has
 * `resonate_jobs`. One in another schema, or whose account may not create schemas, keeps its jobs beside its own tables,
 * so that two installations in two schemas of one database do not share jobs.
 * @throws StoreUnavailable
 */
export async function postgresJobsSchema(options: Omit<PostgresOptions, 'poolSize'>): Promise<string> {
  const session = await new Connections({ ...options, poolSize: 1 }, []).dedicated();
  try {
    const [rows] = await session.run([{ text: QUESTION }]);
    const [schema, isThere, mayCreate] = rows?.[0] ?? [];
    const own = schema ?? DEFAULT_SCHEMA;
    return own === DEFAULT_SCHEMA && (isThere === 't' || mayCreate === 't') ? JOBS_SCHEMA : own;
  } finally {
    await session.end();
  }
}
