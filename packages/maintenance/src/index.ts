export type { Job } from './job.ts';
export { LeaderJobs } from './leader-jobs.ts';
export { createJobs } from './jobs.ts';
export { PgBossJobs } from './pg-boss-jobs.ts';
