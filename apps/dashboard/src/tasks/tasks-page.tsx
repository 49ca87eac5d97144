import { Page } from '../parts/index.ts';

export function TasksPage() {
  return <Page title="Tasks">…</Page>;
}
