/** What JSON from elsewhere may be. */

export type Fields = Readonly<Record<string, unknown>>;

/** An object with fields: no array, and not null. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Its fields, or none: each is to be checked anyway. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
