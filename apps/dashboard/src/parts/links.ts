/** Addresses of pages. Ids go into the query: they may hold any character, slashes and dots too. */
export const BASE = '/ui';

export const links = {
  overview: `${BASE}/`,
  promises: `${BASE}/promises`,
  tasks: `${BASE}/tasks`,
  schedules: `${BASE}/schedules`,
  deadLetters: `${BASE}/dead-letters`,
  promise: (id: string) => `${BASE}/promise?id=${encodeURIComponent(id)}`,
  graph: (root: string) => `${BASE}/graph?root=${encodeURIComponent(root)}`,
  schedule: (id: string) => `${BASE}/schedules?id=${encodeURIComponent(id)}`,
} as const;
