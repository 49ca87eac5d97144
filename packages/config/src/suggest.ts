import { closest, distance } from 'fastest-levenshtein';

/** @returns `; did you mean X?` for the most similar word of `known`, or '' if none is similar. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = closest(word, known);
  return distance(word, nearest) <= Math.min(4, Math.max(2, word.length / 5)) ? `; did you mean ${nearest}?` : '';
}
