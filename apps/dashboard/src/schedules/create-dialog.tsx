import { useState } from 'preact/hooks';
import { operate } from '../api/client.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';
import { encodeValue } from '../promise/value.ts';
import { inWords } from './schedule.ts';

const DEFAULTS = {
  id: '',
  cron: '*/5 * * * *',
  timezone: 'UTC',
  overlap: 'allow',
  promiseId: '{{.id}}.{{.timestamp}}',
  timeout: '60',
  target: 'poll://any@default',
  func: '',
  args: '[]',
};
type Form = typeof DEFAULTS;
type FieldName = keyof Form;

const MINUTE = 60_000;

/** A form for `schedule.create`, for what schedules mostly do: call a function of a worker. */
export function CreateDialog({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const [form, setForm] = useState(DEFAULTS);
  const args = parseArgs(form.args);
  const isReady = form.id !== '' && form.promiseId !== '' && args !== null && Number(form.timeout) > 0;
  return (
    <ConfirmDialog
      title="New schedule"
      action="Create"
      isWide
      isReady={isReady}
      onClose={onClose}
      onConfirm={async () => {
        // What exists is answered as it is: here that would look like success.
        const existing = await operate('schedule.get', { id: form.id }).catch(() => null);
        if (existing) throw new Error(`There is a schedule ${form.id} already.`);
        await operate('schedule.create', requestOf(form, args ?? []));
        toast(`${form.id} is created`);
        onCreated(form.id);
      }}
    >
      <Fields form={form} onChange={setForm} isArgsWrong={args === null} />
    </ConfirmDialog>
  );
}

interface FieldsProps {
  form: Form;
  onChange: (form: Form) => void;
  isArgsWrong: boolean;
}

function Fields({ form, onChange, isArgsWrong }: FieldsProps) {
  const field = (name: FieldName) => ({
    value: form[name],
    onInput: (event: { currentTarget: { value: string } }) => onChange({ ...form, [name]: event.currentTarget.value }),
  });
  return (
    <div class="form-grid">
      <label class="field">
        <span>Id</span>
        <input class="input" required autofocus spellcheck={false} {...field('id')} />
      </label>
      <label class="field">
        <span>Time zone</span>
        <input class="input" required spellcheck={false} {...field('timezone')} />
      </label>
      <label class="field">
        <span>Cron expression</span>
        <input class="input mono" required spellcheck={false} {...field('cron')} />
        <span class="hint">{inWords(form.cron) ?? 'Five fields, or six with leading seconds'}</span>
      </label>
      <label class="field">
        <span>While the last run is still going</span>
        <select class="input" {...field('overlap')}>
          <option value="allow">run beside it</option>
          <option value="skip">skip the new run</option>
          <option value="cancel">cancel the last run</option>
        </select>
      </label>
      <label class="field">
        <span>Function</span>
        <input class="input mono" spellcheck={false} {...field('func')} />
        <span class="hint">As the worker registered it; empty: a promise that nobody runs by itself</span>
      </label>
      <label class="field">
        <span>Arguments</span>
        <input class="input mono" spellcheck={false} aria-invalid={isArgsWrong} {...field('args')} />
        <span class="hint">{isArgsWrong ? 'Must be a JSON array' : 'A JSON array'}</span>
      </label>
      <label class="field">
        <span>Target</span>
        <input class="input mono" spellcheck={false} {...field('target')} />
      </label>
      <label class="field">
        <span>Each run times out after, minutes</span>
        <input class="input" type="number" min="1" {...field('timeout')} />
      </label>
      <label class="field span">
        <span>Id of its promises</span>
        <input class="input mono" required spellcheck={false} {...field('promiseId')} />
      </label>
    </div>
  );
}

function requestOf(form: Form, args: unknown[]): Record<string, unknown> {
  const { id, cron, timezone, overlap, promiseId, timeout, target, func } = form;
  const isCall = func !== '';
  return {
    id,
    cron,
    promiseId,
    promiseTimeout: Math.round(Number(timeout) * MINUTE),
    promiseTags: isCall && target !== '' ? { 'resonate:target': target } : {},
    promiseParam: isCall ? encodeValue(JSON.stringify({ func, args, version: 1 })) : {},
    ...(timezone === '' || timezone === 'UTC' ? {} : { timezone }),
    ...(overlap === 'allow' ? {} : { overlap }),
  };
}

function parseArgs(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
