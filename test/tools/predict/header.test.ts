/** Rows of CSV as they come: none is lost as a header that it is not, and names are found as training finds them. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../../src/config/options.js';
import { Random } from '../../../src/model/random.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { runHere } from '../../support/run-here.js';
import { csvOf } from '../../support/tables.js';
import { TRIES_ALL } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const [DATA, MODEL] = [`${folder.path}/table.csv`, `${folder.path}/model.safetensors`];

async function modelOf(text: string, options: TrainOptions): Promise<void> {
  writeFileSync(DATA, text);
  await collect({ data: DATA, testSplit: 0, hidden: [2], epochs: 1, threads: 1, save: MODEL, ...options });
}

async function predicted(text: string): Promise<{ readonly ids: unknown[]; readonly stderr: string }> {
  const { stdout, stderr } = await runHere(['predict', MODEL, '--format', 'ndjson'], text);
  const lines = stdout.split('\n').filter(Boolean);
  return { ids: lines.map((line) => (JSON.parse(line) as { id: unknown }).id), stderr };
}

const random = new Random(3, 1);
const COLORS = ['red', 'blue', 'green'];
const WORDS = Array.from({ length: 12 }, (_, i) => [
  COLORS[random.below(3)]!,
  ['round', 'square'][random.below(2)]!,
  ['big', 'small'][random.below(2)]!,
  ['yes', 'no'][i % 2]!,
]);
const NUMBERED = WORDS.map((row, i) => [row[0]!, String((i * 7) % 5), `2026-01-${10 + i}`, row[3]!]);
const linesFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

describe('a network that was trained without a header', () => {
  it.each([
    ['words', WORDS],
    ['numbers and dates among words', NUMBERED],
  ])('predicts every row of %s, with and without the label', async (_, rows) => {
    await modelOf(csvOf(rows), { label: '4' });
    expect(await predicted(csvOf(rows))).toEqual({ ids: linesFrom(1, 12), stderr: '' });
    const unlabeled = rows.map((row) => row.slice(0, 3));
    expect(await predicted(csvOf(unlabeled))).toEqual({ ids: linesFrom(1, 12), stderr: '' });
    if (TRIES_ALL || rows === WORDS) expect((await predicted(csvOf(unlabeled.slice(0, 1)))).ids).toEqual([1]);
  });

  it('takes no row of unknown words for a header', async () => {
    await modelOf(csvOf(WORDS), { label: '4' });
    const { ids, stderr } = await predicted('pink,oval,huge\nred,round,big\n');
    expect(ids).toEqual([1, 2]);
    expect(stderr).toContain('column 1: 1 cell has a category that no training row had');
  });

  it('passes over names above numbers', async () => {
    await modelOf(csvOf(NUMBERED), { label: '4' });
    expect((await predicted(csvOf([['color', 'count', 'day', 'kind'], ...NUMBERED]))).ids).toEqual(linesFrom(2, 12));
    // One odd cell of a known color is no header: it is reported.
    const { ids, stderr } = await predicted('red,many,2026-01-10\nred,2,2026-01-10\n');
    expect(ids).toEqual([2]);
    expect(stderr).toContain('row 1, column 2: many; expected a number');
  });
});

describe('a network that was trained with a header', () => {
  it('predicts rows of words without one', async () => {
    await modelOf(csvOf([['color', 'shape', 'size', 'kind'], ...WORDS]), { label: 'kind' });
    expect(await predicted(csvOf(WORDS))).toEqual({ ids: linesFrom(1, 12), stderr: '' });
    expect((await predicted('colour,shapes,sizes\nred,round,big\n')).stderr).toContain('no column color');
  });

  it.each([
    [',,a,kind', ['1', '2', 'a']],
    [',,1,kind', ['1_', '2', '1']],
  ])('knows its unnamed columns again: %s', async (header, names) => {
    const text = `${header}\n1,2,3,x\n3,4,5,y\n1,6,3,x\n3,4,7,y\n`;
    await modelOf(text, { label: 'kind' });
    expect(await predicted(text)).toEqual({ ids: linesFrom(2, 4), stderr: '' });
    expect((await predicted(JSON.stringify(Object.fromEntries(names.map((name) => [name, 1]))))).stderr).toBe('');
    if (!TRIES_ALL && names[0] !== '1') return;
    const { stderr, status } = await runHere(['evaluate', MODEL, '--data', DATA]);
    expect([status, stderr]).toEqual([0, '']);
  });
});
