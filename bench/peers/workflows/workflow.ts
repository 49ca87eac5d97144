import type { Site } from '../../load/scenario.ts';

/** A workflow of no-op steps, and a worker that runs it. The worker is in this process unless `cpuMs` is present. */
export interface Workflow {
  run(id: string, steps: number): Promise<unknown>;
  /** CPU time used so far by a worker in a separate process. */
  cpuMs?(): number;
  close(): Promise<void>;
}

export type OpenWorkflow = (site: Site) => Promise<Workflow>;
