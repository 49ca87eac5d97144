export type { Job } from './job.ts';
export { LeaderJobs } from './leader-jobs.ts';
export { retentionJob, retentionRules } from './retention.ts';
