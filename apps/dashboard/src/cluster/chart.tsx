import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { serverNow } from '../api/server-clock.ts';
import { utcOffset } from '../parts/index.ts';
import { loneSamples, timeRange } from './samples.ts';

export interface Line {
  label: string;
  /** A custom property of tokens.css, such as `--good-bar`. */
  token: string;
  /** One value per time; null leaves a gap. */
  values: (number | null)[];
  isFilled?: boolean;
}

interface Props {
  label: string;
  /** Epoch ms, ascending. */
  times: number[];
  lines: readonly Line[];
  format: (value: number) => string;
}

const HEIGHT = 180;

/** Lines over time, updated with each answer. The legend above shows the newest values as text. */
export function Chart({ label, times, lines, format }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [times.map((at) => at / 1_000), ...lines.map(({ values }) => values)];
  const latest = useRef({ data, lines, format });
  latest.current = { data, lines, format };

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, latest.current), latest.current.data, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    addEventListener('themechange', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      removeEventListener('themechange', draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [lines.length]);
  useEffect(() => plot.current?.setData(data), [times.at(-1), times.length]);

  const now = lines.map(({ label: name, values }) => ({ name, value: values.at(-1) ?? null }));
  return (
    <figure class="chart">
      <figcaption class="chart-legend">
        {lines.map(({ label: name, token }, index) => (
          <span key={name}>
            <span class="swatch" style={{ background: `var(${token})` }} aria-hidden="true" />
            {name} <strong>{newest(now[index]?.value ?? null, format)}</strong>
          </span>
        ))}
        <span class="dim push">Time zone {utcOffset(serverNow())}</span>
      </figcaption>
      <div ref={box} class="chart-box" role="img" aria-label={label} />
    </figure>
  );
}

function newest(value: number | null, format: Props['format']): string {
  return value === null ? '–' : format(value);
}

function optionsOf(element: HTMLElement, { lines, format }: Pick<Props, 'lines' | 'format'>): uPlot.Options {
  const grid = { stroke: colour(element, '--line'), width: 1 };
  const ticks = { show: false };
  const stroke = colour(element, '--text-3');
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    // On the right there must be room for half a label of the time axis.
    padding: [10, 22, 0, 0],
    scales: {
      x: { range: (_plot, _min, max) => timeRange(max, serverNow() / 1_000) },
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- null without data, whatever the types say
      y: { range: (_plot, _min, max) => [0, Math.max((max ?? 0) * 1.15, 1)] },
    },
    axes: [
      { stroke, font, grid: { show: false }, ticks, size: 28, space: 70, values: (_plot, splits) => splits.map(clock) },
      {
        stroke,
        font,
        grid,
        ticks,
        size: 58,
        space: 36,
        values: (_plot, splits) => splits.map((value) => format(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, token, isFilled }) => ({
        label,
        stroke: colour(element, token),
        width: 2,
        points: { show: true, size: 5, filter: (plot: uPlot, index: number) => loneSamples(plot.data[index] ?? []) },
        ...(isFilled ? { fill: colour(element, token, 0.14) } : {}),
      })),
    ],
  };
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
}

/** The value of a custom property as a colour for a canvas. */
function colour(element: HTMLElement, token: string, alpha = 1): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return alpha === 1 ? value : value.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
