/**
 * Who may ask. The page is for browsers on this machine, and whatever else a browser shows must neither read a run nor have
 * anything done: so a request must name this machine (a foreign name that was made to resolve to it is refused), and must
 * not come from another site's page.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** On every response. */
export const HEADERS: OutgoingHttpHeaders = {
  // Nothing but what this server itself serves; pictures are drawn, and nothing is framed or sent elsewhere.
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
  // Another page may have a link to this one, which opens it as a page of its own.
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isLink && origin === undefined ? undefined : 'Sec-Fetch-Site: expected this page';
}
