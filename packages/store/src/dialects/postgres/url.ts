/** The URL as the driver must be given it, so that its sslmode means what it means to libpq. */
export function driverUrl(url: string): string {
  // pg reads sslmode=require as verify-full unless it is told to read it as everything else does.
  const asLibpq =
    /[?&]sslmode=(?!no-verify)/.test(url) && !url.includes('uselibpqcompat') ? '&uselibpqcompat=true' : '';
  return url + asLibpq;
}
