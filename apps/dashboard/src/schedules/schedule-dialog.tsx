import { useState } from 'preact/hooks';
import { operate } from '../api/client.ts';
import { usePrefix } from '../call/id-field.tsx';
import { ConfirmDialog, toast } from '../parts/index.ts';
import { ScheduleFields } from './schedule-fields.tsx';
import { formOf, isComplete, NEW_SCHEDULE, requestOf } from './schedule-form.ts';
import type { Schedule } from './schedule.ts';

/** A form for `schedule.create`. */
export function CreateDialog({ onClose, onCreated }: { onClose: () => void; onCreated: (id: string) => void }) {
  const prefix = usePrefix();
  const [form, setForm] = useState({ ...NEW_SCHEDULE, id: prefix });
  return (
    <ConfirmDialog
      title="New schedule"
      action="Create"
      isWide
      isReady={isComplete(form, prefix)}
      onClose={onClose}
      onConfirm={async () => {
        // The server would return an existing schedule unchanged, which would look like success here.
        const existing = await operate('schedule.get', { id: form.id }).catch(() => null);
        if (existing) throw new Error(`A schedule with the id ${form.id} already exists.`);
        await operate('schedule.create', requestOf(form, prefix));
        toast(`Created the schedule ${form.id}`);
        onCreated(form.id);
      }}
    >
      <ScheduleFields form={form} onChange={setForm} prefix={prefix} />
    </ConfirmDialog>
  );
}

/** A form for `schedule.update`. */
export function EditDialog({
  schedule,
  onClose,
  onChanged,
}: {
  schedule: Schedule;
  onClose: () => void;
  onChanged: () => void;
}) {
  const prefix = usePrefix();
  // A schedule that is loaded again meanwhile must not overwrite what was typed.
  const [before] = useState(schedule);
  const [form, setForm] = useState(() => formOf(before));
  return (
    <ConfirmDialog
      title="Edit the schedule"
      action="Save"
      isWide
      isReady={isComplete(form, prefix)}
      onClose={onClose}
      onConfirm={async () => {
        await operate('schedule.update', requestOf(form, prefix, before));
        toast(`Saved the schedule ${form.id}`);
        onChanged();
      }}
    >
      <ScheduleFields
        form={form}
        onChange={setForm}
        prefix={prefix}
        existing={{ cronDialect: before.cronDialect ?? 'resonate' }}
      />
    </ConfirmDialog>
  );
}
