/** From arguments to options. What is refused is tested in bad-input.test.ts. */
import { describe, expect, it } from 'vitest';
import { parseTrainCommand } from '../../bin/commands/train-options.js';
import type { TrainOptions } from '../../src/config/options.js';
import { runTrain } from '../support/run-command.js';
import { runLockstep } from '../support/run-lockstep.js';

describe('parseTrainCommand', () => {
  it('gives the defaults where there are no arguments', () => {
    expect(parseTrainCommand([])).toEqual({ options: {}, format: 'ndjson', progress: true });
  });

  it.each<[string, TrainOptions]>([
    ['-t 3', { threads: 3 }],
    ['--threads=3', { threads: 3 }],
    ['-d a/folder', { data: 'a/folder' }],
    ['--hidden 1000', { hidden: [1000] }],
    ['--hidden 512,256,128', { hidden: [512, 256, 128] }],
    ['--hidden none', { hidden: [] }],
    ['-e 0', { epochs: 0 }],
    ['-b 1', { batchSize: 1 }],
    ['--lr 1e-3', { lr: 0.001 }],
    ['--lr .5', { lr: 0.5 }],
    ['--lr 2.', { lr: 2 }],
    ['--reduction mean', { reduction: 'mean' }],
    ['--strategy dense', { strategy: 'dense' }],
    ['--seed 9007199254740991', { seed: Number.MAX_SAFE_INTEGER }],
    ['--limit 6e4', { limit: 60_000 }],
    ['--kernel reference', { kernel: 'reference' }],
    ['--log-every 100', { logEvery: 100 }],
    ['-e 1 -e 2', { epochs: 2 }],
    ['--save a/model.safetensors', { save: 'a/model.safetensors' }],
    ['--checkpoint-dir a', { checkpointDir: 'a' }],
    ['--checkpoint-dir a --checkpoint-every 5', { checkpointDir: 'a', checkpointEvery: 5 }],
    ['--checkpoint-dir a --checkpoint-every-steps 50', { checkpointDir: 'a', checkpointEverySteps: 50 }],
    ['--checkpoint-dir a --keep 1', { checkpointDir: 'a', keep: 1 }],
    ['--checkpoint-dir a --checkpoint-required', { checkpointDir: 'a', checkpointRequired: true }],
    ['--checkpoint-dir a --resume', { checkpointDir: 'a', resume: true }],
    ['--resume --checkpoint-dir a', { checkpointDir: 'a', resume: true }],
    ['--resume a', { resume: 'a' }],
    ['--resume a --resume-anyway', { resume: 'a', resumeAnyway: true }],
  ])('%s', (line, options) => {
    expect(parseTrainCommand(line.split(' '))?.options).toEqual(options);
  });

  it('takes --format and --no-progress, which are no options of the run', () => {
    const command = parseTrainCommand(['--format', 'pretty', '--no-progress']);
    expect(command).toEqual({ options: {}, format: 'pretty', progress: false });
  });
});

describe('lockstep help', () => {
  it.each(['train', 'predict'])('%s is what its --help says', async (name) => {
    const asked = await runLockstep(['help', name]);
    expect(asked).toEqual(await runLockstep([name, '--help']));
    expect(asked.stdout).toContain('--format <name>');
    expect(asked.status).toBe(0);
  });

  it('uses the name that was typed, in the help and in errors', async () => {
    const help = await runLockstep(['train', '--help']);
    expect(help.stdout).toContain('Usage: lockstep train [options]');
    expect(help.stdout.replaceAll('lockstep train', 'train')).toBe((await runTrain(['--help'])).stdout);
    const wrong = (name: string) => `${name}: unknown option '--no-such'; see ${name} --help\n`;
    expect(await runLockstep(['train', '--no-such'])).toEqual({
      status: 2,
      stdout: '',
      stderr: wrong('lockstep train'),
    });
    expect(await runTrain(['--no-such'])).toEqual({ status: 2, stdout: '', stderr: wrong('train') });
  });

  it('of nothing, and of what is no command', async () => {
    expect((await runLockstep(['help'])).stdout).toContain('Commands:\n  train');
    const stderr = "lockstep: unknown command 'foo'; see lockstep --help\n";
    expect(await runLockstep(['foo'])).toEqual({ status: 2, stdout: '', stderr });
    expect(await runLockstep(['help', 'foo'])).toEqual({ status: 2, stdout: '', stderr });
  });
});
