import { useState } from 'preact/hooks';
import { operate } from '../api/client.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';
import { encodeValue } from '../promise/value.ts';
import { CronPreview } from './cron-preview.tsx';

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

/** A form for `schedule.create`, for the usual case: a schedule that calls a function of a worker. */
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
        // The server would return an existing schedule unchanged, which would look like success here.
        const existing = await operate('schedule.get', { id: form.id }).catch(() => null);
        if (existing) throw new Error(`A schedule with the id ${form.id} already exists.`);
        await operate('schedule.create', requestOf(form, args ?? []));
        toast(`Created the schedule ${form.id}`);
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
        <span class="hint">Five fields, or six with leading seconds</span>
      </label>
      <label class="field">
        <span>If the last run is still pending</span>
        <select class="input" {...field('overlap')}>
          <option value="allow">start the new run too</option>
          <option value="skip">skip the new run</option>
          <option value="cancel">cancel the last run</option>
        </select>
      </label>
      {form.cron !== '' && <CronPreview cron={form.cron} timezone={form.timezone} />}
      <label class="field">
        <span>Function</span>
        <input class="input mono" spellcheck={false} {...field('func')} />
        <span class="hint">
          The name under which the worker registered it. If empty, runs create a promise without a task
        </span>
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
        <span>Timeout of each run (minutes)</span>
        <input class="input" type="number" min="1" {...field('timeout')} />
      </label>
      <label class="field span">
        <span>Template for the ids of its promises</span>
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
