import type { Site } from '../../load/scenario.ts';

/** A workflow of no-op steps, started and awaited by id, and a worker that runs it: in this process, unless `cpuMs` is there. */
export interface Workflow {
  run(id: string, steps: number): Promise<unknown>;
  /** CPU time so far of a worker that is a process of its own. */
  cpuMs?(): number;
  close(): Promise<void>;
}

export type OpenWorkflow = (site: Site) => Promise<Workflow>;
