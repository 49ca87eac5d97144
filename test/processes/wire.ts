import { randomUUID } from 'node:crypto';
import type { PromiseRecord, PromiseState } from '@resonate/protocol';

/** Sends one request over HTTP. @returns the data of a 200 or 300. @throws on other statuses, with status and message. */
export async function call(url: string, kind: string, data: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind, head: { corrId: randomUUID(), version: '2026-04-01' }, data }),
    signal: AbortSignal.timeout(10_000),
  });
  const body = (await answer.json()) as { data: unknown };
  if (answer.status !== 200 && answer.status !== 300) {
    throw new Error(`${kind}: ${answer.status} ${String(body.data)}`);
  }
  return body.data;
}

/** All promises with these tags (and this state), from all pages. */
export async function searchPromises(
  url: string,
  tags: Record<string, string>,
  state?: PromiseState,
): Promise<PromiseRecord[]> {
  const found: PromiseRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = (await call(url, 'promise.search', {
      tags,
      limit: 1000,
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { cursor }),
    })) as { promises: PromiseRecord[]; cursor?: string };
    found.push(...page.promises);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
