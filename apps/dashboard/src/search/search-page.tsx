import { Page } from '../parts/index.ts';

export function SearchPage() {
  return <Page title="Search">…</Page>;
}
