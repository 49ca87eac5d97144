import { span } from '@resonate/admin/words';
import { randomUUID } from 'node:crypto';
import { maskUrls, type Config } from '@resonate/config';
import { silentLogger } from '@resonate/observability';
import { wakeupChannel } from '@resonate/process';
import { createWakeup } from '@resonate/wakeup';
import { failed, type Finding } from './finding.ts';

const WITHIN_MS = 5_000;
const AGAIN_MS = 200;

/** Checks that a hint of one process reaches another one. It uses a separate channel. */
export async function checkWakeups(config: Config): Promise<Finding[]> {
  const check = 'wake-ups';
  const wakeups = wakeupChannel(config);
  const { type } = wakeups;
  if (type === 'none') return [{ check, status: 'off', detail: 'not needed for a single process' }];
  const id = randomUUID();
  const channel = `doctor_${id.slice(0, 8)}`;
  const [one, other] = ['one', 'other'].map((name) =>
    createWakeup({ ...wakeups, channel, processId: `doctor-${name}-${id}`, logger: silentLogger }),
  ) as [ReturnType<typeof createWakeup>, ReturnType<typeof createWakeup>];
  const startedAt = performance.now();
  try {
    const heard = new Promise<void>((resolve) => other.onHint(() => resolve()));
    await Promise.all([one.start(), other.start()]);
    // Publish again and again, because a hint is lost if the other side does not listen yet.
    const again = setInterval(() => one.publish({ timerAt: Date.now(), deliveries: {} }), AGAIN_MS);
    const isHeard = await Promise.race([heard.then(() => true), after(WITHIN_MS)]);
    clearInterval(again);
    if (!isHeard) throw new Error(`no hint arrived over ${type} within ${span(WITHIN_MS)}: processes would only poll`);
    return [
      {
        check,
        status: 'ok',
        detail: `over ${type}: a hint arrived ${span(performance.now() - startedAt)} after the start`,
      },
    ];
  } catch (error) {
    return [failed(check, new Error(maskUrls((error as Error).message)))];
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
}

function after(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms).unref());
}
