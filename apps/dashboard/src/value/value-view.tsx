import { useMemo, useState } from 'preact/hooks';
import { Code, Icon, JsonView, toast } from '../parts/index.ts';
import { decodeValue, type Decoded, type Value } from './value.ts';

interface Props {
  value: Value;
  label: string;
  isPending?: boolean;
}

/** A value, decoded if possible or raw on request, and its headers. Always shown as text. */
export function ValueView({ value, label, isPending = false }: Props) {
  const [isRaw, setRaw] = useState(false);
  const decoded = useMemo(() => decodeValue(value), [value.data]);
  const { data = '' } = value;
  const headers = Object.entries(value.headers ?? {});
  const isEmpty = decoded.kind === 'empty';
  return (
    <div class="value">
      {isEmpty && <p class="dim">{isPending ? 'Not settled yet' : 'Empty'}</p>}
      {!isEmpty && (
        <>
          <div class="value-tools">
            <button type="button" class="button small" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
              {isRaw ? 'Decoded' : 'Raw'}
            </button>
            <button type="button" class="button small" onClick={() => void copy(isRaw ? data : textOf(decoded, data))}>
              <Icon name="copy" size={14} />
              Copy<span class="visually-hidden"> {label}</span>
            </button>
          </div>
          {isRaw ? <Code text={data} label={`${label}, raw`} /> : <DecodedView decoded={decoded} label={label} />}
        </>
      )}
      {headers.length > 0 && (
        <dl class="pd-facts pd-tags">
          {headers.map(([name, header]) => (
            <div key={name}>
              <dt class="mono">{name}</dt>
              <dd class="mono">{header}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function DecodedView({ decoded, label }: { decoded: Decoded; label: string }) {
  switch (decoded.kind) {
    case 'error':
      return (
        <div class="value-error">
          <p class="value-error-title">
            <Icon name="warning" /> <strong>{decoded.name}</strong>
            {decoded.message && <span>: {decoded.message}</span>}
          </p>
          {decoded.stack !== undefined && <Code text={decoded.stack} label={`${label}: stack`} />}
        </div>
      );
    case 'json':
      return <JsonView value={decoded.json} label={label} />;
    case 'text':
      return <Code text={decoded.text} label={label} />;
    case 'binary':
      return <p class="dim">{decoded.bytes.toLocaleString('en')} bytes, not text</p>;
    case 'empty':
      return null;
  }
}

function textOf(decoded: Decoded, raw: string): string {
  if (decoded.kind === 'json' || decoded.kind === 'error') return JSON.stringify(decoded.json, null, 2);
  return decoded.kind === 'text' ? decoded.text : raw;
}

/** Browsers allow the clipboard only for https and localhost. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied');
  } catch {
    toast('The browser allows copying only on https and localhost', { isError: true });
  }
}
