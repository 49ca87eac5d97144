import { useLocation } from 'preact-iso';
import { queryString, type Query } from './client.ts';

/** The state of the page in its URL, so that it can be shared and the browser's back button works. */
export function useQuery(): [URLSearchParams, (changes: Query, options?: { replace: boolean }) => void] {
  const { url, path, route } = useLocation();
  const start = url.indexOf('?');
  const params = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  const change = (changes: Query, { replace } = { replace: false }) => {
    const next: Record<string, Query[string]> = {};
    for (const name of new Set(params.keys())) next[name] = params.getAll(name);
    route(`${path}${queryString({ ...next, ...changes })}`, replace);
  };
  return [params, change];
}
