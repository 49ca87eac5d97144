import type { Site } from '../../load/scenario.ts';

/** A workflow of no-op steps, started and awaited by id, and a worker that runs it: all in this process. */
export interface Workflow {
  run(id: string, steps: number): Promise<unknown>;
  close(): Promise<void>;
}

export type OpenWorkflow = (site: Site) => Promise<Workflow>;
