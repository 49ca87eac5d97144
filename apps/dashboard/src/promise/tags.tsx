import { links } from '../parts/index.ts';

const LINEAGE = new Set(['resonate:origin', 'resonate:parent', 'resonate:branch', 'resonate:prefix']);

/** Tags by name. A tag with a promise's id links to that promise, others to a search for the same tag. */
export function Tags({ tags }: { tags: Record<string, string> }) {
  const names = Object.keys(tags).toSorted();
  if (names.length === 0) return <p class="dim">None</p>;
  return (
    <dl class="pd-facts pd-tags">
      {names.map((name) => (
        <div key={name}>
          <dt class="mono">{name}</dt>
          <dd class="mono">
            <a href={LINEAGE.has(name) ? links.promise(tags[name]!) : searchFor(name, tags[name]!)}>{tags[name]}</a>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function searchFor(name: string, value: string): string {
  return `${links.promises}?all=true&tag=${encodeURIComponent(`${name}=${value}`)}`;
}
