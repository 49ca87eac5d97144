/** The time axis always covers this span, so that charts of new and old servers look alike. */
const SPAN_S = 15 * 60;

type Samples = ArrayLike<number | null | undefined>;

/** The last minutes up to the newest sample, or up to now if there is none. Epoch seconds. */
export function timeRange(newest: number | null, now: number): [from: number, to: number] {
  const to = newest ?? now;
  return [to - SPAN_S, to];
}

/** Indices of samples without a neighbour. They are drawn as points, because a line needs two samples. */
export function loneSamples(values: Samples): number[] {
  const lone: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (isSample(values, at) && !isSample(values, at - 1) && !isSample(values, at + 1)) lone.push(at);
  }
  return lone;
}

function isSample(values: Samples, at: number): boolean {
  return typeof values[at] === 'number';
}
