import { describe, expect, test } from '@jest/globals';
import { readOptions } from './options.ts';
import { stepsOf } from './parts/index.ts';

const stepNames = (...argv: string[]) => stepsOf(readOptions(argv)!).map(({ name }) => name);

describe('the options', () => {
  test('an invalid value is refused with a list of the valid ones', () => {
    expect(() => readOptions(['--stores', 'oracle'])).toThrow(/--stores: no "oracle"; there are sqlite, postgres/);
    expect(() => readOptions(['--only', 'creat'])).toThrow(/--only: no "creat"/);
    expect(() => readOptions(['--callers', '1,0'])).toThrow('--callers: 0 is not a number above 0');
    expect(() => readOptions(['--callers', '1.5'])).toThrow('--callers: 1.5 is not a whole number');
    expect(() => readOptions(['--second', '1'])).toThrow(/--second/);
  });

  test('select a work, stores, shapes and callers', () => {
    expect(stepNames('--only', 'create', '--stores', 'sqlite,postgres', '--callers', '8')).toEqual([
      'bare node:http, create, 8 callers',
      'bare sqlite, create, 8 callers',
      'bare postgres, create, 8 callers',
      'sqlite, create, 8 callers',
      'postgres, create, 8 callers',
      'postgres cluster, create, 8 callers',
    ]);
  });

  test('invocations run in closed loops and at fixed rates', () => {
    const argv = ['--only', 'invocation over push', '--stores', 'sqlite', '--callers', '1', '--rates', '50,200'];
    expect(stepNames(...argv)).toEqual([
      'sqlite, invocation over push, 1 callers',
      'sqlite, invocation over push, 50/s',
      'sqlite, invocation over push, 200/s',
    ]);
  });

  test('select the SDKs and stores of workflows', () => {
    const argv = ['--only', 'workflow of 1 step', '--sdks', 'resonate websocket,dbos', '--stores', 'sqlite'];
    expect(stepNames(...argv)).toEqual([
      'sqlite websocket, resonate websocket: workflow of 1 step, 1 callers',
      'sqlite websocket, resonate websocket: workflow of 1 step, 32 callers',
      'dbos, dbos: workflow of 1 step, 1 callers',
      'dbos, dbos: workflow of 1 step, 32 callers',
    ]);
  });

  test('the quick run leaves out works that take minutes, unless they are selected', () => {
    const slow = /100k timers|old|hanging|retention|cluster|mariadb/;
    expect(stepNames('--quick').filter((name) => slow.test(name))).toEqual([]);
    expect(stepNames().some((name) => slow.test(name))).toBe(true);
    expect(stepNames('--quick', '--only', '100k timers', '--stores', 'sqlite')).toEqual(['sqlite, 100k timers']);
  });
});
