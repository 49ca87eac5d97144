import { endOf } from './node.ts';
import type { Branch } from './tree.ts';

/**
 * The promises that determined when the root ended. Start at its end and go back to the child that ended last. From
 * that child's start go back to the child that ended last before it, and so on. Then do the same inside each of these
 * children.
 */
export function criticalPath(root: Branch, now: number): Set<string> {
  const path = new Set<string>();
  const stack: { branch: Branch; until: number }[] = [{ branch: root, until: endOf(root.node, now) }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    path.add(at.branch.node.id);
    let until = at.until;
    const byEnd = at.branch.children
      .filter(({ node }) => node.createdAt < at.until)
      .map((branch) => ({ branch, end: endOf(branch.node, now) }))
      .sort((a, b) => b.end - a.end);
    for (const { branch, end } of byEnd) {
      // A call that ended after its caller (a detached call) did not delay it.
      if (end > until) continue;
      stack.push({ branch, until: end });
      until = branch.node.createdAt;
    }
  }
  return path;
}
