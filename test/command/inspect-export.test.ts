/** `lockstep inspect` and `lockstep export`: what is on stdout, what on stderr, and the exit status. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportCommand } from '../../bin/commands/export.js';
import { inspectCommand } from '../../bin/commands/inspect.js';
import { collect } from '../support/events.js';
import { refusedBy } from '../support/refused-command.js';
import { runHere } from '../support/run-here.js';
import { runLockstep } from '../support/run-lockstep.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(300, 100);
let save: string;
let sha256: string | undefined;

const lockstep = (...args: string[]) => runHere(args);

const eventsIn = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  save = scratch.newPath('model.safetensors');
  const { end } = await collect({ data: scratch.data, hidden: [7], epochs: 1, threads: 2, save });
  sha256 = end.weights_sha256;
});

describe('lockstep inspect', () => {
  it('gives an event, and one for each sheet', async () => {
    const [weights, errors] = [scratch.newPath('weights.svg'), scratch.newPath('errors.png')];
    const args = ['inspect', save, '-o', weights, '--errors', errors, '--data', scratch.data, '--count', '5'];
    const { status, stdout, stderr } = await runLockstep(args);
    expect([status, stderr]).toEqual([0, '']);
    const [model, ofWeights, ofErrors, ...rest] = eventsIn(stdout);
    expect(rest).toEqual([]);
    expect(model).toMatchObject({ event: 'model', model: save, layers: [784, 7, 10], weights_sha256: sha256 });
    expect(ofWeights).toMatchObject({ event: 'sheet', sheet: 'weights', file: weights, of: 7 });
    expect(ofWeights!.units).toHaveLength(5);
    expect(ofErrors).toMatchObject({ event: 'sheet', sheet: 'errors', file: errors });
    expect(ofErrors!.errors).toHaveLength(5);
    expect(readFileSync(weights, 'utf8')).toMatch(/^<svg /);
    expect(readFileSync(errors).subarray(1, 4).toString()).toBe('PNG');
  });

  it('gives a table when asked', async () => {
    const { status, stdout, stderr } = await lockstep('inspect', save, '--format', 'pretty');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^file {2,}.*\n(.*\n)+layers\.1\.bias .*\n$/);
  });

  it.each<[readonly string[], RegExp]>([
    [['--weights', 'a.gif'], /^--weights a\.gif: unsupported file type; expected a name that ends in \.svg or \.png/],
    [['--weights', 'a.png', '--errors', './a.png'], /both name a\.png/],
    [['--count', '5'], /--count: requires --weights or --errors/],
    [['--data', 'mnist'], /--data: requires --errors/],
    [['-o', 'a.png', '--count', '0'], /--count 0: expected a whole number from 1 to 10,000/],
    [['-o', 'a.png', '--shape', '27x28'], /--shape 27x28: expected 784 pixels, the inputs of the network/],
    [['-o', 'a.png', '--scale', '1.5'], /--scale 1\.5: expected a whole number from 1 to 64/],
    [['-o', 'a.png', '--theme', 'blue'], /--theme blue: expected one of light, dark/],
  ])('%j is wrong usage', async (args, expected) => {
    const { status, line } = await refusedBy(() => inspectCommand([save, ...args]));
    expect(status).toBe(2);
    expect(line).toMatch(expected);
  });

  it('of wrong usage says one line, and nothing on stdout', async () => {
    const { status, stdout, stderr } = await lockstep('inspect');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^lockstep inspect: missing required argument 'model'.*\n$/);
  });

  it('prints an error alone of a damaged file, wherever the damage is', async () => {
    const file = scratch.newPath('damaged.safetensors');
    const bytes = readFileSync(save);
    const seal = bytes.indexOf('"sha256":"');
    const half = Math.floor(bytes.length / 2);
    for (const at of [0, seal + 1, seal + 20, bytes.indexOf('"config"') + 12, half, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      // (With the checksum's name damaged it has none: then its weights' own must tell.)
      if (at === seal + 1) damaged[half]! ^= 1;
      writeFileSync(file, damaged);
      const { status, line } = await refusedBy(() => inspectCommand([file, '--format', 'pretty']));
      expect([at, status]).toEqual([at, 1]);
      expect(line).toContain('damaged.safetensors');
    }
    const { status, stdout, stderr } = await lockstep('inspect', file, '--format', 'pretty');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^lockstep inspect: .*damaged\.safetensors.*\n$/);
  });

  it('fails where the data do not belong to the model, having said what it is', async () => {
    const file = scratch.newPath('errors.svg');
    const { status, stdout, stderr } = await lockstep('inspect', save, '--errors', file, '--data', 'nowhere');
    expect([status, eventsIn(stdout).length]).toEqual([1, 1]);
    expect(stderr).toMatch(/^lockstep inspect: --data nowhere: no such file or folder/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('lockstep export', () => {
  it('gives an event', async () => {
    const file = scratch.newPath('model.onnx');
    const { status, stdout, stderr } = await runLockstep(['export', save, '-o', file]);
    expect([status, stderr]).toEqual([0, '']);
    const bytes = readFileSync(file).length;
    expect(eventsIn(stdout)).toEqual([
      { event: 'export', model: save, file, format: 'onnx', bytes, weights_sha256: sha256 },
    ]);
  });

  it.each<[readonly string[], number, RegExp]>([
    [[], 2, /^requires -o and a file name/],
    [['-o', 'model.csv'], 2, /^-o model\.csv: unsupported file type; expected a name that ends in/],
    [['-o', 'model.onnx', '--inputs', 'rows'], 2, /^--inputs rows: expected one of columns, matrix/],
    [['-o', 'model.npz', '--inputs', 'columns'], 2, /^--inputs requires an output file that ends in \.onnx/],
    [['-o', 'model.onnx', '--inputs', 'columns'], 1, /: --inputs columns requires a model that was trained on a table/],
    [['-o', 'no/such/folder/model.onnx'], 1, /^-o no\/such\/folder\/model\.onnx: cannot be written/],
  ])('%j is refused', async (args, expected, message) => {
    const { status, line } = await refusedBy(() => exportCommand([save, ...args]));
    expect(status).toBe(expected);
    expect(line).toMatch(message);
  });

  it('of what is refused says one line, and nothing on stdout', async () => {
    const { status, stdout, stderr } = await lockstep('export', save);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^lockstep export: requires -o and a file name.*\n$/);
  });
});
