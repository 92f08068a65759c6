/** Prints a model: its metadata, and one row per tensor. */
import { shown } from '../../src/errors.js';
import type { ModelEvent, TensorStatistics } from '../../src/metrics/events.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine, wrapped } from '../../src/text/printable.js';

const COLUMNS: Readonly<Record<string, (tensor: TensorStatistics) => string>> = {
  tensor: ({ name }) => name,
  shape: ({ shape }) => shape.join(' × '),
  type: ({ type }) => type,
  min: ({ min }) => figure(min),
  max: ({ max }) => figure(max),
  mean: ({ mean }) => figure(mean),
  std: ({ std }) => figure(std),
  'L2 norm': ({ l2 }) => figure(l2),
  zeros: ({ zeros }) => `${(zeros * 100).toFixed(1)}%`,
  NaN: ({ nan }) => grouped(nan),
  inf: ({ infinite }) => grouped(infinite),
};
/** Left-aligned columns; the others hold numbers. */
const LEFT = ['tensor', 'type'];

/** @param columns  of the terminal: columns of the tensor table that do not fit are left out */
export function modelTable(event: ModelEvent, columns = Number.POSITIVE_INFINITY): string {
  const { model, kind, bytes, layers, parameters, metadata } = event;
  const { lockstep: _, lockstep_version: version, format_version: __, weights_sha256: ___, ...others } = metadata;
  const lines: [string, string | undefined][] = [
    ['file', `${model}, ${grouped(bytes)} bytes`],
    ['kind', kind === null ? 'a network of another program' : `${kind}, written by Lockstep ${version ?? '?'}`],
    ['layers', `${layers.join('-')}, ${grouped(parameters)} parameters`],
    ['trained on', pairsOf(event.dataset)],
    ['with', pairsOf(event.config)],
    ['until', untilOf(event)],
    ['state', pairsOf(event.state)],
    ['checksum', `file: ${event.checksum}; weights: ${event.weights_checksum}`],
    ['sha256', `${event.weights_sha256} (weights)`],
    // shown() cuts long values: a table may have thousands of columns.
    ...Object.entries(others).map(([name, value]): [string, string] => [name, shown(value)]),
  ];
  const said = lines.flatMap(([name, value]) =>
    value === undefined ? [] : [[onOneLine(shown(name)), value] as const],
  );
  const width = longest(said.map(([name]) => name));
  const head = said.map(([name, value]) => `${name.padEnd(width)}  ${onOneLine(value)}`);
  return [...head.map((line) => wrapped(line, columns)), '', ...tensorTable(event.tensors, columns), ''].join('\n');
}

function tensorTable(tensors: readonly TensorStatistics[], room: number): string[] {
  const columns = Object.entries(COLUMNS).map(([name, cellOf]) => {
    const cells = [name, ...tensors.map(cellOf)];
    const width = longest(cells);
    return cells.map((cell) => (LEFT.includes(name) ? cell.padEnd(width) : cell.padStart(width)));
  });
  return columns[0]!.map((_, row) => {
    const cells = columns.map((each) => each[row]!);
    while (cells.length > 1 && cells.join('  ').length > room) cells.pop();
    return cells.join('  ').trimEnd();
  });
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0);
}

function untilOf({ epochs, step, kernel }: ModelEvent): string | undefined {
  if (epochs === null || step === null) return undefined;
  return `epoch ${grouped(epochs)}, step ${grouped(step)}, kernel ${shown(kernel)}`;
}

/** `name value` pairs, without null and false. */
function pairsOf(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'object') return shown(value);
  return Object.entries(value)
    .filter(([, each]) => each !== null && each !== false)
    .map(
      ([name, each]) => `${name.replaceAll('_', ' ')} ${typeof each === 'object' ? JSON.stringify(each) : shown(each)}`,
    )
    .join(', ');
}

function figure(value: number | null): string {
  if (value === null) return '–';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  return magnitude >= 1e-3 && magnitude < 1e5 ? value.toPrecision(4) : value.toExponential(2);
}
