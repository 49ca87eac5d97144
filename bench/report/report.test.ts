import { describe, expect, test } from '@jest/globals';
import type { Measurement } from '../measure.ts';
import { compare, comparisonTable } from './comparison.ts';
import { latencyRow, toRow } from './row.ts';
import { tableHead, tableLine } from './table.ts';

const MEASURED: Measurement = {
  target: 'sqlite',
  work: 'create+get+settle',
  load: '64',
  rounds: 26_000,
  requests: 78_000,
  elapsedMs: 4_000,
  loadCpuMs: 2_000,
  serverCpuMs: 3_900,
  counters: { requests: 80_000, batches: 4_000, batched: 54_000 },
  latency: { count: 26_000, p50: 9.8765, p90: 12, p99: 31.25, max: 1_234.5 },
};

describe('the report', () => {
  test('a row has rates per second and CPU time per request', () => {
    expect(toRow(MEASURED)).toEqual({
      target: 'sqlite',
      work: 'create+get+settle',
      load: '64',
      roundsPerSecond: 6_500,
      requestsPerSecond: 19_500,
      p50Ms: 9.8765,
      p90Ms: 12,
      p99Ms: 31.25,
      maxMs: 1_234.5,
      serverCpuUsPerRequest: 50,
      meanBatchSize: 13.5,
      loadCpuPercent: 50,
      loadCpuUsPerRound: expect.closeTo(76.92, 2),
    });
  });

  test('the database has its own CPU column', () => {
    expect(toRow({ ...MEASURED, databaseCpuMs: 1_560 }).databaseCpuUsPerRequest).toBe(20);
  });

  test('statements and round trips are divided by the requests that the server counted', () => {
    const counters = { requests: 80_000, batches: 0, batched: 0, statements: 40_000, roundTrips: 8_000 };
    const row = toRow({ ...MEASURED, counters });
    expect(row).toMatchObject({ statementsPerRequest: 0.5, roundTripsPerRequest: 0.1 });
    expect(row.meanBatchSize).toBeUndefined();
  });

  test('a measurement without requests does not divide by zero', () => {
    const row = toRow({ ...MEASURED, rounds: 0, requests: 0, elapsedMs: 0 });
    expect(row).toMatchObject({ roundsPerSecond: 0, requestsPerSecond: 0, loadCpuPercent: 0 });
    expect(row.serverCpuUsPerRequest).toBeUndefined();
  });

  test('a line is aligned with the head, and a dash stands for what was not measured', () => {
    const [titles, rule] = tableHead().split('\n');
    const line = tableLine(toRow(MEASURED));
    expect(line).toHaveLength(rule?.length ?? 0);
    expect(titles?.trimEnd().split(/ {2,}/)).toEqual([
      ...['target', 'work', 'load', 'rounds/s', 'p50 ms', 'p99 ms', 'max ms'],
      ...['server us/req', 'db us/req', 'stmts/req', 'trips/req', 'batch', 'load us/round', 'load cpu'],
    ]);
    expect(line.trim().split(/ {2,}/)).toEqual([
      ...[
        'sqlite',
        'create+get+settle',
        '64',
        '6,500',
        '9.88',
        '31.3',
        '1,235',
        '50',
        '-',
        '-',
        '-',
        '13.5',
        '77',
        '50%',
      ],
    ]);
  });

  test('lateness has no rate, so its cells are dashes', () => {
    const row = latencyRow({ target: 'sqlite', work: '10k timers', load: '-' }, MEASURED.latency);
    const dashes = Array.from({ length: 7 }, () => '-');
    const cells = ['sqlite', '10k timers', '-', '-', '9.88', '31.3', '1,235', ...dashes];
    expect(tableLine(row).trim().split(/ {2,}/)).toEqual(cells);
  });
});

describe('a comparison', () => {
  const now = toRow({ ...MEASURED, databaseCpuMs: 1_560 });

  test('has a ratio for each figure that both runs measured', () => {
    const before = { ...toRow(MEASURED), roundsPerSecond: 3_250, p50Ms: 2 * 9.8765, serverCpuUsPerRequest: 100 };
    const [row, ...rest] = compare([now], [before]);
    expect(rest).toEqual([]);
    expect(row).toEqual({
      ...{ target: 'sqlite', work: 'create+get+settle', load: '64' },
      ...{ rate: 2, p50: 0.5, p99: 1, serverCpu: 0.5 },
    });
    expect(comparisonTable([row!]).split('\n')[2]?.trim().split(/ {2,}/)).toEqual([
      ...['sqlite', 'create+get+settle', '64', '2.00x', '0.50x', '1.00x', '0.50x', '-'],
    ]);
  });

  test('leaves out rows that only one run has', () => {
    expect(compare([now], [{ ...now, load: '8' }])).toEqual([]);
  });
});
