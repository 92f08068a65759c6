/** Events as NDJSON lines, and nothing else: what leaves here can be read by anything that reads JSON. */
import type { Transform } from 'node:stream';
import ndjson from 'ndjson';
import { errors } from '../errors.js';
import type { TrainEvent } from '../metrics/events.js';
import { escapedJson } from '../text/printable.js';

/** A stream that takes events and gives lines. Its events must have passed `requirePlain`. */
export function ndjsonLines(): Transform {
  const lines = ndjson.stringify();
  const push = lines.push.bind(lines);
  lines.push = (line: string | null) => push(line === null ? null : escapedJson(line));
  return lines;
}

/** One value as such a line. */
export function ndjsonLine(value: unknown): string {
  return `${escapedJson(JSON.stringify(value))}\n`;
}

/**
 * JSON has no NaN or infinity (they would become null in silence), no undefined and no functions (they would be
 * left out). The events' types allow none of them, but only here is it certain.
 *
 * @throws LockstepError that names the field
 */
export function requirePlain(event: TrainEvent): void {
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
