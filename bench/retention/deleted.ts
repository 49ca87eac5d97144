import type { ServerProcess } from '../../test/processes/server-process.ts';

/** The number of promises that a server's retention has deleted so far. */
export async function deletedBy({ metricsUrl }: ServerProcess): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^resonate_retention_deleted_total (\d+)/m.exec(text)?.[1] ?? 0);
}
