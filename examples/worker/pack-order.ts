/** The work of the example workers. */
export async function packOrder(param: unknown): Promise<unknown> {
  const { items } = (param ?? {}) as { items?: string[] };
  if (!items || items.length === 0) throw new Error('there is nothing to pack');
  return { packed: items.length };
}
