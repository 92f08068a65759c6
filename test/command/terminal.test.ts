/** A run on a terminal: what the progress bar does to it, and that it is put in order again. */
import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { fixtures, root, trainCommand } from '../support/paths.js';
import { IRIS } from '../support/tables.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

type Step =
  | readonly ['expect', pattern: string]
  | readonly ['key', text: string]
  | readonly ['stopped' | 'continue' | 'end']
  | readonly ['resize', columns: number];

/** What stands in a line of the terminal, one text after another. */
function shownLines(written: string): string[] {
  return written.split('\r').map((text) => stripVTControlCharacters(text));
}

interface Seen {
  /** What was written, step by step. */
  readonly segments: readonly string[];
  readonly status: number;
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

const HIDE = '\x1b[?25l\x1b[?7l';
const RESTORE = '\r\x1b[K\x1b[?7h\x1b[?25h';
const BAR = 'epoch 1/\\d+.*\\x1b\\[K';

describe.skipIf(!hasPython)('on a terminal (skipped where there is no python3 to make one)', () => {
  let data: Folder;
  beforeAll(async () => {
    data = await mnistPart(2000, 100);
  });
  afterAll(() => data.remove());

  /** An epoch that takes longer than the test. */
  const slow = () => [
    '--data',
    data.path,
    '--threads',
    '1',
    '--hidden',
    '2000,2000',
    '--batch-size',
    '10',
    '--epochs',
    '9',
  ];

  async function onTerminal(
    columns: number,
    args: readonly string[],
    steps: readonly Step[],
    command = trainCommand,
  ): Promise<Seen> {
    const script = [path.join(fixtures, 'terminal.py'), String(columns), JSON.stringify(steps)];
    const env = { ...process.env, TERM: 'xterm-256color' };
    const { stdout } = await promisify(execFile)('python3', [...script, process.execPath, command, ...args], {
      env,
    });
    return JSON.parse(stdout) as Seen;
  }

  it('Ctrl-Z gives the cursor and wrapping back, fg takes them again with the bar, and Ctrl-C gives them back', async () => {
    const { segments, status } = await onTerminal(80, slow(), [
      ['expect', BAR],
      ['key', '\x1a'],
      ['stopped'],
      ['continue'],
      ['expect', BAR],
      ['key', '\x03'],
      ['end'],
    ]);
    const [begun = '', , stopped = '', , resumed = '', , ended = ''] = segments;
    expect(begun).toContain(HIDE);
    expect(stopped.endsWith(RESTORE)).toBe(true);
    expect(resumed.startsWith(`${HIDE}\repoch 1/`)).toBe(true);
    expect(ended).toContain(RESTORE);
    // Nothing takes them away behind that.
    expect(ended.lastIndexOf(RESTORE)).toBeGreaterThan(ended.lastIndexOf(HIDE));
    expect(status).toBe(130);
  });

  it.each([
    ['a second Ctrl-C', ['\x03', '\x03'], 130],
    ['Ctrl-\\', ['\x1c'], -3],
  ])('%s gives the cursor and wrapping back', async (_, keys, expected) => {
    const { segments, status } = await onTerminal(80, slow(), [
      ['expect', BAR],
      ...keys.map((key) => ['key', key] as const),
      ['end'],
    ]);
    expect(segments.at(-1)).toContain(RESTORE);
    expect(status).toBe(expected);
  });

  it('the bar is no wider than the terminal, also when that gets narrower', async () => {
    const { segments } = await onTerminal(80, slow(), [
      ['expect', BAR],
      ['resize', 40],
      // Drawn for 80 columns, and then for 40.
      ['expect', `${BAR}(.|\\s)*\\repoch[^\\x1b]{1,38}\\x1b`],
      ['expect', `(\\r[^\\r]*){3}`],
      ['key', '\x03'],
      ['end'],
    ]);
    const barsIn = (text: string) => shownLines(text).filter((line) => line.includes('░'));
    const widest = (text: string) => Math.max(...barsIn(text).map(({ length }) => length));
    expect(widest(segments[0]!)).toBeGreaterThan(40);
    expect(widest(segments[0]!)).toBeLessThanOrEqual(80);
    expect(widest(segments[3]!)).toBeLessThan(40);
  });

  const counted: readonly (readonly [name: string, args: readonly string[], unit: string])[] = [
    ['cv', ['cv', '--folds', '2'], 'folds'],
    ['search', ['search', '--lr', '0.01..0.02', '--trials', '2'], 'trials'],
    ['an ensemble', ['train', '--ensemble', '2'], 'networks'],
  ];
  it.each(casesOf(counted, ([name]) => name === 'cv'))('%s counts its runs', async (_, args, unit) => {
    const lockstep = path.join(root, 'dist/bundle/lockstep.js');
    const { segments, status } = await onTerminal(
      80,
      [...args, '--data', IRIS, '--label', 'species', '--epochs', '2'],
      [['expect', `0/2 ${unit} ░{20}\x1b`], ['expect', `1/2 ${unit} █{10}░{10} · d:dd left\x1b`], ['end']],
      lockstep,
    );
    const last = segments.join('');
    expect(last.lastIndexOf(RESTORE)).toBeGreaterThan(last.lastIndexOf(HIDE));
    // Below the last line of the table, nothing is left of the bar.
    expect(shownLines(last).at(-1)).not.toContain(unit);
    expect(status).toBe(0);
  });

  it.each(valuesOf([40, 80], [40]))('no row of the table is wider than %i columns', async (columns) => {
    const quick = [
      '--data',
      data.path,
      '--threads',
      '1',
      '--hidden',
      '4',
      '--epochs',
      '2',
      '--validation-split',
      '0.1',
    ];
    const { segments, status } = await onTerminal(columns, quick, [['end']]);
    // (Behind a bar that has been taken away.)
    const rows = segments[0]!
      .split('\r\n')
      .map((line) => shownLines(line).at(-1)!)
      .filter((line) => /^ *(epoch +loss|\d+ +\d)/.test(line));
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(columns);
    expect(status).toBe(0);
  });
});
