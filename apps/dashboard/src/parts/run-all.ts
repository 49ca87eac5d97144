/** Requests that are in flight at once. */
const AT_ONCE = 8;

/** Runs `run` for each row, in no particular order. It continues after a failure. @returns those that failed */
export async function runAll<Row>(
  rows: readonly Row[],
  run: (row: Row) => Promise<unknown>,
): Promise<{ row: Row; message: string }[]> {
  const failed: { row: Row; message: string }[] = [];
  const left = rows.values();
  const runNext = async () => {
    for (const row of left) {
      try {
        await run(row);
      } catch (cause) {
        failed.push({ row, message: cause instanceof Error ? cause.message : String(cause) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runNext));
  return failed;
}
