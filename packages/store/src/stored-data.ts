/** The headers of a stored value come first, and one of them may be named `data`, too. */
const DATA = /^\{(?:"headers":\{(?:"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*",?)*\},)?"data":"((?:[^"\\]|\\.)*)/;

/**
 * The `data` of a stored param or value, with the escapes of JSON. Undefined if there is none.
 * @param head the first characters of the JSON. If the data is longer, this finds its beginning.
 */
export function dataIn(head: string): string | undefined {
  return DATA.exec(head)?.[1];
}
