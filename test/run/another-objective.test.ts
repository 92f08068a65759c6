/** The whole program with an objective that only the tests know: nothing else may depend on what is trained for. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainEvent } from '../../src/metrics/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { ifSkipped, noOpenMpi, runRanks } from '../support/mpi.js';
import { modularTrainCommand, root } from '../support/paths.js';
import { runTrain } from '../support/run-command.js';
import { IRIS } from '../support/tables.js';
import { readTensorFile } from '../support/tensor-file.js';

const PRELOAD = ['--import', path.join(root, 'dist/test/support/squared-error-everywhere.js')];
const JOB = [
  ...['--data', IRIS, '--label', 'species', '--hidden', '8', '--batch-size', '10', '--lr', '0.002', '--log-every', '6'],
  ...['--validation-split', '0.2', '--test-split', '0.2', '--no-stratify', '--scale', 'none'],
  ...['--optimizer', 'sgd', '--reduction', 'sum', '--weight-decay', '0'],
];
/** Iris has three classes: three outputs estimate the number. */
const OUTPUTS = 3;

type Fields = Readonly<Record<string, number>>;

const folder = temporaryFolder();
afterAll(() => folder.remove());

function eventsIn(stdout: string, kind: TrainEvent['event']): Fields[] {
  const events = stdout.trim().split('\n');
  return events.map((line) => JSON.parse(line) as Fields).filter(({ event }) => (event as unknown) === kind);
}

async function trained(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runTrain([...JOB, '--format', 'ndjson', ...args], {}, PRELOAD);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe('a run for squared error', () => {
  let stdout: string;
  beforeAll(async () => {
    stdout = await trained('--epochs', '4', '--threads', '3');
  });

  it('has metrics of its own, with losses that fall', () => {
    const epochs = eventsIn(stdout, 'epoch');
    expect(epochs.length).toBe(4);
    expect(eventsIn(stdout, 'step').length).toBe(6);
    for (const epoch of [...epochs, ...eventsIn(stdout, 'step'), ...eventsIn(stdout, 'end')]) {
      expect(Object.keys(epoch).filter((name) => name.endsWith('error'))).toEqual([]);
      for (const name of Object.keys(epoch).filter((each) => each.endsWith('loss'))) {
        const mae = epoch[name.replace('loss', 'mae')]!;
        expect(mae).toBeGreaterThan(0);
        // The mean of squares is at least the square of the mean.
        expect(epoch[name]).toBeGreaterThanOrEqual((OUTPUTS / 2) * mae ** 2);
      }
    }
    for (const name of ['train_loss', 'validation_loss', 'test_loss', 'train_mae']) {
      expect(epochs.at(-1)![name]).toBeLessThan(0.8 * epochs[0]![name]!);
    }
  });

  it('is the same with one thread', async () => {
    const [alone] = eventsIn(await trained('--epochs', '4', '--threads', '1'), 'end');
    const { seconds: _, ...end } = eventsIn(stdout, 'end')[0]!;
    expect(alone).toMatchObject(end);
  });

  it('is resumed from the middle of an epoch, with its sums', async () => {
    const checkpointDir = path.join(folder.path, 'parts');
    await trained(
      '--epochs',
      '4',
      '--threads',
      '2',
      '--checkpoint-dir',
      checkpointDir,
      '--checkpoint-every-steps',
      '7',
    );
    const from = path.join(checkpointDir, 'step-0000035.safetensors');
    const state = JSON.parse(readTensorFile(from).metadata.state!) as { epochSums: object; figures: object };
    expect(Object.keys(state.epochSums)).toEqual(['samples', 'loss', 'absolute']);
    expect(Object.keys(state.figures).sort()).toEqual(
      ['test', 'train', 'validation'].flatMap((split) => [`${split}_loss`, `${split}_mae`]),
    );
    rmSync(path.join(checkpointDir, 'epoch-000004.safetensors'));
    const { status, stdout: rest } = await runTrain(['--resume', from, '--format', 'ndjson'], {}, PRELOAD);
    expect(status).toBe(0);
    const { seconds: _, ...end } = eventsIn(stdout, 'end')[0]!;
    expect(eventsIn(rest, 'end')[0]).toMatchObject(end);
  });

  it('has a table with these metrics', async () => {
    const { stdout: table } = await runTrain([...JOB, '--epochs', '1', '--format', 'pretty'], {}, PRELOAD);
    expect(table).toMatch(/epoch +loss +mae +val\. loss +val\. mae +test loss +test mae/);
    expect(table).toMatch(/training loss \d\.\d{5}, mae \d\.\d{5} · validation loss/);
    expect(table).not.toContain('error');
  });

  it.skipIf(noOpenMpi)(`has the same metrics with two ranks${ifSkipped(noOpenMpi)}`, async () => {
    const args = [
      ...PRELOAD,
      modularTrainCommand,
      '--mpi',
      ...JOB,
      '--epochs',
      '4',
      '--threads',
      '1',
      '--format',
      'ndjson',
    ];
    const { status, stdout: ofRanks } = await runRanks([{ ranks: 2, args }]);
    expect(status).toBe(0);
    const [epochs, expected] = [eventsIn(ofRanks, 'epoch'), eventsIn(stdout, 'epoch')];
    expect(epochs.length).toBe(4);
    for (const [i, epoch] of epochs.entries()) {
      for (const name of ['train_loss', 'train_mae', 'validation_mae', 'test_loss', 'test_mae']) {
        expect(epoch[name]).toBeCloseTo(expected[i]![name]!, 4);
      }
    }
  });
});
