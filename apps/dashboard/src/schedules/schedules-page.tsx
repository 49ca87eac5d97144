import { Page } from '../parts/index.ts';

export function SchedulesPage() {
  return <Page title="Schedules">…</Page>;
}
