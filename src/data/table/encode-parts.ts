/** Fits the encoding and the scaling of a table to its training rows, and encodes all parts. */
import { errors } from '../../errors.js';
import type { Samples } from '../samples.js';
import { columnInWords } from './columns.js';
import { isoOf } from './dates.js';
import { type Encoding, fitEncoding, inputsOf } from './encoding.js';
import { RowEncoder } from './row-encoder.js';
import { fitScaling, type Scale } from './scaling.js';
import type { Steps } from './steps.js';
import type { TableFacts, TableModel } from './table-metadata.js';
import type { TableRows } from './table-rows.js';
import { countMissing } from './typed-table.js';

interface SplitSamples {
  readonly train: Samples;
  readonly validation: Samples;
  readonly test: Samples;
}

/** What a column is made into, for people. */
export interface ColumnSummary {
  readonly name: string;
  readonly kind: 'number' | 'category' | 'date';
  /** Number of inputs. */
  readonly inputs: number;
  /** Number of missing cells in the training rows; in a private run, in the public rows. */
  readonly missing: number;
  /** Replaces missing numbers and dates (ISO 8601); null for a category. */
  readonly fill: number | string | null;
  /** Of a category, in the order of the inputs; null for other kinds. */
  readonly levels: readonly string[] | null;
}

/**
 * Fits everything only on the training samples, or on others that are given.
 *
 * @throws LockstepError if a scaled number exceeds float32
 */
export function* encodeParts<Given extends SplitSamples>(
  used: Given,
  facts: TableFacts,
  scale: Scale,
  fittedTo: Samples = used.train,
): Steps<{
  readonly used: Given & { readonly inputs: number };
  readonly table: TableModel;
  readonly summaries: readonly ColumnSummary[];
}> {
  const { train } = used;
  const { columns } = fittedTo.table!;
  const rows = fittedTo.table!.rows.subarray(0, fittedTo.count);
  const encodings: Encoding[] = [];
  for (const column of columns) encodings.push(yield* fitEncoding(column, rows, scale === 'piecewise-linear'));
  const scaling = yield* fitScaling(columns, encodings, rows, scale);
  const table: TableModel = { ...facts, encodings, scale, scaling, isSingle: false };
  const encoder = new RowEncoder(table);
  const parts = {
    train: yield* encodedBy(encoder, train, table),
    validation: yield* encodedBy(encoder, used.validation, table),
    test: yield* encodedBy(encoder, used.test, table),
  };
  const summaries: ColumnSummary[] = [];
  for (const [i, { name, kind }] of facts.columns.entries()) {
    const encoding = encodings[i]!;
    const missing = yield* countMissing(columns[i]!, rows);
    const fill = encoding.kind === 'category' ? null : encoding.kind === 'date' ? isoOf(encoding.fill) : encoding.fill;
    const levels = encoding.kind === 'category' ? encoding.levels : null;
    summaries.push({ name, kind, inputs: inputsOf(encoding), missing, fill, levels });
  }
  return { used: { ...used, inputs: encoder.inputs, ...parts }, table, summaries };
}

/** @throws LockstepError if a scaled number exceeds float32 */
export function* encodedBy<Part extends Samples>(encoder: RowEncoder, samples: Part, model: TableModel): Steps<Part> {
  if (!samples.table) return samples;
  const table: TableRows = yield* samples.table.encodedBy(encoder);
  const column = yield* table.tooLarge(samples.count);
  if (column !== undefined) {
    const { position } = model.columns[column]!;
    throw errors.scaledTooLarge(model.scale, columnInWords(position, namedColumns(model)));
  }
  return { ...samples, table };
}

/** For messages: the columns of the training table, as far as they are known. */
function namedColumns({ columns, hasNames, width }: TableFacts) {
  const names = Array.from({ length: width }, (_, i) => String(i + 1));
  for (const { name, position } of columns) names[position] = name;
  return { names, hasHeader: hasNames };
}
