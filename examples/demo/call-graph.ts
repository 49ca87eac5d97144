/** The fields of a promise that the drawing uses. */
export interface GraphPromise {
  id: string;
  state: string;
  param: { data?: string };
  tags: Record<string, string>;
  createdAt: number;
}

/** Loads all promises of a workflow. Their origin is the id of its root promise. */
export async function fetchCallGraph(url: string, rootId: string): Promise<GraphPromise[]> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      kind: 'promise.search',
      head: { corrId: 'demo', version: '2026-04-01' },
      data: { tags: { 'resonate:origin': rootId }, limit: 1000 },
    }),
  });
  const { data } = (await answer.json()) as { data: { promises: GraphPromise[] } | string };
  if (typeof data === 'string') throw new Error(`promise.search: ${answer.status} ${data}`);
  return data.promises;
}

/** The call graph as lines of text, each promise below its caller. */
export function drawCallGraph(promises: GraphPromise[], rootId: string): string[] {
  const root = promises.find((promise) => promise.id === rootId);
  if (root === undefined) return [];
  const lines: string[] = [];
  const draw = (promise: GraphPromise, lead: string, childLead: string) => {
    lines.push(`${lead}${light(promise)} ${promise.id} (${call(promise)})`);
    const children = promises
      .filter((child) => child.tags['resonate:parent'] === promise.id && child.id !== promise.id)
      .sort((a, b) => a.createdAt - b.createdAt || a.id.localeCompare(b.id, 'en', { numeric: true }));
    children.forEach((child, n) => {
      const last = n === children.length - 1;
      draw(child, `${childLead}${last ? '└── ' : '├── '}`, `${childLead}${last ? '    ' : '│   '}`);
    });
  };
  draw(root, '', '');
  return lines;
}

function light(promise: GraphPromise): string {
  if (promise.state === 'pending') return '🟡';
  return promise.state === 'resolved' ? '🟢' : '🔴';
}

function call(promise: GraphPromise): string {
  if (promise.tags['resonate:timer'] === 'true') return 'sleep';
  const kind = promise.tags['resonate:scope'] === 'local' ? 'run' : 'rpc';
  return `${kind} ${functionName(promise.param.data)}`.trimEnd();
}

/** The SDK stores `{"func", "args", "version"}` as JSON in base64 in the promise's param. */
function functionName(data: string | undefined): string {
  if (!data) return '';
  const call = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as { func?: string };
  return call.func ?? '';
}
