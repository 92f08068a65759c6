import { afterEach, describe, expect, it, vi } from 'vitest';
import { NO_SAMPLES } from '../../../src/data/samples.js';
import { splitting } from '../../../src/data/split.js';
import { classesOf } from '../../../src/data/table/classes.js';
import { chooseColumns } from '../../../src/data/table/columns.js';
import { encodeParts } from '../../../src/data/table/encode-parts.js';
import { MissingValues } from '../../../src/data/table/missing.js';
import type { RawColumn, RawTable } from '../../../src/data/table/raw-table.js';
import { readRawTableFrom } from '../../../src/data/table/read-raw-table.js';
import { atOnce, inTurns, ROWS_A_STEP, type Steps } from '../../../src/data/table/steps.js';
import type { TableFacts } from '../../../src/data/table/table-metadata.js';
import { TableRows } from '../../../src/data/table/table-rows.js';
import { isBad, type TypedColumn, typeColumn } from '../../../src/data/table/typed-table.js';

afterEach(() => void vi.restoreAllMocks());

/** Counts how many elements of an array are read from one yield to the next. */
class Reads {
  /** Of any array. */
  most = 0;
  all = 0;
  readonly #counts: { since: number }[] = [];

  of<T extends object>(array: T): T {
    const count = { since: 0 };
    this.#counts.push(count);
    return new Proxy(array, {
      get: (target, key) => {
        const value = (target as Readonly<Record<string | symbol, unknown>>)[key];
        if (typeof value === 'function') return value.bind(target) as unknown;
        count.since++;
        return value;
      },
    });
  }

  run<T>(steps: Steps<T>): T {
    for (;;) {
      const { value, done } = steps.next();
      for (const count of this.#counts) {
        this.most = Math.max(this.most, count.since);
        this.all += count.since;
        count.since = 0;
      }
      if (done) return value;
    }
  }
}

/** Some loops read an element twice, and the length. */
const MOST_READS = 3.1 * ROWS_A_STEP;
const ROWS = 3.5 * ROWS_A_STEP;

function column(reads: Reads, cell: (row: number) => number | string): RawColumn {
  const numbers = new Float64Array(ROWS).fill(Number.NaN);
  const codes = new Uint32Array(ROWS);
  const texts = new Map<string, number>();
  for (let row = 0; row < ROWS; row++) {
    const given = cell(row);
    if (typeof given === 'number') numbers[row] = given;
    else {
      if (!texts.has(given)) texts.set(given, texts.size + 1);
      codes[row] = texts.get(given)!;
    }
  }
  return { numbers: reads.of(numbers), codes: reads.of(codes), texts: reads.of([...texts.keys()]) };
}

const date = (row: number) => new Date(1000 * 86_400 * row).toISOString().slice(0, 19);

describe('no step takes long, however many rows there are', () => {
  const reads = new Reads();
  const columns = [
    column(reads, (row) => row % 7),
    column(reads, (row) => (row % 10 === 0 ? '' : Math.sin(row))),
    column(reads, date),
    column(reads, (row) => `level ${(row * 7919) % 50_021}`),
    column(reads, (row) => `user ${row}`),
    column(reads, (row) => (row * 7919) % ROWS),
  ];
  const names = ['label', 'number', 'date', 'level', 'user', 'id'];
  const raw: RawTable = { names, hasHeader: true, count: ROWS, columns, lineOf: (row) => row };
  const missing = new MissingValues();

  it('columns are chosen and typed, classes are found', () => {
    const chosen = reads.run(chooseColumns('T', raw, [0], {}, missing));
    expect(chosen.inputs.map(({ name, kind }) => [name, kind])).toEqual([
      ['number', 'number'],
      ['date', 'date'],
      ['level', 'category'],
    ]);
    expect(chosen.leftOut).toHaveLength(2);
    reads.run(typeColumn(columns[1]!, 'number', missing));
    reads.run(typeColumn(columns[2]!, 'date', missing));
    for (const each of [columns[0]!, columns[3]!]) reads.run(typeColumn(each, 'category', missing));
    const { names: classes } = reads.run(classesOf('T', 'label', columns[0]!));
    expect(classes).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(reads.all).toBeGreaterThan(10 * ROWS);
    expect(reads.most).toBeLessThanOrEqual(MOST_READS);
  });

  it('rows are encoded and written', () => {
    const own = new Reads();
    const kinds = ['number', 'date', 'category'] as const;
    const typed = kinds.map((kind, i): TypedColumn => {
      const found = atOnce(typeColumn(columns[i + 1]!, kind, missing));
      if (isBad(found)) throw new Error(kind);
      return found.kind === 'category'
        ? { ...found, codes: own.of(found.codes), levels: own.of(found.levels) }
        : { ...found, numbers: own.of(found.numbers) };
    });
    const facts: TableFacts = {
      label: { name: 'label', position: 0 },
      columns: kinds.map((kind, i) => ({ name: names[i + 1]!, position: i + 1, kind })),
      hasNames: true,
      width: 6,
      missing: { mode: 'fill', values: [] },
      classNames: [0, 1, 2, 3, 4, 5, 6],
    };
    const rows = Uint32Array.from({ length: ROWS }, (_, row) => row);
    const table = new TableRows(typed, rows);
    const train = { count: ROWS, values: new Uint8Array(0), table, targets: new Uint32Array(ROWS), sha256: '' };
    const parts = { train, validation: NO_SAMPLES, test: NO_SAMPLES };
    const { used } = own.run(encodeParts(parts, facts, 'standard'));
    const encoded = used.train.table;
    const nonzeros = own.run(encoded.countNonzeros(ROWS));
    const [starts, index, value] = [new Uint32Array(ROWS + 1), new Uint32Array(nonzeros), new Float32Array(nonzeros)];
    own.run(encoded.write(ROWS, starts, index, value));
    expect(starts[ROWS]).toBe(nonzeros);
    expect(own.all).toBeGreaterThan(10 * ROWS);
    expect(own.most).toBeLessThanOrEqual(MOST_READS);
  });

  it('rows are split', () => {
    const own = new Reads();
    const classes = own.of(Uint32Array.from({ length: ROWS }, (_, row) => row % 7));
    const { kept, apart } = own.run(splitting(ROWS, 0.2, 1, 2, classes));
    expect(kept.length + apart.length).toBe(ROWS);
    expect(own.most).toBeLessThanOrEqual(MOST_READS);
  });
});

describe('others can run', () => {
  /** As if every look at the clock showed that others have waited long enough. */
  function impatient() {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 1000;
      return now;
    });
    return vi.spyOn(globalThis, 'setImmediate');
  }

  it('between any two steps', async () => {
    const pauses = impatient();
    await inTurns(splitting(ROWS, 0.2, 1, 2));
    expect(pauses.mock.calls.length).toBeGreaterThanOrEqual(ROWS / ROWS_A_STEP);
  });

  it.each([
    ['CSV', (row: number) => `${row},text ${row % 100},${date(row % 1000)}\n`],
    ['NDJSON', (row: number) => `{"a":${row},"b":"text ${row % 100}","c":null}\n`],
  ])('after every quarter of a megabyte of %s', async (_, line) => {
    const text = Array.from({ length: 40_000 }, (_, row) => line(row)).join('');
    const pauses = impatient();
    const table = await readRawTableFrom('T', chunksOf(Buffer.from(text)));
    expect(table.count).toBe(40_000);
    expect(text.length).toBeGreaterThan(4 * 2 ** 18);
    expect(pauses.mock.calls.length).toBeGreaterThanOrEqual(text.length / 2 ** 18);
  });

  it('and can end it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    impatient();
    const work = inTurns(splitting(ROWS, 0.2, 1, 2), controller.signal);
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
  });
});

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
