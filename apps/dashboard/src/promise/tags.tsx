import { links } from '../parts/index.ts';

const LINEAGE = new Set(['resonate:origin', 'resonate:parent', 'resonate:branch', 'resonate:prefix']);

/** Tags by name. A tag with a promise's id links to that promise, others to a search for the same tag. */
export function Tags({ tags }: { tags: Record<string, string> }) {
  const sorted = Object.entries(tags).toSorted(([one], [other]) => (one < other ? -1 : 1));
  if (sorted.length === 0) return <p class="dim">None</p>;
  return (
    <dl class="pd-facts pd-tags">
      {sorted.map(([name, value]) => (
        <div key={name}>
          <dt class="mono">{name}</dt>
          <dd class="mono">
            <a href={LINEAGE.has(name) ? links.promise(value) : searchFor(name, value)}>{value}</a>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function searchFor(name: string, value: string): string {
  return `${links.promises}?kind=all&tag=${encodeURIComponent(`${name}=${value}`)}`;
}
