export { freePort } from '@resonate/testkit';
