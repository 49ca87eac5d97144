import { bool, duration, integer, text } from '../option.ts';
import { DAY, PORT } from './units.ts';

const ENDPOINT = /^(?:https?:\/\/)?[^\s/:@]+(?::\d{1,5})?(?:\/\S*)?$/;

export const retention = {
  after: duration({
    default: null,
    min: 1,
    max: 3650 * DAY,
    describe: 'Delete a call graph once all its promises have been settled for this long (unset: keep everything)',
  }),
  batch_size: integer({ default: 500, min: 1, max: 10_000, describe: 'Most promises deleted in one transaction' }),
};

export const ui = {
  enabled: bool({ default: true, describe: 'Serve the dashboard' }),
};

export const observability = {
  metrics_port: integer({ ...PORT, default: 9090, describe: 'Port of the metrics endpoint (0: off)' }),
  otlp_endpoint: text({
    default: null,
    allowed: 'host:port or a URL such as localhost:4318',
    check: (endpoint) => ENDPOINT.test(endpoint),
    describe: 'Where traces go (OTLP over HTTP), such as localhost:4318; unset: no traces',
  }),
  trace_percent: integer({
    default: 100,
    min: 0,
    max: 100,
    describe: 'Of the traces that begin here, how many percent are recorded; others go by what their beginning says',
  }),
};

export const debug = bool({
  default: false,
  describe: 'Allow debug.* requests and resonate:debug_time (tests only)',
});
