/** What the commands refuse to write over: what they read, what is of another kind, and where their own output goes. */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportCommand } from '../../bin/commands/export.js';
import { inspectCommand } from '../../bin/commands/inspect.js';
import { plotCommand } from '../../bin/commands/plot.js';
import { collect } from '../support/events.js';
import { root } from '../support/paths.js';
import { refusedBy } from '../support/refused-command.js';
import { EPOCH, START } from '../support/sample-events.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(150, 20);

let model: string;
beforeAll(async () => {
  model = scratch.newPath('model.safetensors');
  await collect({ data: scratch.data, hidden: [5], epochs: 1, threads: 1, save: model });
});

const newFile = (name: string, content: string) => {
  const file = scratch.newPath(name);
  writeFileSync(file, content);
  return file;
};
const linkTo = (target: string, name: string) => {
  const link = scratch.newPath(name);
  symlinkSync(target, link);
  return link;
};
const NDJSON = [START, EPOCH].map((event) => `${JSON.stringify(event)}\n`).join('');
const MINE = 'mine\n';

const COMMANDS = { export: exportCommand, inspect: inspectCommand, plot: plotCommand } as const;

/** Refused with status 2 and this message, and the file is as it was. */
async function expectRefusal(command: keyof typeof COMMANDS, args: readonly string[], file: string, message: RegExp) {
  const before = readFileSync(file);
  const { status, line } = await refusedBy(() => COMMANDS[command](args));
  expect(line).toMatch(message);
  expect([status, readFileSync(file).equals(before)]).toEqual([2, true]);
}

describe('an existing file of another kind', () => {
  const taken = (flag: string, kind: string) => new RegExp(`^${flag} .*: this file exists and is not ${kind}; choose`);

  it.each([
    ['model.onnx', 'an ONNX model'],
    ['model.npz', 'a NumPy archive'],
    ['copy.safetensors', 'a model'],
  ])('export -o %s', async (name, kind) => {
    const file = newFile(name, MINE);
    await expectRefusal('export', [model, '-o', file], file, taken('-o', kind));
  });

  it.each([
    ['--weights', 'a.svg', 'an SVG image'],
    ['--weights', 'a.png', 'a PNG image'],
    ['--errors', 'a.svg', 'an SVG image'],
    ['--errors', 'a.png', 'a PNG image'],
  ])('inspect %s %s', async (flag, name, kind) => {
    const file = newFile(name, MINE);
    await expectRefusal(
      'inspect',
      [model, flag, file, '--data', scratch.data].slice(0, flag === '--errors' ? 5 : 3),
      file,
      taken(flag, kind),
    );
  });

  it.each([
    ['a.svg', 'an SVG image'],
    ['a.png', 'a PNG image'],
  ])('plot -o %s', async (name, kind) => {
    const file = newFile(name, MINE);
    await expectRefusal('plot', [newFile('run.ndjson', NDJSON), '-o', file], file, taken('-o', kind));
  });
});

describe('what is read', () => {
  const IS_INPUT = /: same file as .*, which this command reads; choose another output file$/;

  it('export', async () => {
    await expectRefusal('export', [model, '-o', linkTo(model, 'link.safetensors')], model, IS_INPUT);
  });

  it('inspect: the model, and the data', async () => {
    await expectRefusal('inspect', [model, '-o', linkTo(model, 'link.svg')], model, IS_INPUT);
    const images = path.join(scratch.data, 't10k-images-idx3-ubyte');
    const args = [model, '--errors', linkTo(images, 'link.svg'), '--data', scratch.data];
    await expectRefusal('inspect', args, images, IS_INPUT);
  });

  it('inspect: one picture for both', async () => {
    const file = newFile('both.svg', '<svg >');
    const args = [model, '-o', file, '--errors', linkTo(file, 'link.svg'), '--data', scratch.data];
    await expectRefusal('inspect', args, file, /^--weights and --errors: both name /);
  });

  it('plot: metrics, and the font', async () => {
    const run = newFile('run.svg', NDJSON);
    await expectRefusal('plot', [run, '-o', run], run, IS_INPUT);
    const font = newFile('font.png', MINE);
    const args = [newFile('run.ndjson', NDJSON), '--font', font, '-o', font];
    await expectRefusal('plot', args, font, IS_INPUT);
  });
});

/** With stdin or stdout redirected as a shell does it. */
function run(command: string, args: readonly string[], input?: string, output?: string) {
  const [stdin, stdout] = [input && openSync(input, 'r'), output && openSync(output, 'w')] as const;
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'dist/bundle', command), ...args], {
    stdio: [stdin || 'ignore', stdout || 'pipe', 'pipe'],
  });
  for (const each of [stdin, stdout]) if (each) closeSync(each);
  return { status, stderr: String(stderr) };
}

describe('what a shell redirects', () => {
  const TABLE = `a,b,c\n${Array.from({ length: 30 }, (_, i) => `${i},${i % 7},${i % 2 ? 'odd' : 'even'}\n`).join('')}`;
  const job = ['--label', 'c', '--hidden', '3', '--epochs', '1', '--batch-size', '5', '--threads', '1'];

  it.each(process.platform === 'win32' ? ['-'] : ['-', '/dev/stdin'])(
    'train --data %s: the table that is stdin',
    (data) => {
      const file = newFile('table.csv', TABLE);
      const { status, stderr } = run('train.js', ['--data', data, ...job, '--save', file], file);
      expect(stderr).toMatch(
        /^train: --save .*table\.csv: same file as (stdin|\/dev\/stdin), which this command reads; .*\n$/,
      );
      expect([status, readFileSync(file, 'utf8')]).toEqual([2, TABLE]);
    },
  );

  it('train: the file that stdout goes to, which would get the metrics', () => {
    const file = scratch.newPath('out.ndjson');
    const { status, stderr } = run(
      'train.js',
      ['--data', newFile('table.csv', TABLE), ...job, '--save', file],
      undefined,
      file,
    );
    expect(stderr).toMatch(
      /^train: --save .*out\.ndjson: stdout is redirected to this file; choose another output file\n$/,
    );
    expect([status, readFileSync(file, 'utf8')]).toEqual([2, '']);
  });

  it('plot: the metrics that are stdin', () => {
    const file = newFile('run.svg', NDJSON);
    const { status, stderr } = run('lockstep.js', ['plot', '-o', file], file);
    expect(stderr).toMatch(/^lockstep plot: -o .*run\.svg: same file as stdin, which this command reads; .*\n$/);
    expect([status, readFileSync(file, 'utf8')]).toEqual([2, NDJSON]);
  });
});
