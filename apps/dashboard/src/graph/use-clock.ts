import { useEffect, useState } from 'preact/hooks';
import { serverNow } from '../api/server-clock.ts';

const SECOND = 1_000;
/** If a pixel stands for less time than this, render every frame, so that bars grow smoothly. */
const SMOOTH_MS = 50;

/**
 * The server's time, epoch ms. While `isRunning`, the component renders again whenever a bar grows by a pixel: at most
 * once per frame, at least once per second, and never while the page is hidden. So a day-long workflow renders once per
 * second.
 * @param msPerPixel the time that one pixel stands for
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
    // Rounded to powers of two, so that the clock does not restart with every pixel.
  }, [isRunning, Math.ceil(Math.log2(Math.max(1, msPerPixel)))]);
  return isRunning ? now : Math.max(now, serverNow());
}
