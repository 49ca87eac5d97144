import { Page } from '../parts/index.ts';

export function DeadLettersPage() {
  return <Page title="DeadLetters">…</Page>;
}
