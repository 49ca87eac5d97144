import type { Value } from '@resonate/protocol';

/** How many characters of a stored param are read to find the function's name, which SDKs put first. */
export const PARAM_HEAD = 1_024;
const MAX_NAME = 200;
const NAME = /^\s*\{\s*"func"\s*:\s*("(?:[^"\\]|\\.)*")/;
const DATA = /"data":"([A-Za-z0-9+/=]*)/;

/** The function that an SDK's param calls: `{ "func": …, "args": … }` as JSON in base64. Undefined if it is not one. */
export function functionName({ data }: Value): string | undefined {
  return data === undefined ? undefined : nameIn(Buffer.from(data.slice(0, PARAM_HEAD), 'base64').toString());
}

/** The same, from the first characters of a stored param. */
export function functionNameOf(paramHead: string): string | undefined {
  const data = DATA.exec(paramHead)?.[1];
  return data === undefined ? undefined : functionName({ data });
}

function nameIn(json: string): string | undefined {
  const quoted = NAME.exec(json)?.[1];
  if (quoted === undefined) return undefined;
  try {
    const name = JSON.parse(quoted) as string;
    return name === '' ? undefined : name.slice(0, MAX_NAME);
  } catch {
    return undefined;
  }
}
