/** The command as a good neighbor in a pipe: NDJSON and nothing else, for readers fast, slow and gone. */
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndEvent } from '../../src/metrics/events.js';
import { startTrain } from '../support/child.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { trainCommand } from '../support/paths.js';
import { eventsOf } from '../support/undisturbed.js';

const run = promisify(execFile);

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(300, 100);
});
afterAll(() => data.remove());

const train = () => `'${process.execPath}' '${trainCommand}' --data '${data.path}' --hidden 20 --threads 2`;

/** In a shell, as a person would type it; the status of each part of the pipe, in order. */
async function pipe(command: string) {
  const script = `${command}; echo "\${PIPESTATUS[@]}" >&2`;
  const { stdout, stderr } = await run('bash', ['-c', script]);
  const lines = stderr.trim().split('\n');
  return { stdout, statuses: lines.at(-1), errors: lines.slice(0, -1) };
}

const hasJq = spawnSync('jq', ['--version']).status === 0;

describe('stdout', () => {
  it('has one JSON object a line, and nothing else; stderr has nothing', async () => {
    const { stdout, errors } = await pipe(`${train()} --epochs 2 --log-every 1 | cat`);
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['start', 'step', 'step', 'step', 'epoch', 'step', 'step', 'step', 'epoch', 'end']);
    expect(errors).toEqual([]);
  });

  it.skipIf(!hasJq)('is read by jq as the README says (skipped where there is no jq)', async () => {
    const filter = 'select(.event=="epoch") | [.epoch,.train_loss,.test_error]';
    const { stdout, statuses } = await pipe(`${train()} --epochs 2 | jq -c '${filter}'`);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as number[]);
    expect(rows.map(([epoch]) => epoch)).toEqual([1, 2]);
    expect(rows.every((row) => row.length === 3 && row.every(Number.isFinite))).toBe(true);
    expect(statuses).toBe('0 0');
  });

  it('may be closed by its reader: the run ends quietly with 141', async () => {
    const { stdout, statuses, errors } = await pipe(`${train()} --epochs 100000 | head -1`);
    expect(JSON.parse(stdout)).toMatchObject({ event: 'start' });
    expect(statuses).toBe('141 0');
    expect(errors).toEqual([]);
  });

  it('may be closed by its reader, and a checkpoint is left all the same', async () => {
    const folder = path.join(data.path, 'checkpoints');
    const checkpoints = `--checkpoint-dir '${folder}' --checkpoint-every 100000`;
    const { statuses, errors } = await pipe(`${train()} --epochs 100000 ${checkpoints} | head -1`);
    expect(statuses).toBe('141 0');
    expect(errors).toEqual([]);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^(step|epoch)-\d+\.safetensors$/)]);
  });

  it('may be closed before anything is written', async () => {
    const { statuses, errors } = await pipe(`${train()} --epochs 100000 | true`);
    expect(statuses).toBe('141 0');
    expect(errors).toEqual([]);
  });

  it('loses no line to a slow reader', async () => {
    const { lines, ended } = startTrain([
      ...[
        '--data',
        data.path,
        '--hidden',
        '5',
        '--threads',
        '1',
        '--batch-size',
        '1',
        '--epochs',
        '10',
        '--log-every',
        '1',
      ],
    ]);
    let steps = 0;
    for await (const line of lines) {
      const event = JSON.parse(line) as { event: string; step: number };
      if (event.event !== 'step') continue;
      steps++;
      expect(event.step).toBe(steps);
      if (steps % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(steps).toBe(3000);
    expect((await ended).status).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')(
    'that is full ends the run with one line and status 1 (skipped where there is no /dev/full)',
    async () => {
      const { errors, statuses } = await pipe(`${train()} --epochs 100000 > /dev/full`);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(/^train: stdout cannot be written \(.*ENOSPC/);
      expect(statuses).toBe('1');
    },
  );
});

describe('--format pretty', () => {
  it('is a table with the same figures', async () => {
    const { stdout } = await pipe(`${train()} --epochs 2 --format pretty | cat`);
    const events = eventsOf((await pipe(`${train()} --epochs 2 | cat`)).stdout);
    expect(stdout).toMatch(/^Lockstep · 2 threads · kernel simd/);
    expect(stdout).toMatch(/\n *epoch +loss +error +test loss +test error +seconds +samples\/s +waiting\n/);
    const epochs = events.filter((event) => event.event === 'epoch');
    expect(epochs).toHaveLength(2);
    for (const { epoch, train_loss, train_error, test_loss, test_error } of epochs) {
      const training = `${train_loss!.toFixed(5)} +${(100 * train_error!).toFixed(3)} %`;
      const test = `${test_loss!.toFixed(5)} +${(100 * test_error!).toFixed(2)} %`;
      expect(stdout).toMatch(new RegExp(`\\n +${epoch} +${training} +${test} `));
    }
    const { weights_sha256 } = events.at(-1) as EndEvent;
    expect(weights_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(stdout).toMatch(new RegExp(`\\ncompleted · 2 epochs · .*\\n.*\\nweights sha256 ${weights_sha256}\\n$`));
  });
});
