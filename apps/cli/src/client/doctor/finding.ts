export interface Finding {
  check: string;
  /** `off`: not enabled, so not checked. `warning`: it works, but the operator should know about it. */
  status: 'ok' | 'off' | 'warning' | 'failed';
  detail: string;
}

/** A failed check, with the message of its error. */
export function failed(check: string, error: unknown): Finding {
  return { check, status: 'failed', detail: error instanceof Error ? error.message : String(error) };
}
