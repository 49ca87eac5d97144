export type { Job } from './job.ts';
export { LeaderJobs } from './leader-jobs.ts';
export { PgBossJobs } from './pg-boss-jobs.ts';
export { retentionJob } from './retention.ts';
export { retentionRules } from './rules.ts';
