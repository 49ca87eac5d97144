import { Badge } from '../parts/index.ts';
import type { Schedule } from './schedule.ts';

export function ScheduleState({ schedule }: { schedule: Schedule }) {
  return schedule.pausedAt === undefined ? (
    <Badge tone="good" icon="play" label="Active" />
  ) : (
    <Badge tone="muted" icon="pause" label="Paused" />
  );
}
