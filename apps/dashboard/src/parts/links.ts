/** URLs of pages. Ids are in the query, because they may contain any character, also slashes and dots. */
export const BASE = '/ui';

export const links = {
  overview: `${BASE}/`,
  promises: `${BASE}/promises`,
  tasks: `${BASE}/tasks`,
  schedules: `${BASE}/schedules`,
  cluster: `${BASE}/cluster`,
  deadLetters: `${BASE}/dead-letters`,
  promise: (id: string) => `${BASE}/promise?id=${encodeURIComponent(id)}`,
  graph: (root: string) => `${BASE}/graph?root=${encodeURIComponent(root)}`,
  schedule: (id: string) => `${BASE}/schedules?id=${encodeURIComponent(id)}`,
} as const;
