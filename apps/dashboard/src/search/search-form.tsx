import { useState } from 'preact/hooks';
import type { Query } from '../api/client.ts';
import { serverNow } from '../api/server-clock.ts';
import { lookOf, utcOffset } from '../parts/index.ts';
import { SPANS, type Filters } from './filters.ts';

const FAILED = 'failed';
const STATES = ['pending', 'resolved', FAILED, 'rejected', 'rejected_canceled', 'rejected_timedout'];

interface Props {
  filters: Filters;
  onChange: (changes: Query) => void;
}

/** The filters of a search. Choices take effect at once, texts with Enter or the button. */
export function SearchForm({ filters, onChange }: Props) {
  const [prefix, setPrefix] = useState(filters.prefix);
  const [func, setFunc] = useState(filters.func);
  const [tag, setTag] = useState('');
  const [isCustom, setCustom] = useState(filters.span === 'custom');
  const isTagWrong = tag !== '' && !/^[^=]+=/.test(tag);
  const submit = () => {
    if (!isTagWrong) onChange({ prefix, func: func.trim(), tag: tag === '' ? filters.tags : [...filters.tags, tag] });
  };
  return (
    <form
      class="filters"
      role="search"
      aria-label="Filter promises"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField label="Id begins with" value={prefix} onInput={setPrefix} />
      <TextField label="Function" value={func} onInput={setFunc} maxLength={160} placeholder="exact name" />
      <TextField label="Tag" value={tag} onInput={setTag} placeholder="name=value" aria-invalid={isTagWrong} />
      <Choices
        filters={filters}
        isCustom={isCustom}
        onCustom={setCustom}
        onChange={(changes) => onChange({ prefix, func: func.trim(), ...changes })}
      />
      <button type="submit" class="button primary">
        Search
      </button>
      {isCustom && <CustomTime filters={filters} onChange={onChange} />}
      {filters.tags.length > 0 && <TagList tags={filters.tags} onChange={onChange} />}
    </form>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  maxLength?: number;
  placeholder?: string;
  'aria-invalid'?: boolean;
}

function TextField({ label, onInput, ...input }: TextFieldProps) {
  return (
    <label class="field grow">
      <span>{label}</span>
      <input class="input" spellcheck={false} {...input} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}

interface ChoicesProps extends Props {
  isCustom: boolean;
  onCustom: (isCustom: boolean) => void;
}

/** The filters that take effect at once. */
function Choices({ filters, isCustom, onCustom, onChange }: ChoicesProps) {
  return (
    <>
      <label class="field">
        <span>State</span>
        <select
          class="input"
          value={filters.state}
          onChange={(event) => onChange({ state: event.currentTarget.value })}
        >
          <option value="">Any</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {state === FAILED ? 'Failed' : lookOf(state).label}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Kind</span>
        <select
          class="input"
          value={filters.isAll ? 'all' : ''}
          onChange={(event) => onChange({ kind: event.currentTarget.value })}
        >
          <option value="">Workflows</option>
          <option value="all">All promises</option>
        </select>
      </label>
      <label class="field">
        <span>Created</span>
        <select
          class="input"
          value={isCustom ? 'custom' : filters.span}
          onChange={(event) => {
            const span = event.currentTarget.value;
            onCustom(span === 'custom');
            if (span !== 'custom') onChange({ span, from: '', to: '' });
          }}
        >
          <option value="">Any time</option>
          {Object.entries(SPANS).map(([span, [label]]) => (
            <option key={span} value={span}>
              {label}
            </option>
          ))}
          <option value="custom">Custom range</option>
        </select>
      </label>
    </>
  );
}

function CustomTime({ filters: { from, to }, onChange }: Props) {
  return (
    <div class="filter-row">
      <TimeField label="From" value={from} onChange={(value) => onChange({ from: value, span: '' })} />
      <TimeField label="To" value={to} onChange={(value) => onChange({ to: value, span: '' })} />
    </div>
  );
}

function TimeField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <label class="field">
      <span>
        {label} ({utcOffset(value === '' ? serverNow() : new Date(value).getTime())})
      </span>
      <input
        class="input"
        type="datetime-local"
        step="1"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

function TagList({ tags, onChange }: { tags: readonly string[]; onChange: (changes: Query) => void }) {
  return (
    <ul class="filter-row tags" aria-label="Tags that must match">
      {tags.map((tag) => (
        <li key={tag}>
          <button
            type="button"
            class="tag"
            aria-label={`Remove tag ${tag}`}
            onClick={() => onChange({ tag: tags.filter((one) => one !== tag) })}
          >
            {tag} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
