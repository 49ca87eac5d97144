import { unreachable, type Primary } from '@resonate/drivers/postgres';

const DEFAULT_SCHEMA = 'public';
const JOBS_SCHEMA = 'resonate_jobs';

export interface JobsSchema {
  schema: string;
  /** Whether pg-boss must create it. */
  isMissing: boolean;
}

const QUESTION = `SELECT current_schema(), to_regnamespace('${JOBS_SCHEMA}') IS NOT NULL,
  has_database_privilege(current_database(), 'CREATE')`;

/**
 * The schema in which pg-boss keeps the jobs of this installation. An installation in the schema `public` has
 * `resonate_jobs`, which is created if it is missing. One in another schema, or whose account may not create schemas, keeps its jobs beside its own tables,
 * so that two installations in two schemas of one database do not share jobs.
 * @param answerMs how long the database may take to answer.
 * @throws StoreUnavailable
 */
export async function postgresJobsSchema(primary: Primary, answerMs: number): Promise<JobsSchema> {
  const client = primary.newClient({ query_timeout: answerMs });
  try {
    await client.connect();
    const { rows } = await client.query<[string | null, boolean, boolean]>({ text: QUESTION, rowMode: 'array' });
    const [schema, isThere, mayCreate] = rows[0] ?? [];
    const own = schema ?? DEFAULT_SCHEMA;
    if (own !== DEFAULT_SCHEMA || !(isThere || mayCreate)) return { schema: own, isMissing: false };
    return { schema: JOBS_SCHEMA, isMissing: !isThere };
  } catch (error) {
    throw unreachable(error);
  } finally {
    client.end().catch(() => {});
  }
}
