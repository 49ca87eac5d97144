import type { Site } from '../../load/scenario.ts';
import type { Workflow } from './workflow.ts';

/**
 * The parts of the DBOS package that are used. The package is installed in bench/peers, not with the project, so its
 * own types are not available.
 */
interface Dbos {
  DBOS: {
    setConfig(config: { name: string; systemDatabaseUrl: string; logLevel: string }): void;
    registerWorkflow<Args extends unknown[], Result>(
      workflow: (...args: Args) => Promise<Result>,
      config: { name: string },
    ): (...args: Args) => Promise<Result>;
    runStep<Result>(step: () => Promise<Result>, config: { name: string }): Promise<Result>;
    startWorkflow<Args extends unknown[], Result>(
      workflow: (...args: Args) => Promise<Result>,
      params: { workflowID: string },
    ): (...args: Args) => Promise<{ getResult(): Promise<Result> }>;
    launch(): Promise<void>;
    shutdown(): Promise<void>;
  };
}

const PACKAGE: string = '@dbos-inc/dbos-sdk';

/** DBOS is a library: the workflow runs in the process that starts it. `url` is its database. */
export async function openDbos({ url }: Site): Promise<Workflow> {
  const { DBOS } = (await import(PACKAGE)) as Dbos;
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error' });
  const count = DBOS.registerWorkflow(
    async (total: number) => {
      let n = 0;
      for (let step = 0; step < total; step++) n = await DBOS.runStep(async () => n + 1, { name: 'increment' });
      return n;
    },
    { name: 'count' },
  );
  await DBOS.launch();
  return {
    run: async (id, steps) => (await DBOS.startWorkflow(count, { workflowID: id })(steps)).getResult(),
    close: () => DBOS.shutdown(),
  };
}
