/** Writes events as NDJSON. */
import type { Transform } from 'node:stream';
import ndjson from 'ndjson';
import { errors } from '../errors.js';
import { escapedJson } from '../text/printable.js';

/** A stream from events to lines. Events must have passed `requirePlain`. */
export function ndjsonLines(): Transform {
  const lines = ndjson.stringify();
  const push = lines.push.bind(lines);
  lines.push = (line: string | null) => push(line === null ? null : escapedJson(line));
  return lines;
}

export function ndjsonLine(value: unknown): string {
  return `${escapedJson(JSON.stringify(value))}\n`;
}

/**
 * JSON.stringify silently converts NaN and infinity to null, and omits undefined and functions. The types of the events do
 * not rule out all of these.
 *
 * @throws LockstepError that names the field
 */
export function requirePlain(event: { readonly event: string }): void {
  requirePlainValue(event.event, event, '');
}

function requirePlainValue(event: string, value: unknown, field: string): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) requirePlainValue(event, each, field ? `${field}.${key}` : key);
    return;
  }
  const isPlain = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  if (!isPlain) throw errors.notPlain(event, field, value);
}
