import type { Folding } from './folding.ts';
import type { CallNode } from './node.ts';
import type { Branch } from './tree.ts';

/** A row of the waterfall. `open` is undefined without children. */
export interface Row {
  branch: Branch;
  depth: number;
  open: boolean | undefined;
  /** Shown only because a descendant matches. */
  dimmed: boolean;
}

export type Matcher = (node: CallNode) => boolean;

/** The rows to show, top to bottom. With a matcher: matching calls and their ancestors, even if collapsed. */
export function rowsOf(root: Branch, folding: Folding, matches?: Matcher): Row[] {
  return matches ? matchingRows(root, matches) : openRows(root, (id) => folding.isOpen(id));
}

function openRows(root: Branch, isOpen: (id: string) => boolean): Row[] {
  const rows: Row[] = [];
  const stack: { branch: Branch; depth: number }[] = [{ branch: root, depth: 0 }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { branch, depth } = at;
    const open = branch.children.length > 0 ? isOpen(branch.node.id) : undefined;
    rows.push({ branch, depth, open, dimmed: false });
    if (!open) continue;
    for (const child of branch.children.toReversed()) stack.push({ branch: child, depth: depth + 1 });
  }
  return rows;
}

function matchingRows(root: Branch, matches: Matcher): Row[] {
  const kept = new Map<Branch, boolean>();
  const all = openRows(root, () => true);
  for (const { branch } of all) {
    if (!matches(branch.node)) continue;
    kept.set(branch, false);
    for (let at = branch.parent; at && !kept.has(at); at = at.parent) kept.set(at, true);
  }
  // Rows that do not match themselves are ancestors of a match, so they are dimmed.
  return all
    .filter(({ branch }) => kept.has(branch))
    .map((row) => ({
      ...row,
      dimmed: kept.get(row.branch) ?? false,
      open: hasKept(row.branch, kept) ? true : undefined,
    }));
}

function hasKept(branch: Branch, kept: ReadonlyMap<Branch, boolean>): boolean {
  return branch.children.some((child) => kept.has(child));
}

/** The part of a long list in view, plus some rows around it, so that scrolling never shows a gap. */
export function windowOf(
  { count, rowHeight, top, height }: { count: number; rowHeight: number; top: number; height: number },
  around = 8,
): { from: number; to: number } {
  const first = Math.floor(top / rowHeight);
  const from = Math.max(0, Math.min(count, first - around));
  return { from, to: Math.max(from, Math.min(count, first + Math.ceil(height / rowHeight) + around)) };
}
