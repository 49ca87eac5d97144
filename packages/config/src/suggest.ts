import { closest, distance } from 'fastest-levenshtein';

/** @returns `; did you mean X?` for the nearest of `known`, or '' when nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = closest(word, known);
  return distance(word, nearest) <= Math.min(4, Math.max(2, word.length / 5)) ? `; did you mean ${nearest}?` : '';
}
