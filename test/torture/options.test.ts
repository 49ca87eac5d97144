import { describe, expect, test } from '@jest/globals';
import { DATABASES, readOptions } from './options.ts';

describe('the command line', () => {
  test('accepts minutes, seed and database', () => {
    const args = ['--minutes', '0.5', '--seed', '42', '--database', 'mariadb'];
    const off = { failovers: false, upgradeFrom: null };
    expect(readOptions(args)).toEqual({ minutes: 0.5, seed: 42, databases: ['mariadb'], ...off });
  });

  test('accepts failovers, and a program to upgrade from', () => {
    const args = ['--database', 'postgres', '--failovers', '--upgrade-from', process.execPath];
    expect(readOptions(args)).toMatchObject({ failovers: true, upgradeFrom: process.execPath });
  });

  test('selects all databases and a random seed by default', () => {
    const { databases, seed, minutes } = readOptions([]);
    expect({ databases, minutes }).toEqual({ databases: DATABASES, minutes: 3 });
    expect(readOptions(['--seed', String(seed)]).seed).toBe(seed);
  });

  test.each([
    ['--minutes', '0', '--minutes: a number'],
    ['--minutes', 'many', '--minutes: a number'],
    ['--seed', '1.5', '--seed: an integer'],
    ['--seed', '4294967296', '--seed: an integer'],
    ['--database', 'oracle', '--database: one of postgres, mariadb, mysql'],
    ['--upgrade-from', '/nowhere/resonate', '/nowhere/resonate is not a program'],
    ['--unknown', 'x', '--unknown'],
  ])('is refused with %s %s', (flag, value, message) => {
    expect(() => readOptions([flag, value])).toThrow(message);
  });
});
