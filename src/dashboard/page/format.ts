/** Number formats, as in the table of the command. */

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function whole(value: number): string {
  return integer.format(value);
}

/** A fraction as a percentage. */
export function percent(fraction: number): string {
  const value = 100 * fraction;
  if (value === 0) return '0 %';
  if (value < 0.001) return '< 0.001 %';
  return `${value < 0.1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(1)} %`;
}

/** A probability, never rounded up to 100 %. */
export function chance(probability: number): string {
  if (probability > 0.999 && probability < 1) return '> 99.9 %';
  if (probability < 0.001 && probability > 0) return '< 0.1 %';
  return `${(100 * probability).toFixed(1)} %`;
}

export function loss(value: number): string {
  return value >= 100 ? value.toFixed(1) : value >= 0.01 ? value.toFixed(4) : value.toPrecision(3);
}

/** A number in the unit of the regression targets. */
export function amount(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(Number(value.toPrecision(4)));
  return value.toExponential(2);
}

/** R² */
export function ratio(value: number): string {
  return value.toFixed(4);
}

/** Undefined if there is no value. */
export function textOf(format: (value: number) => string, value: number | null | undefined): string | undefined {
  return value == null ? undefined : format(value);
}

/** A learning rate. */
export function rate(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60)];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
  return `${minutes} min ${String(total % 60).padStart(2, '0')} s`;
}

/** 1 epoch, 2 epochs */
export function counted(count: number, what: string): string {
  return `${whole(count)} ${what}${count === 1 ? '' : 's'}`;
}
