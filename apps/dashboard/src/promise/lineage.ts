interface Tagged {
  id: string;
  tags: Record<string, string>;
}

/** The root of a promise's call graph; without a tag that says so it is its own. */
export function originOf({ id, tags }: Tagged): string {
  return tags['resonate:origin'] ?? id;
}

/** Who called it; undefined for a root. */
export function parentOf({ id, tags }: Tagged): string | undefined {
  const parent = tags['resonate:parent'];
  return parent === id ? undefined : parent;
}
