/**
 * Access control. The page is for browsers on this machine; other sites in these browsers must not access it. A request must
 * name this machine in its Host header (which prevents DNS rebinding), and must not come from a page of another site.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** On every response. */
export const HEADERS: OutgoingHttpHeaders = {
  // Only resources of this server; no frames, no forms to other sites.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** @returns why the request is refused, or undefined */
export function refusalOf(headers: IncomingHttpHeaders, port: number): string | undefined {
  const { host, origin } = headers;
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (host === undefined || !names.includes(host.toLowerCase())) return `Host: expected ${names.join(' or ')}`;
  if (origin !== undefined && !names.some((name) => origin === `http://${name}`)) return 'Origin: expected this page';
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  // A link on another page may open this page.
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isLink && origin === undefined ? undefined : 'Sec-Fetch-Site: expected this page';
}
