/** Type guards for parsed JSON. */

export type Fields = Readonly<Record<string, unknown>>;

/** Whether the value is an object, but neither an array nor null. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object; none for any other value. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
