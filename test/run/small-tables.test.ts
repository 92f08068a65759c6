/** Small tables as people have them, one of each kind: what a first command on them gives, mostly with the default options. */
import { afterAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../src/data/sources.js';
import { fit as fitted } from '../../src/index.js';
import { Random } from '../../src/model/random.js';
import type { TrainInput } from '../../src/run/train.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { csvOf } from '../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function factsOf(name: string, text: string, label: string) {
  const { train, table, remarks } = await loadDataset(folder.write(name, text), { label });
  return {
    rows: train.count,
    classes: table!.classNames,
    columns: table!.columns.map((column) => [column.name, column.kind]),
    warnings: remarks!.map(({ code }) => code),
  };
}

describe('a first row', () => {
  it('of numbers and one odd cell is data, and the message about the cell helps', async () => {
    const text = '5,-,1,x\n3,4,2,z\n5,6,3,x\n7,8,4,z\n';
    const data = folder.write('odd.csv', text);
    expect((await refusalOf(() => loadDataset(data, { label: '4' }))).message).toMatch(
      /odd.csv: column 2: 1 of 4 cells is not a number \(row 1: -\); if it is a missing value, use --missing-values -;/,
    );
    const { train, table } = await loadDataset(data, { label: '4', missingValues: ['-'] });
    expect(train.count).toBe(4);
    expect(table!.columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'number']);
  });

  it.each<[string, string, string, unknown]>([
    [
      'of 0, 1, 2 is a header',
      '0,1,2\n0.5,1.5,7\n0.1,1.1,8\n0.4,1.2,7\n0.2,1.0,8\n',
      '2',
      { rows: 4, classes: [7, 8], columns: ['0', '1'], warnings: [] },
    ],
    [
      'with an unnamed column that counts the rows',
      '"","a","b","y"\n"1",0.5,2,"u"\n"2",0.1,3,"u"\n"3",0.9,1,"v"\n"4",0.7,5,"v"\n"5",0.3,4,"u"\n"6",0.8,2,"v"\n',
      'y',
      { rows: 6, classes: ['u', 'v'], columns: ['a', 'b'], warnings: ['columns_left_out'] },
    ],
    [
      'with a semicolon in a name',
      'height (cm; mean),weight,y\n1,2,x\n3,4,z\n5,6,x\n7,8,z\n',
      'y',
      { rows: 4, classes: ['x', 'z'], columns: ['height (cm; mean)', 'weight'], warnings: [] },
    ],
  ])('%s', async (name, text, label, expected) => {
    const { columns, ...others } = await factsOf(`${name.replaceAll(/\W/g, '-')}.csv`, text, label);
    expect({ ...others, columns: columns.map(([column]) => column) }).toEqual(expected);
    expect(columns.every(([, kind]) => kind === 'number')).toBe(true);
  });
});

describe('cells', () => {
  it('integers beyond 2^53 are as many classes from NDJSON as from CSV', async () => {
    const labels = ['9007199254740993', '9007199254740992', '9007199254740995', '9007199254740996'];
    const lines = labels.map((y, i) => `{"a":${2 * i + 1},"b":${2 * i + 2},"y":${y}}\n`);
    const ofJson = await factsOf('big.ndjson', lines.join(''), 'y');
    const rows = labels.map((y, i) => [2 * i + 1, 2 * i + 2, y]);
    expect(ofJson).toEqual(await factsOf('big.csv', csvOf([['a', 'b', 'y'], ...rows]), 'y'));
    expect(ofJson.classes).toEqual([...labels].sort());
  });

  it('blanks before quotes are no part of a class', async () => {
    const text = 'a,b,y\n1, 2, "x"\n3, 4, "z"\n5, 6, "x"\n7, 8, "z"\n';
    expect(await factsOf('blanks.csv', text, 'y')).toMatchObject({ rows: 4, classes: ['x', 'z'] });
  });

  it('a JSON document has its rows, and true and false are a category', async () => {
    const rows = [1, 2, 3, 4].map((a) => ({ a, b: a % 2 === 1, y: a % 2 === 1 ? 'u' : 'v' }));
    const { columns, ...others } = await factsOf('document.json', JSON.stringify(rows, null, 1), 'y');
    expect(others).toEqual({ rows: 4, classes: ['u', 'v'], warnings: [] });
    expect(columns).toEqual([
      ['a', 'number'],
      ['b', 'category'],
    ]);
  });

  it('semicolons go with decimal commas and ISO dates', async () => {
    const text = 'when;price;y\n2026-01-05;1,5;u\n2026-02-11;2,25;v\n2026-03-02;3,0;u\n2026-04-19;4,75;v\n';
    expect(await factsOf('decimal-comma.csv', text, 'y')).toMatchObject({
      rows: 4,
      columns: [
        ['when', 'date'],
        ['price', 'number'],
      ],
    });
  });
});

it('times in seconds since 1970 keep all their values after scaling', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ t: 1_700_000_000 + i, b: i % 7, y: i < 30 ? 'a' : 'b' }));
  const data = folder.write('times.csv', csvOf([['t', 'b', 'y'], ...rows.map(({ t, b, y }) => [t, b, y])]));
  const model = await fitted({ data, label: 'y', testSplit: 0, threads: 1 });
  expect(model.predict(rows).map(({ className }) => className)).toEqual(rows.map(({ y }) => y));
  // In float32, neighboring times would be equal.
  expect(new Set(rows.map((row) => model.network.sampleOf(row).value[0])).size).toBe(60);
});

/** 2.75 % of the rows are the class that matters, shifted by 1.2 standard deviations in each column. */
function rareRows(): (string | number)[][] {
  const random = new Random(7, 0);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
  return Array.from({ length: 2000 }, (_, i) => {
    const isFraud = i % 400 < 11;
    return [...[0, 0, 0].map(() => (normal() + (isFraud ? 1.2 : 0)).toFixed(4)), isFraud ? 'fraud' : 'ok'];
  });
}

describe('a rare class', () => {
  const trained = async (options: TrainInput) => {
    const data = folder.write('rare.csv', csvOf([['x1', 'x2', 'x3', 'y'], ...rareRows()]));
    const warnings: string[] = [];
    const model = await fitted({
      ...{ data, label: 'y', testSplit: 0, optimizer: 'adam', epochs: 10, threads: 1 },
      ...options,
      onEvent: (event) => event.event === 'warning' && warnings.push(event.code),
    });
    if (model.kind !== 'classifier') throw new Error(model.kind);
    const { classes } = await model.evaluate(data, { resamples: 0 });
    return { warnings, recall: classes.find((each) => each.class === 'fraud')!.recall };
  };

  it('is found with balanced weights', async () => {
    const { warnings, recall } = await trained({ classWeights: ['balanced'] });
    expect(recall).toBeGreaterThan(0.7);
    expect(warnings).toEqual([]);
  });

  it('is passed over without them, with a warning', async () => {
    const { warnings, recall } = await trained({});
    expect(recall).toBeLessThan(0.4);
    expect(warnings).toEqual(['no_better_than_constant']);
  });
});

describe('the default test set', () => {
  const random = new Random(11, 0);
  it('of a mixed table is classified well', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => {
      const isBig = random.below(2) === 1;
      const mass = (isBig ? 4700 : 3500) + random.below(600);
      const cell = (value: string | number, share: number) => (random.below(share) === 0 ? 'NA' : value);
      const when = new Date(Date.UTC(2025, random.below(12), 1 + random.below(28))).toISOString().slice(0, 10);
      const island = ['north', 'east', 'south'][random.below(3)]!;
      const sex = cell(random.below(2) === 1 ? 'm' : 'f', 3);
      return [1000 + i, island, cell(mass, 15), sex, when, isBig ? 'big' : 'small'];
    });
    const data = folder.write('mixed.csv', csvOf([['id', 'island', 'mass', 'sex', 'when', 'y'], ...rows]));
    expect(await factsOf('mixed.csv', csvOf([['id', 'island', 'mass', 'sex', 'when', 'y'], ...rows]), 'y')).toEqual({
      rows: 120,
      classes: ['big', 'small'],
      columns: [
        ['island', 'category'],
        ['mass', 'number'],
        ['sex', 'category'],
        ['when', 'date'],
      ],
      warnings: ['columns_left_out'],
    });
    expect((await collect({ data, label: 'y', threads: 1 })).end.test_error).toBeLessThan(0.1);
  });

  it('of prices is estimated well', async () => {
    const districts = { hill: 1, harbor: 1.2, 'old town': 1.4 };
    const names = Object.keys(districts) as (keyof typeof districts)[];
    const rows = Array.from({ length: 150 }, () => {
      const [area, rooms, district] = [(300 + random.below(1200)) / 10, 1 + random.below(6), names[random.below(3)]!];
      const price = (2000 * area + 8000 * rooms) * districts[district] + 8000 * (2 * random.fraction() - 1);
      return [area, rooms, district, Math.round(price)];
    });
    const data = folder.write('prices.csv', csvOf([['area', 'rooms', 'district', 'price'], ...rows]));
    expect((await collect({ data, target: ['price'], threads: 1 })).end.test_r2).toBeGreaterThan(0.9);
  });
});
