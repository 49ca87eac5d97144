import { links } from '../parts/index.ts';

const LINEAGE = new Set(['resonate:origin', 'resonate:parent', 'resonate:branch', 'resonate:prefix']);

/** Tags by name; those that name a promise lead to it, others to all that have the same. */
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
