import { parseTagPeriod, type Config } from '@resonate/config';
import type { RetentionRules } from '@resonate/store';

/** The retention periods of the configuration. */
export function retentionRules({ retention }: Config): RetentionRules {
  const { afterMs, resolvedMs, rejectedMs, canceledMs, timedoutMs, tags } = retention;
  return {
    afterMs,
    afterByState: {
      ...(resolvedMs !== null && { resolved: resolvedMs }),
      ...(rejectedMs !== null && { rejected: rejectedMs }),
      ...(canceledMs !== null && { rejected_canceled: canceledMs }),
      ...(timedoutMs !== null && { rejected_timedout: timedoutMs }),
    },
    afterByTag: tags.flatMap((text) => parseTagPeriod(text) ?? []),
  };
}
