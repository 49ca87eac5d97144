import { Badge } from '../parts/index.ts';
import type { Schedule } from './schedule.ts';

/** Active, paused or failing. Failing means that a due run could not be started and is tried again. */
export function ScheduleState({ schedule: { pausedAt, fault } }: { schedule: Schedule }) {
  if (fault !== undefined) {
    return (
      <span title={fault}>
        <Badge tone="bad" icon="cross" label="Failing" />
      </span>
    );
  }
  if (pausedAt !== undefined) return <Badge tone="muted" icon="pause" label="Paused" />;
  return <Badge tone="good" icon="play" label="Active" />;
}
