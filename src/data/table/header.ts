export const HEADERS = ['auto', 'yes', 'no'] as const;
/** Whether the first row holds column names. */
export type Header = (typeof HEADERS)[number];

/** A column that is given by its number, from 1. */
export const POSITION = /^[1-9]\d{0,8}$/;
