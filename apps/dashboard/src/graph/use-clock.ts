import { useEffect, useState } from 'preact/hooks';
import { serverNow } from '../parts/index.ts';

const SECOND = 1_000;
/** Finer than this the eye sees no steps: each frame then. */
const SMOOTH_MS = 50;

/**
 * The server's time, epoch ms. While `isRunning` its component is drawn again whenever a bar grows by a pixel, at each
 * frame at most and once a second at least; never while the page is hidden. A day-long workflow costs one draw a second.
 * @param msPerPixel how long a pixel is
 */
export function useClock(isRunning: boolean, msPerPixel: number): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (!isRunning) return;
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = () => {
      setNow(serverNow());
      if (msPerPixel > SMOOTH_MS) timer = setTimeout(next, Math.min(SECOND, msPerPixel));
      else next();
    };
    const next = () => (frame = requestAnimationFrame(tick));
    next();
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
    // In steps of a power of two: the clock must not start anew with every pixel.
  }, [isRunning, Math.ceil(Math.log2(Math.max(1, msPerPixel)))]);
  return isRunning ? now : Math.max(now, serverNow());
}
