import { expect, test } from '@jest/globals';
import { otlpAddress } from './otlp-url.ts';

test.each([
  ['localhost:4318', 'auto', 'http', 'http://localhost:4318/v1/traces'],
  ['http://collector:4318', 'auto', 'http', 'http://collector:4318/v1/traces'],
  ['https://collector/', 'auto', 'http', 'https://collector/v1/traces'],
  ['https://api.example.com/otlp/v1/traces', 'auto', 'http', 'https://api.example.com/otlp/v1/traces'],
  ['localhost:4317', 'auto', 'grpc', 'http://localhost:4317'],
  ['https://collector:4317', 'auto', 'grpc', 'https://collector:4317'],
  ['http://collector:4317/v1/traces', 'auto', 'http', 'http://collector:4317/v1/traces'],
  ['localhost:4317', 'http', 'http', 'http://localhost:4317/v1/traces'],
  ['https://collector', 'grpc', 'grpc', 'https://collector'],
] as const)('traces for %s by %s go over %s to %s', (endpoint, wanted, protocol, url) => {
  expect(otlpAddress(endpoint, wanted)).toEqual({ protocol, url });
});
