import { choice, duration, integer, text, url } from '../option.ts';
import { HOUR, MINUTE } from './units.ts';

const poolSize = integer({ default: 10, min: 1, max: 1000, describe: 'Connections in the pool' });
const statementTimeout = duration({
  default: 30_000,
  min: 1,
  max: HOUR,
  describe: 'How long one statement may take before it is canceled',
});
const connectTimeout = duration({
  default: 10_000,
  min: 1,
  max: 10 * MINUTE,
  describe: 'How long connecting to the database may take',
});

export const storage = {
  type: choice({ choices: ['sqlite', 'postgres', 'mysql'], default: 'sqlite', describe: 'Storage backend' }),
  election: choice({
    choices: ['advisory', 'lease'],
    default: 'advisory',
    describe: 'How the scheduler is elected: an advisory lock, or a lease row for databases without such locks',
  }),
  batches_in_flight: integer({
    default: 2,
    min: 1,
    max: 64,
    describe:
      'How many batches one process runs at once. With more than one, the next batch runs while the previous one is being committed',
  }),
  batch_size: integer({
    default: 256,
    min: 1,
    max: 10_000,
    describe: 'Maximum number of requests in one batch (one transaction)',
  }),
  queue_size: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    describe: 'Maximum number of requests that wait for the store; further ones are answered with 503',
  }),
  sqlite: {
    path: text({ default: 'resonate.db', describe: 'Path of the SQLite file (:memory: keeps everything in memory)' }),
    synchronous: choice({
      choices: ['full', 'normal'],
      default: 'full',
      describe:
        'full: the effect of an answered request survives a power cut. normal: a power cut may lose the last commits, but a killed process loses nothing',
    }),
  },
  postgres: {
    url: url({
      default: null,
      secret: true,
      schemes: ['postgres', 'postgresql'],
      severalHosts: true,
      example: 'postgres://user:password@host:5432/database (special characters percent-encoded)',
      describe:
        'Postgres connection string. List several hosts (a:5432,b:5432), so that processes find the new primary after a failover',
    }),
    pool_size: poolSize,
    statement_timeout: statementTimeout,
    connect_timeout: connectTimeout,
  },
  mysql: {
    url: url({
      default: null,
      secret: true,
      schemes: ['mysql'],
      example: 'mysql://user:password@host:3306/database (special characters percent-encoded)',
      describe: 'MySQL or MariaDB connection string',
    }),
    pool_size: poolSize,
    statement_timeout: statementTimeout,
    connect_timeout: connectTimeout,
  },
};
