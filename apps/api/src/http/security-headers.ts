/** Headers of every answer: no cache may keep it, and no browser may use it as a page or a script. */
export const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

/** Headers of pages that a browser can open by a link. */
export const PAGE_HEADERS = {
  ...SECURITY_HEADERS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;
