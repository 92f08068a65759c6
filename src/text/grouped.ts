/** 1234567 as 1,234,567. */
export function grouped(value: number): string {
  // The first use of Intl would take 15 ms of every command's start.
  if (!Number.isSafeInteger(value)) return value.toLocaleString('en-US');
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
