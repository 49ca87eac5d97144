import type { Scenario, Site } from '../../load/scenario.ts';
import { openDbos } from './dbos.ts';
import { scenarioName, SDKS, STEP_COUNTS, type SdkName } from './names.ts';
import { openPython } from './python.ts';
import { openResonate, openResonateRpc, openResonateWebSocket } from './resonate.ts';
import { openRestate } from './restate.ts';
import type { OpenWorkflow } from './workflow.ts';

const OPEN: Record<SdkName, OpenWorkflow> = {
  resonate: (site) => openResonate(site),
  'resonate websocket': openResonateWebSocket,
  'resonate rpc': openResonateRpc,
  'resonate python': (site) => openPython(site, 'http'),
  'resonate python websocket': (site) => openPython(site, 'websocket'),
  restate: openRestate,
  dbos: openDbos,
};

/**
 * Longer workflows are warmed up with workflows of this length, because 64 callers of the longest would take minutes.
 */
const MOST_WARM_STEPS = 10;

/** Each round is a workflow, from its start to its result. */
export const WORKFLOWS: readonly Scenario[] = SDKS.flatMap((sdk) =>
  STEP_COUNTS.map((steps) => ({
    name: scenarioName(sdk, steps),
    async open(site: Site) {
      const workflow = await OPEN[sdk](site);
      let runs = 0;
      const roundOf = (length: number) => async () => {
        runs++;
        const result = await workflow.run(site.nextId(), length);
        if (result !== length) throw new Error(`${length} steps ended with ${String(result)}`);
        return performance.now();
      };
      const perCaller = (length: number) => Array.from({ length: site.callers }, () => roundOf(length));
      return {
        rounds: perCaller(steps),
        warmUp: perCaller(Math.min(steps, MOST_WARM_STEPS)),
        // Count workflows, because the number of requests differs between the SDKs.
        requests: () => runs,
        ...(workflow.cpuMs ? { cpuMs: () => workflow.cpuMs?.() ?? 0 } : {}),
        close: () => workflow.close(),
      };
    },
  })),
);
