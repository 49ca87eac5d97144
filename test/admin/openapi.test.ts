import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openApi, ROUTES } from '@resonate/admin';

test('docs/openapi.json is up to date with the declared endpoints (else: npm run docs)', () => {
  expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApi())));
});

test('the document has every endpoint, with its permission, parameters and answer', () => {
  const { paths } = openApi() as { paths: Record<string, Record<string, { operationId: string; responses: object }>> };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort());
  for (const { responses } of operations)
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403']));
});
