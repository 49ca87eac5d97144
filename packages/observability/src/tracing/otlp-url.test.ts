import { expect, test } from '@jest/globals';
import { otlpUrl } from './otlp-url.ts';

test.each([
  ['localhost:4318', 'http://localhost:4318/v1/traces'],
  ['http://collector:4318', 'http://collector:4318/v1/traces'],
  ['https://collector/', 'https://collector/v1/traces'],
  ['https://api.example.com/otlp/v1/traces', 'https://api.example.com/otlp/v1/traces'],
])('traces for %s go to %s', (endpoint, url) => {
  expect(otlpUrl(endpoint)).toBe(url);
});
