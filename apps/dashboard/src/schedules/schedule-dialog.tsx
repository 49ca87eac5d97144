import { useState } from 'preact/hooks';
import { operate } from '../api/client.ts';
import { refuseExisting } from '../api/refuse-existing.ts';
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
        await refuseExisting('schedule', form.id);
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
