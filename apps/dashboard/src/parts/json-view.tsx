import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/** Longer values are truncated first, so that one value does not freeze the page. */
const MAX_CHARS = 100_000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** Any JSON value, indented and coloured. It creates only text nodes, so a value cannot inject HTML. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  return <Code text={value === undefined ? 'undefined' : JSON.stringify(value, null, 2)} label={label} isJson />;
}

/** Text that scrolls in its own box. */
export function Code({ text, label, isJson = false }: { text: string; label: string; isJson?: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole || text.length <= MAX_CHARS ? text : text.slice(0, MAX_CHARS);
  return (
    <div class="code">
      <pre tabIndex={0} role="region" aria-label={label}>
        {isJson && shown.length <= MAX_CHARS ? highlight(shown) : shown}
      </pre>
      {shown.length < text.length && (
        <button type="button" class="button small" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString()} characters
        </button>
      )}
    </div>
  );
}

function highlight(text: string): (string | JSX.Element)[] {
  const parts: (string | JSX.Element)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match;
    parts.push(text.slice(end, match.index));
    const kind = string ? (colon ? 'key' : 'string') : word ? 'word' : 'number';
    parts.push(<span class={`json-${kind}`}>{string ?? whole}</span>, ...(colon ? [colon] : []));
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return parts;
}
