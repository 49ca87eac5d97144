import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LevelSwitch, type Levelled } from './index.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function levelled(): Levelled {
  let level: Levelled['level'] = 'info';
  return {
    get level() {
      return level;
    },
    setLevel: (next) => (level = next),
  };
}

test('a level lasts for 10 minutes, or for the requested time', () => {
  const log = levelled();
  const levels = new LevelSwitch(log);
  expect(levels.change('{"level":"debug"}')).toBeNull();
  jest.advanceTimersByTime(599_999);
  expect(levels.state).toMatchObject({ level: 'debug', configured: 'info' });
  jest.advanceTimersByTime(1);
  expect(levels.state).toEqual({ level: 'info', configured: 'info', until: null });
  levels.change('{"level":"error","forMs":5}');
  jest.advanceTimersByTime(5);
  expect(log.level).toBe('info');
});

test('the last change counts, and closing restores the configured level', () => {
  const log = levelled();
  const levels = new LevelSwitch(log);
  levels.change('{"level":"debug","forMs":10}');
  levels.change('{"level":"warn","forMs":100}');
  jest.advanceTimersByTime(50);
  expect(log.level).toBe('warn');
  levels.close();
  expect(log.level).toBe('info');
});

test.each([
  '',
  'null',
  '[]',
  '{"level":"toString"}',
  '{"level":"debug","forMs":86400001}',
  '{"level":"debug","forMs":1.5}',
])('%j changes nothing and is said to be wrong', (json) => {
  const log = levelled();
  expect(new LevelSwitch(log).change(json)).toMatch(/must be/);
  expect(log.level).toBe('info');
});
