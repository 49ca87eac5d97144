export interface Finding {
  check: string;
  /** `off`: not asked for. `warning`: works, but somebody should know. */
  status: 'ok' | 'off' | 'warning' | 'failed';
  detail: string;
}

/** What failed, in its own words. */
export function failed(check: string, error: unknown): Finding {
  return { check, status: 'failed', detail: error instanceof Error ? error.message : String(error) };
}
