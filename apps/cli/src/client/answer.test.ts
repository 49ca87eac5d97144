import { expect, test } from '@jest/globals';
import { fieldTable, jsonOrText } from './answer.ts';

const data = Buffer.from('"hello"').toString('base64');

test('only stored data is decoded, not other fields with this name', () => {
  const record = { param: { headers: { data }, data }, tags: { data, 'value.data': data }, value: { data } };
  for (const answer of [
    record,
    { promise: record },
    { promise: record, more: 1 },
    { action: { data: { promise: record } } },
  ]) {
    const rows = fieldTable(answer).rows.map(([path, value]) => [
      String(path).replace(/^(?:data\.)?promise\./, ''),
      value,
    ]);
    expect(rows.filter(([path]) => path !== 'more')).toEqual([
      ['param.headers.data', data],
      ['param.data', '"hello"'],
      ['tags.data', data],
      ['tags.value.data', data],
      ['value.data', '"hello"'],
    ]);
  }
});

test('an argument is JSON or any other text, but never a number that would change', () => {
  expect(['1', '{"a":[1]}', 'text', '"1"'].map((text) => jsonOrText(text, '--arg'))).toEqual([
    1,
    { a: [1] },
    'text',
    '1',
  ]);
  expect(() => jsonOrText('1234567890123456789', '--arg')).toThrow('--arg: 1234567890123456789 cannot');
});
