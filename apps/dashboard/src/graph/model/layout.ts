import type { Folding } from './folding.ts';
import { titleOf } from './node.ts';
import { noCounts, type Branch, type Counts } from './tree.ts';

/** If a parent has more children than this, they are drawn as stacks, so that a fan-out of 1,000 fits on a screen. */
const STACK_ABOVE = 12;

/** Fewer children of one function are drawn one by one. */
const STACK_FROM = 4;

export interface Stack {
  title: string;
  members: Branch[];
  counts: Counts;
}

/** A box: one promise, or a stack of siblings (`members` of one function) drawn as one. */
export interface Box {
  key: string;
  branch: Branch;
  /** Set on a stack. */
  stack?: Stack;
  /** Column and line, in boxes; lines may be fractions. */
  column: number;
  line: number;
  parent?: Box;
}

export interface Layout {
  boxes: Box[];
  columns: number;
  lines: number;
}

/**
 * Places boxes from left to right, one column per level. A parent is in the middle of its children. Leaves take lines in order,
 * so a growing graph moves boxes down but never changes their order. `pinned` promises are never part of a stack.
 */
export function layoutOf(root: Branch, folding: Folding, pinned: ReadonlySet<string>): Layout {
  const boxes: Box[] = [];
  let line = 0;
  let columns = 0;
  // Two visits per box, without recursion: the first adds it to the list, the second gives it a line.
  const stack: { box: Box; children?: Box[] }[] = [{ box: boxOf(root) }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { box, children } = at;
    if (children) {
      const [first, last] = [children.at(0), children.at(-1)];
      box.line = first && last ? (first.line + last.line) / 2 : line++;
      continue;
    }
    boxes.push(box);
    columns = Math.max(columns, box.column + 1);
    const below = box.stack || !folding.isOpen(box.branch.node.id) ? [] : childrenOf(box, pinned);
    stack.push({ box, children: below });
    for (const child of below.toReversed()) stack.push({ box: child });
  }
  return { boxes, columns, lines: line };
}

function boxOf(branch: Branch, parent?: Box): Box {
  const box: Box = { key: branch.node.id, branch, column: parent ? parent.column + 1 : 0, line: 0 };
  return parent ? { ...box, parent } : box;
}

/**
 * The boxes of a parent's children. If there are many children, those of one function become a stack in the place of
 * the first.
 */
function childrenOf(parent: Box, pinned: ReadonlySet<string>): Box[] {
  const { children, node } = parent.branch;
  if (children.length <= STACK_ABOVE) return children.map((child) => boxOf(child, parent));
  const loose = children.filter((child) => !pinned.has(child.node.id));
  const groups = Map.groupBy(loose, (child) => titleOf(child.node));
  // If there are too many functions for stacks of their own, all children are one stack.
  if (groups.size > STACK_ABOVE) {
    groups.clear();
    groups.set('calls', loose);
  }
  const stackOf = new Map<Branch, Box>();
  const stacked = new Set<Branch>();
  for (const [title, members] of groups) {
    const [first] = members;
    if (!first || members.length < STACK_FROM) continue;
    stackOf.set(first, { ...boxOf(first, parent), key: `${node.id}\n${title}`, stack: stack(title, members) });
    for (const member of members) stacked.add(member);
  }
  return children.flatMap((child) => stackOf.get(child) ?? (stacked.has(child) ? [] : [boxOf(child, parent)]));
}

function stack(title: string, members: Branch[]): Stack {
  const counts = noCounts();
  for (const { node } of members) counts[node.state]++;
  return { title, members, counts };
}
