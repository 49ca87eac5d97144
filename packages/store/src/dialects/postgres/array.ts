/** A text array in Postgres' text form. */
export function array(texts: Iterable<string>): string {
  const quoted: string[] = [];
  for (const text of texts) quoted.push(`"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`);
  return `{${quoted.join(',')}}`;
}
