import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openApi, ROUTES } from '@resonate/admin';

test('docs/openapi.json is what the contract says (else: npm run docs)', () => {
  expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApi())));
});

test('every endpoint is described, with who may, what it takes and what it answers', () => {
  const { paths } = openApi() as { paths: Record<string, Record<string, { operationId: string; responses: object }>> };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort());
  for (const { responses } of operations)
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403']));
});
