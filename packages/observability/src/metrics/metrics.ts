/** The metrics that every process has, one file per subject. docs/observability.md explains each. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { clusterMetrics } from './cluster.ts';
import { deliveryMetrics } from './deliveries.ts';
import { maintenanceMetrics } from './maintenance.ts';
import { requestMetrics } from './requests.ts';
import { retentionMetrics } from './retention.ts';
import { storeMetrics } from './store.ts';

export type Role = 'all' | 'api' | 'scheduler' | 'dispatcher';

export type Metrics = ReturnType<typeof createMetrics>;

/** @returns the metrics of one process. They have their own registry, so that a test can create several. */
export function createMetrics({ role, version }: { role: Role; version: string }) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const buildInfo = new Gauge({
    name: 'resonate_build_info',
    help: 'Version and role of this process; always 1',
    labelNames: ['version', 'role', 'node'],
    registers,
  });
  buildInfo.set({ version, role, node: process.version }, 1);
  return {
    registry,
    ...requestMetrics(registers),
    ...deliveryMetrics(registers),
    ...storeMetrics(registers),
    ...clusterMetrics(registers),
    ...retentionMetrics(registers),
    ...maintenanceMetrics(registers),
  };
}
