/** How events can be written. (By itself, so that what asks for the names alone does not load what writes.) */
export const FORMATS = ['ndjson', 'pretty'] as const;
export type Format = (typeof FORMATS)[number];
