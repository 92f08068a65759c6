/** Output formats. (In a separate file, so that importing the names does not load the writers.) */
export const FORMATS = ['ndjson', 'pretty'] as const;
export type Format = (typeof FORMATS)[number];
