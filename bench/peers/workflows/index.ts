import type { Scenario, Site } from '../../load/scenario.ts';
import { openDbos } from './dbos.ts';
import { scenarioName, SDKS, STEP_COUNTS, type SdkName } from './names.ts';
import { openResonate, openResonateRpc } from './resonate.ts';
import { openRestate } from './restate.ts';

/** A workflow of `steps` no-op steps, started and awaited by id, and a worker that runs it: all in this process. */
export interface Workflow {
  run(id: string): Promise<unknown>;
  close(): Promise<void>;
}

export type OpenWorkflow = (site: Site, steps: number) => Promise<Workflow>;

const OPEN: Record<SdkName, OpenWorkflow> = {
  resonate: openResonate,
  'resonate rpc': openResonateRpc,
  restate: openRestate,
  dbos: openDbos,
};

/** A round is a workflow from its start to its result. */
export const WORKFLOWS: readonly Scenario[] = SDKS.flatMap((sdk) =>
  STEP_COUNTS.map((steps) => ({
    name: scenarioName(sdk, steps),
    async open(site: Site) {
      const workflow = await OPEN[sdk](site, steps);
      let runs = 0;
      const round = async () => {
        runs++;
        const result = await workflow.run(site.nextId());
        if (result !== steps) throw new Error(`${steps} steps ended with ${String(result)}`);
        return performance.now();
      };
      return {
        rounds: Array.from({ length: site.callers }, () => round),
        // How many requests an SDK sends is its own business.
        requests: () => runs,
        close: () => workflow.close(),
      };
    },
  })),
);
