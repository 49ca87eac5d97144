import { describe, expect, test } from '@jest/globals';
import { ReferenceModel } from './reference-model.ts';
import { describeTraceDifference, parseTraces, readTraces, replay, type Trace } from './trace-replay.ts';

function sender(model: ReferenceModel) {
  return (kind: string, data: unknown, now: number) => model.handle(kind, data, now);
}

describe('recorded traffic of the public server', () => {
  const traces = readTraces();

  test('is complete', () => {
    expect(traces).toHaveLength(120);
    expect(traces.reduce((sum, { lines }) => sum + lines.length, 0)).toBe(18_000);
  });

  test('is answered by the reference model without a difference', async () => {
    const found = [];
    for (const trace of traces) found.push(...(await replay(trace, sender(new ReferenceModel()))));
    expect(found.map(describeTraceDifference)).toEqual([]);
  });

  test('reports a wrong answer with its line', async () => {
    const trace: Trace = {
      name: 'made-up',
      lines: [
        { now: 1, kind: 'promise.get', data: { id: 'a' }, res: { status: 404, data: 'any text' } },
        { now: 1, kind: 'task.heartbeat', data: { pid: 'p', tasks: [] }, res: { status: 200, data: { more: true } } },
      ],
    };
    const found = await replay(trace, sender(new ReferenceModel()));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ trace: 'made-up', line: 2, differences: [{ path: 'data.more', expected: true }] });
    expect(describeTraceDifference(found[0]!)).toContain('made-up:2 task.heartbeat at 1');
  });
});

describe('reading traces', () => {
  test('splits the file at the lines that name a trace', () => {
    const request = { now: 1, kind: 'promise.get', data: { id: 'a' }, res: { status: 404, data: 'any text' } };
    const text = [{ trace: 'first' }, request, request, { trace: 'second' }, request].map((line) =>
      JSON.stringify(line),
    );
    expect(parseTraces(`${text.join('\n')}\n`)).toEqual([
      { name: 'first', lines: [request, request] },
      { name: 'second', lines: [request] },
    ]);
  });

  test('refuses a request that belongs to no trace', () => {
    expect(() => parseTraces('{"now":1}\n')).toThrow('before the first line that names a trace');
  });
});
