import { Icon, links, lookOf } from '../parts/index.ts';
import { usePromise } from './use-promise.ts';
import { decodeValue, type Value } from './value.ts';

const MAX_CHARS = 500;

/** Why a promise failed, in one line: its error, or its final state. */
export function Failure({ id }: { id: string }) {
  const { data } = usePromise(id);
  if (!data) return null;
  const { state, value } = data.promise;
  const reason = reasonOf(value);
  return (
    <p class="graph-failure" role="status">
      <Icon name="warning" /> <strong>{lookOf(state).label}</strong>
      {reason === '' ? '' : `: ${reason}`}
      <a href={links.promise(id)}>Details</a>
    </p>
  );
}

/** The text of a rejected promise's value; '' if it has none. */
function reasonOf(value: Value): string {
  const decoded = decodeValue(value);
  switch (decoded.kind) {
    case 'error':
      return short(decoded.message === '' ? decoded.name : `${decoded.name}: ${decoded.message}`);
    case 'json':
      return short(typeof decoded.json === 'string' ? decoded.json : JSON.stringify(decoded.json));
    case 'text':
      return short(decoded.text);
    case 'binary':
      return `${decoded.bytes} bytes`;
    case 'empty':
      return '';
  }
}

function short(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}
