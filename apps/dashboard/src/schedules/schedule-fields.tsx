import { CallFields } from '../call/call-fields.tsx';
import { IdField } from '../call/id-field.tsx';
import type { CronDialect } from './cron-words.ts';
import { CronPreview } from './cron-preview.tsx';
import { CATCH_UPS, OVERLAPS, type ScheduleForm } from './schedule-form.ts';

interface Props {
  form: ScheduleForm;
  onChange: (form: ScheduleForm) => void;
  /** The prefix that ids must have. */
  prefix: string;
  /** How the expression of an existing schedule is read, whose id cannot be changed. */
  existing?: { cronDialect: CronDialect };
}

/** The fields of a schedule, for the usual case: a schedule that calls a function of a worker. */
export function ScheduleFields({ form, onChange, prefix, existing }: Props) {
  const change = (changes: Partial<ScheduleForm>) => onChange({ ...form, ...changes });
  const field = (name: Exclude<keyof ScheduleForm, 'call'>) => ({
    value: form[name],
    onInput: (event: { currentTarget: { value: string } }) => change({ [name]: event.currentTarget.value }),
  });
  return (
    <div class="form-grid">
      {existing ? (
        <div class="field">
          <span>Id</span>
          <span class="mono break">{form.id}</span>
        </div>
      ) : (
        <IdField id={form.id} prefix={prefix} onChange={(id) => change({ id })} />
      )}
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
        <Choice choices={OVERLAPS} {...field('overlap')} />
      </label>
      {form.cron !== '' && (
        <CronPreview cron={form.cron} timezone={form.timezone} cronDialect={existing?.cronDialect} />
      )}
      <CallFields
        call={form.call}
        onChange={(changes) => change({ call: { ...form.call, ...changes } })}
        functionHint="The name under which the worker registered it. If empty, runs create a promise without a task"
        timeoutLabel="Timeout of each run (minutes)"
      />
      <label class="field">
        <span>Template for the ids of its promises</span>
        <input class="input mono" required spellcheck={false} {...field('promiseId')} />
      </label>
      <label class="field">
        <span>Runs missed during a downtime</span>
        <Choice choices={CATCH_UPS} {...field('catchUp')} />
      </label>
    </div>
  );
}

interface ChoiceProps {
  choices: Readonly<Record<string, string>>;
  value: string;
  onInput: (event: { currentTarget: { value: string } }) => void;
}

function Choice({ choices, ...field }: ChoiceProps) {
  return (
    <select class="input" {...field}>
      {Object.entries(choices).map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}
