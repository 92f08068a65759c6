/** ISO 8601 dates and times, as seconds since 1970 (UTC), and their month, weekday and hour. */

const SECONDS_A_DAY = 86_400;
const ISO =
  /^(\d{4})(?:-(\d\d)-(\d\d)|\/(\d\d)\/(\d\d))(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(?:(Z)|([+-])(\d\d):?(\d\d)?))?)?$/i;

/**
 * The seconds since 1970 of `2026-01-31`, `2026/01/31`, `2026-01-31 12:30`, `2026-01-31T12:30:59.5Z` or
 * `2026-01-31T12:30+02:00`. A time without a zone is UTC.
 *
 * @returns undefined if the text is not a date
 */
export function secondsOf(text: string): number | undefined {
  const mark = text.charCodeAt(4);
  if (mark !== DASH && mark !== SLASH) return undefined;
  return plainSecondsOf(text) ?? anySecondsOf(text);
}

const [DASH, SLASH, COLON, SPACE, LETTER_T, LETTER_Z] = [0x2d, 0x2f, 0x3a, 0x20, 0x54, 0x5a];

/** As bytes. */
const plain = new DataView(new ArrayBuffer(20));

function plainSecondsOf(text: string): number | undefined {
  const { length } = text;
  if (length > plain.byteLength) return undefined;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    plain.setUint8(i, code);
  }
  return plainSecondsIn(plain, 0, length);
}

/**
 * The seconds of `2026-01-31`, `2026-01-31T12:30:59` and `2026-01-31T12:30:59Z`, which most dates are, without a regular
 * expression.
 *
 * @returns undefined if it is something else
 */
export function plainSecondsIn(text: DataView, from: number, length: number): number | undefined {
  const hasTime = length === 19 || (length === 20 && text.getUint8(from + 19) === LETTER_Z);
  if (length !== 10 && !hasTime) return undefined;
  const mark = text.getUint8(from + 4);
  if ((mark !== DASH && mark !== SLASH) || text.getUint8(from + 7) !== mark) return undefined;
  const century = digitsAt(text, from);
  const ofCentury = digitsAt(text, from + 2);
  const month = digitsAt(text, from + 5);
  const day = digitsAt(text, from + 8);
  if (century < 0 || ofCentury < 0 || month < 1 || month > 12) return undefined;
  const year = 100 * century + ofCentury;
  if (day < 1 || day > daysOf(year, month)) return undefined;
  const seconds = SECONDS_A_DAY * dayNumber(year, month, day);
  if (!hasTime) return seconds;
  const between = text.getUint8(from + 10);
  if (between !== LETTER_T && between !== SPACE) return undefined;
  if (text.getUint8(from + 13) !== COLON || text.getUint8(from + 16) !== COLON) return undefined;
  const hour = digitsAt(text, from + 11);
  const minute = digitsAt(text, from + 14);
  const second = digitsAt(text, from + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  return seconds + 3600 * hour + 60 * minute + second;
}

/** Two digits; -1 if one of the characters is not a digit. */
function digitsAt(text: DataView, at: number): number {
  const tens = text.getUint8(at) - 0x30;
  const ones = text.getUint8(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1;
}

function anySecondsOf(text: string): number | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const part = (i: number) => Number(found[i] ?? 0);
  const [year, month, day] = [part(1), part(2) || part(4), part(3) || part(5)];
  const [hour, minute, second, zoneHours, zoneMinutes] = [part(6), part(7), part(8), part(12), part(13)];
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 23 || zoneMinutes > 59) return undefined;
  const zone = (found[11] === '-' ? -60 : 60) * (60 * zoneHours + zoneMinutes);
  const fraction = found[9] === undefined ? 0 : Number(`0.${found[9]}`);
  return SECONDS_A_DAY * dayNumber(year, month, day) + 3600 * hour + 60 * minute + second - zone + fraction;
}

/** `2026-01-31`, or `2026-01-31T12:30:00Z` if there is a time. */
export function isoOf(seconds: number): string {
  const text = new Date(1000 * seconds).toISOString().replace('.000Z', 'Z');
  return text.replace('T00:00:00Z', '');
}

/** From 1 to 12. */
export function monthOf(seconds: number): number {
  // Howard Hinnant's civil_from_days: eras of 400 years, which begin in March. http://howardhinnant.github.io/date_algorithms.html
  const days = Math.floor(seconds / SECONDS_A_DAY) + 719_468;
  const ofEra = days - 146_097 * Math.floor(days / 146_097);
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  return fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
}

/** From 1 (Monday) to 7, as in ISO 8601. */
export function weekdayOf(seconds: number): number {
  // 1970-01-01 was a Thursday.
  const days = Math.floor(seconds / SECONDS_A_DAY) + 3;
  return days - 7 * Math.floor(days / 7) + 1;
}

/** From 0 to 23. */
export function hourOf(seconds: number): number {
  return Math.floor((seconds - SECONDS_A_DAY * Math.floor(seconds / SECONDS_A_DAY)) / 3600);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970: Hinnant's days_from_civil. */
function dayNumber(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(fromMarch / 400);
  const ofEra = fromMarch - 400 * era;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return 146_097 * era + 365 * ofEra + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}
