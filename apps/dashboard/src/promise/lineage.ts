interface Tagged {
  id: string;
  tags: Record<string, string>;
}

/** The root of a promise's call graph; a promise without the tag is its own root. */
export function originOf({ id, tags }: Tagged): string {
  return tags['resonate:origin'] ?? id;
}

/** The id of its caller; undefined for a root. */
export function parentOf({ id, tags }: Tagged): string | undefined {
  const parent = tags['resonate:parent'];
  return parent === id ? undefined : parent;
}
