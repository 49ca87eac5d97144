import { bool, choice, duration, integer, list, text } from '../option.ts';
import { parseTagPeriod } from '../tag-period.ts';
import { DAY, MINUTE, PORT } from './units.ts';

const ENDPOINT = /^(?:https?:\/\/)?[^\s/:@]+(?::\d{1,5})?(?:\/\S*)?$/;

const ofState = (what: string) =>
  duration({
    default: null,
    min: 1,
    max: 3650 * DAY,
    describe: `The retention period of ${what} (unset: the same as retention.after)`,
  });

export const retention = {
  after: duration({
    default: null,
    min: 1,
    max: 3650 * DAY,
    describe: 'Delete a call graph once all its promises have been settled for this long (unset: keep everything)',
  }),
  resolved: ofState('resolved promises'),
  rejected: ofState('rejected promises'),
  canceled: ofState('canceled promises'),
  timedout: ofState('promises that timed out'),
  tags: list({
    default: [],
    allowed: 'NAME=PATTERN:PERIOD such as team=billing-*:90d or keep=true:never',
    check: (text) => parseTagPeriod(text) !== null,
    describe:
      'Retention periods of promises with a tag, as NAME=PATTERN:PERIOD (repeatable; the first match counts). If a root has the tag, the period applies to its whole call graph. In PATTERN, * stands for any text; with the PERIOD "never" they are never deleted',
  }),
  interval: duration({
    default: MINUTE,
    min: 100,
    max: DAY,
    describe: 'Time from the end of one retention run to the start of the next',
  }),
  batch_size: integer({
    default: 100,
    min: 1,
    max: 1000,
    describe: 'Maximum number of promises deleted in one transaction',
  }),
  max_percent: integer({
    default: 30,
    min: 1,
    max: 90,
    describe:
      'Maximum share of the time, in percent, that deletions may take when retention lags. While it keeps up, they take at most 10 percent',
  }),
};

export const maintenance = {
  interval: duration({
    default: DAY,
    min: MINUTE,
    max: 3650 * DAY,
    describe: "How often the database's statistics are renewed and, on Postgres, bloated indexes rebuilt",
  }),
};

export const ui = {
  enabled: bool({ default: true, describe: 'Serve the dashboard' }),
};

export const observability = {
  metrics_port: integer({ ...PORT, default: 9090, describe: 'Port of the metrics endpoint (0: off)' }),
  otlp_endpoint: text({
    default: null,
    allowed: 'host:port or a URL such as localhost:4317',
    check: (endpoint) => ENDPOINT.test(endpoint),
    describe: 'OTLP collector that receives traces, such as localhost:4317; unset: no traces',
  }),
  otlp_protocol: choice({
    choices: ['auto', 'grpc', 'http'],
    default: 'auto',
    describe: 'How traces are sent: OTLP over gRPC, or over HTTP with JSON (auto: gRPC if the port is 4317, else HTTP)',
  }),
  trace_percent: integer({
    default: 100,
    min: 0,
    max: 100,
    describe:
      'Percentage of the traces begun by this server that are recorded. For a trace that a client began, the client decides',
  }),
};

export const debug = bool({
  default: false,
  describe: 'Allow debug.* requests and resonate:debug_time (only for tests and resonate import)',
});
