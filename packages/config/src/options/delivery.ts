import { choice, duration, integer, url } from '../option.ts';
import { DAY, HOUR, MINUTE } from './units.ts';

export const tasks = {
  lease_timeout: duration({
    default: 15_000,
    min: 1,
    max: DAY,
    describe: 'Length of the lease of tasks that the server runs itself (scripts); workers choose their own (ttl)',
  }),
  retry_timeout: duration({
    default: 30_000,
    min: 1,
    max: DAY,
    describe: 'How long a worker may take to acquire a task after its message was sent; then the message is sent again',
  }),
};

export const timeouts = {
  poll_interval: duration({
    default: 1000,
    min: 1,
    max: HOUR,
    describe:
      'How often the database is polled for due timeouts, leases and schedules if nothing wakes the scheduler earlier',
  }),
};

export const messages = {
  poll_interval: duration({
    default: 100,
    min: 1,
    max: HOUR,
    describe:
      'How often the database is polled for due messages while wake-ups are missing. While they work: once a second, or at this interval if it is longer',
  }),
  batch_size: integer({
    default: 100,
    min: 1,
    max: 10_000,
    describe: 'Maximum number of messages that are claimed at once',
  }),
  backoff_min: duration({
    default: 500,
    min: 1,
    max: HOUR,
    describe: 'Wait after the first failed delivery; it doubles with each further failure',
  }),
  backoff_max: duration({
    default: 10 * MINUTE,
    min: 1,
    max: DAY,
    describe: 'Longest wait between two attempts to deliver',
  }),
  max_attempts: integer({
    default: 40,
    min: 1,
    max: 10_000,
    describe:
      'Attempts to deliver an unblock before it becomes a dead letter (by default after 3 to 4 hours, later if other messages wait for the same target)',
  }),
  circuit_failures: integer({
    default: 5,
    min: 1,
    max: 10_000,
    describe:
      'Failures in a row after which a target gets only one message at a time, as a probe; the wait between probes doubles',
  }),
  unblock_max_age: duration({
    default: DAY,
    min: 1,
    max: 365 * DAY,
    describe: 'How long an unblock waits for its stream or its target before it becomes a dead letter',
  }),
  uni_max_age: duration({
    default: 10 * MINUTE,
    min: 1,
    max: 365 * DAY,
    describe:
      'How long an unblock for one connection (poll://uni@GROUP/ID) waits for that connection before it is dropped',
  }),
  dead_letter_max_age: duration({
    default: 30 * DAY,
    min: 1,
    max: 3650 * DAY,
    describe: 'How long dead letters are kept',
  }),
};

export const wakeup = {
  type: choice({
    choices: ['auto', 'none', 'postgres', 'redis'],
    default: 'auto',
    describe:
      'How processes wake each other (auto: Redis if its URL is set, else LISTEN/NOTIFY on Postgres, else only polling)',
  }),
  redis: {
    url: url({
      default: null,
      secret: true,
      schemes: ['redis', 'rediss'],
      example: 'redis://:password@host:6379',
      describe: 'URL of the Redis that carries the wake-ups',
    }),
  },
};
