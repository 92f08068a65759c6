/** The command: files and stdin in, pictures out, and what it says of lines and options that it cannot use. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plotCommand } from '../../../bin/commands/plot.js';
import { checkPlotOptions } from '../../../bin/commands/plot-options.js';
import { reason } from '../../../src/errors.js';
import { plotSvg } from '../../../src/tools/plot/render.js';
import { RunReader } from '../../../src/tools/plot/run.js';
import { problemOfSteps } from '../../../src/tools/plot/spec.js';
import { type Folder, temporaryFolder } from '../../support/idx-files.js';
import { root } from '../../support/paths.js';
import { refusedBy } from '../../support/refused-command.js';
import { finishOf } from '../../support/run-command.js';
import { runHere } from '../../support/run-here.js';
import { runLockstep } from '../../support/run-lockstep.js';
import { END, EPOCH, START } from '../../support/sample-events.js';
import { TRIES_ALL } from '../../support/thoroughness.js';
import { until } from '../../support/until.js';

const command = path.join(root, 'dist/bundle/lockstep.js');
const epoch = (number: number) => ({ ...EPOCH, epoch: number, step: number * 600, test_error: 0.1 / number });
const linesOf = (...events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

let folder: Folder;
beforeAll(() => {
  folder = temporaryFolder();
  writeFileSync(at('a.ndjson'), linesOf(START, epoch(1), epoch(2), epoch(3), END));
  writeFileSync(at('b.ndjson'), linesOf({ ...START, config: { ...START.config, lr: 0.5 } }, epoch(1), epoch(2), END));
});
afterAll(() => folder.remove());
const at = (name: string) => path.join(folder.path, name);

/** What is to be drawn of these files. (Vega takes most of a second to load, in each process that draws.) */
async function pictureOf(...names: string[]): Promise<string> {
  return await plotSvg(readersOf(...names).flatMap(({ runs }) => runs));
}

function readersOf(...names: string[]): RunReader[] {
  const readers = names.map((name) => new RunReader(at(name)));
  for (const reader of readers)
    for (const line of readFileSync(reader.source, 'utf8').split('\n').filter(Boolean))
      expect(reader.add(line)).toBeUndefined();
  return readers;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function start(...args: string[]): Child {
  const { DEBUG: _, ...env } = process.env;
  return spawn(process.execPath, [command, 'plot', ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
}

const plot = (input: string, ...args: string[]) => runHere(['plot', ...args], input);

describe('lockstep plot', () => {
  it('writes an SVG to stdout, or a file of the kind that its name says', async () => {
    const { status, stdout, stderr } = await runLockstep(['plot', at('a.ndjson'), at('b.ndjson')]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(stdout).toBe(await pictureOf('a.ndjson', 'b.ndjson'));
    expect(stdout).toContain('>learning rate 0.5</text>');
    // (A live picture is one, too.)
    if (TRIES_ALL) {
      const toFile = await plot('', at('a.ndjson'), at('b.ndjson'), '-o', at('both.svg'));
      expect(toFile).toMatchObject({ status: 0, stdout: '', stderr: '' });
      expect(readFileSync(at('both.svg'), 'utf8')).toBe(stdout);
    }
    expect(await plot('', at('a.ndjson'), '--width', '500', '-o', at('a.PNG'))).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(readFileSync(at('a.PNG')).readUInt32BE(16)).toBe(500);
  });

  it('reads stdin where no file is named, and beside files for -', async () => {
    if (TRIES_ALL) {
      const alone = await plot(readFileSync(at('a.ndjson'), 'utf8'));
      expect(alone.stdout).toBe(await pictureOf('a.ndjson'));
    }
    const beside = await plot(readFileSync(at('b.ndjson'), 'utf8'), at('a.ndjson'), '-');
    const both = await pictureOf('a.ndjson', 'b.ndjson');
    expect(beside.stdout).toBe(both);
    // One run after another in one stream: as many curves.
    const oneStream = ['a.ndjson', 'b.ndjson'].map((name) => readFileSync(at(name), 'utf8')).join('');
    expect((await plot(oneStream)).stdout).toBe(both);
  });

  it('says that there are no step events for --steps, and how to get them', async () => {
    const withSteps = { event: 'step', epoch: 1, step: 300, seconds: 1, loss: 0.5, error: 0.25 };
    writeFileSync(at('steps.ndjson'), linesOf(START, withSteps, epoch(1), END));
    const line =
      '--steps: found no step events with this metric; train with --log-every, such as --log-every 100, or omit this option';
    const refused = (...args: string[]) => refusedBy(() => plotCommand(args));
    const files = [at('a.ndjson'), at('b.ndjson')];
    expect(await refused(...files, '--steps', '-o', at('no.svg'))).toEqual({ status: 1, line });
    expect(existsSync(at('no.svg'))).toBe(false);
    const other = await refused(at('a.ndjson'), '--steps', '--what', 'grad_norm');
    expect(other.line).toMatch('--what grad_norm: none of the runs has this metric');
    // One run with such events suffices.
    const runs = readersOf('a.ndjson', 'steps.ndjson').flatMap((reader) => reader.runs);
    expect(problemOfSteps(runs, {})).toBeUndefined();
    // A live picture has been drawn by then.
    const live = await plot(linesOf(START, epoch(1), END), '--steps', '-o', at('live-steps.svg'));
    expect(live).toMatchObject({ status: 0, stderr: `lockstep plot: ${line}\n` });
    expect(existsSync(at('live-steps.svg'))).toBe(true);
  });

  it('says which lines it leaves out, and draws the others', async () => {
    const lines = `${linesOf(START, epoch(1))}oops\n${linesOf({ event: 'epoch' }, epoch(2), epoch(3))}{"event":"epo`;
    const { status, stdout, stderr } = await plot(lines);
    expect(status).toBe(0);
    expect(stderr.trim().split('\n')).toEqual([
      'lockstep plot: stdin: line 3: invalid JSON; skipped',
      'lockstep plot: stdin: line 4: event "epoch" without valid metrics; skipped',
      'lockstep plot: stdin: line 7: invalid JSON; skipped',
    ]);
    expect(stdout).toBe(await pictureOf('a.ndjson'));
  });

  it('does not list a thousand bad lines', async () => {
    const { stderr } = await plot(`${linesOf(epoch(1))}${'x\n'.repeat(1000)}`);
    expect(stderr.trim().split('\n')).toHaveLength(6);
    expect(stderr).toMatch(/: and 995 more such lines\n$/);
  });

  it.each([
    [['-o', 'x.pdf'], 2, /^--output x\.pdf: unsupported file type; expected a name that ends in \.svg or \.png$/],
    [['-', '-'], 2, /stdin can be read only once/],
    [['/nowhere/run.ndjson'], 1, /^\/nowhere\/run\.ndjson: cannot be read \(ENOENT/],
    [['-o', '/nowhere/x.svg', 'A'], 1, /^-o \/nowhere\/x\.svg: cannot be written \(ENOENT/],
  ])('%j is refused with status %i', async (args, status, message) => {
    const all = args.map((arg) => (arg === 'A' ? at('a.ndjson') : arg));
    const refusal = await refusedBy(() => plotCommand(all));
    expect(refusal).toMatchObject({ status, line: expect.stringMatching(message) });
  });

  it.each([
    [['--nothing'], 2, /unknown option '--nothing'; see lockstep plot --help\n$/],
    [[], 1, /^lockstep plot: stdin: no epoch event in 1 lines; expected the NDJSON that train writes.*\n$/],
  ])('%j ends with status %i and one line', async (args, status, message) => {
    const result = await plot(linesOf(START), ...args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(message);
  });

  it.each([
    [{ output: 'x' }, /^--output x: unsupported file type/],
    [
      { what: 'accuracy' },
      /^--what accuracy: expected one of loss, error, rmse, mae, r2, grad_norm, grad_norm_mean, noise_scale, both$/,
    ],
    [{ theme: 'blue' }, /^--theme blue: expected one of light, dark, auto$/],
    [{ width: '10' }, /^--width 10: expected a number from 240 to 10000 \(pixels\)$/],
    [{ width: '640px' }, /^--width 640px: expected/],
    [{ scale: 'x' }, /^--scale x: expected a number from 0.25 to 8$/],
    [{ scale: '2' }, /^--scale 2: requires -o and a file name that ends in .png$/],
    [{ output: 'x.svg', font: 'a.ttf' }, /^--font a.ttf: requires -o and a file name that ends in .png$/],
    [{ output: 'x.png', width: '640.4', scale: '.5', log: true as const }, undefined],
  ])('options %j', (raw, message) => {
    const check = () => checkPlotOptions({ what: 'both', theme: 'auto', ...raw });
    const refusal = () => {
      try {
        check();
      } catch (error) {
        return reason(error);
      }
      return '';
    };
    if (message) expect(refusal()).toMatch(message);
    else expect(check()).toMatchObject({ what: 'both', theme: 'auto' });
  });
});

describe('a live picture', () => {
  const picture = (name = 'live.svg') => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');
  const shows = (percent: string, name?: string) => picture(name).includes(`>${percent} %</text>`);

  it('is there after the first epoch, follows the run, and is whole whenever it is looked at', async () => {
    const child = start('-o', at('live.svg'));
    const ended = finishOf(child as unknown as Parameters<typeof finishOf>[0]);
    child.stdin.write(linesOf(START, epoch(1)));
    await until(() => shows('10.00'));
    const files = new Set<number>();
    let epochs = 1;
    // Epochs come faster than it draws; every picture that is seen ends as it should.
    await until(() => {
      if (files.size < 3) child.stdin.write(linesOf(epoch(++epochs)));
      expect(picture()).toMatch(/^<svg .*<\/svg>\n$/s);
      files.add(statSync(at('live.svg')).ino);
      return files.size >= 3;
    });
    expect(epochs).toBeGreaterThan(10);
    // Without anything that comes after it, the last one is drawn too.
    child.stdin.write(linesOf({ ...epoch(epochs + 1), test_error: 0.7777 }));
    await until(() => shows('77.77'));
    child.stdin.end(linesOf({ ...epoch(epochs + 2), test_error: 0.6666 }, END));
    expect(await ended).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(shows('66.66')).toBe(true);
    expect(readdirSync(folder.path).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'is finished after an interrupt, which ends its pipe (skipped on Windows)',
    async () => {
      const child = start('-o', at('interrupted.svg'));
      const ended = finishOf(child as unknown as Parameters<typeof finishOf>[0]);
      child.stdin.write(linesOf(START, epoch(1)));
      await until(() => shows('10.00', 'interrupted.svg'));
      child.kill('SIGINT');
      child.stdin.end(linesOf(epoch(2)));
      expect(await ended).toMatchObject({ status: 130, stderr: '' });
      expect(shows('5.00', 'interrupted.svg')).toBe(true);
    },
  );

  it('goes on where it cannot be written for a while, and says so only if that lasts', async () => {
    const [there, away] = [at('there'), at('away')];
    mkdirSync(there);
    const file = path.join(there, 'live.svg');
    for (const comesBack of [true, false]) {
      const child = start('-o', file);
      const ended = finishOf(child as unknown as Parameters<typeof finishOf>[0]);
      child.stdin.write(linesOf(START, epoch(1)));
      await until(() => existsSync(file));
      renameSync(there, away);
      child.stdin.write(linesOf(epoch(2)));
      if (comesBack) renameSync(away, there);
      child.stdin.end(linesOf(epoch(3)));
      const { status, stderr } = await ended;
      expect(status).toBe(comesBack ? 0 : 1);
      expect(stderr).toMatch(comesBack ? /^$/ : /^lockstep plot: -o .*live\.svg: cannot be written \(ENOENT.*\n$/);
      if (comesBack) rmSync(file);
    }
  });
});
