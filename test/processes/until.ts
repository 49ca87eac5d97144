export { until } from '@resonate/testkit';
