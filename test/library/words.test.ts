/** What the command calls --batch-size is batchSize to a program, in errors and in events alike. */
import { describe, expect, it } from 'vitest';
import { parseTrainCommand } from '../../bin/commands/train-options.js';
import { OPTION_NAMES } from '../../src/config/options.js';
import { errors, reason } from '../../src/errors.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { train, trainAsCommand } from '../../src/run/train.js';
import { flagOf, inLibraryWords } from '../../src/text/words.js';
import { refusalOf } from '../support/refusals.js';
import { runTrain } from '../support/run-command.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(30, 10);

describe('a message', () => {
  it.each([
    [
      '--lr 5: too large; try a smaller --lr, or --reduction mean',
      '`lr` 5: too large; try a smaller `lr`, or `reduction` mean',
    ],
    ['--checkpoint-every-steps and --checkpoint-every', '`checkpointEverySteps` and `checkpointEvery`'],
    ['(--keep)', '(`keep`)'],
    ['srun --mpi=pmix, or --mpi', 'srun --mpi=pmix, or `mpi`'],
    ['--tensorboard logs: --dashboard 80', '`folder` logs: `port` 80'],
    // Other programs' options, and what only looks like one.
    [
      'node --experimental-wasm-relaxed-simd, a--lr, ---lr, --lrs',
      'node --experimental-wasm-relaxed-simd, a--lr, ---lr, --lrs',
    ],
  ])('%s', (command, library) => {
    expect(inLibraryWords(command)).toBe(library);
  });

  it('names every option in both ways', () => {
    expect(
      OPTION_NAMES.map((name) => inLibraryWords(errors.requiresOption(flagOf(name), true, 'it').inCommandWords)),
    ).toEqual(OPTION_NAMES.map((name) => `\`${name}\`: requires it`));
  });

  it('that relays another keeps the words of its reader', () => {
    const relayed = errors.dataOfCheckpoint('c', errors.dataNotFound('x'));
    expect(relayed.message).toMatch(/^`data` x: no such file .* with `data`\)$/);
    expect(reason(relayed)).toMatch(/^--data x: no such file .* with --data\)$/);
  });
});

const warned = { epochs: 1, batchSize: 20, hidden: [5], threads: 1, warmupSteps: 1000 };
const textsOf = async (events: AsyncIterable<TrainEvent>) => {
  const texts: string[] = [];
  for await (const event of events) if ('message' in event) texts.push(event.message);
  return texts;
};

it('an event names the property to a program, and the flag to who typed it', async () => {
  const told = 'the run has only 2 steps and does not reach the learning rate 0.001';
  const options = { ...warned, data: scratch.data };
  expect(await textsOf(train(options))).toEqual([`\`warmupSteps\` 1000: ${told}`]);
  expect(await textsOf(trainAsCommand(options, {}))).toEqual([`--warmup-steps 1000: ${told}`]);
  const { stdout } = await runTrain([
    '--data',
    scratch.data,
    '--epochs',
    '1',
    '--batch-size',
    '20',
    '--hidden',
    '5',
    '--threads',
    '1',
    '--warmup-steps',
    '1000',
  ]);
  expect(stdout).toContain(`"message":"--warmup-steps 1000: ${told}"`);
});

it('the same error, for each reader', async () => {
  const { error, code, status } = await refusalOf(() => train({ data: scratch.data, limit: 31 }).next());
  expect(error.message).toBe('`limit` 31: there are only 30 training samples; choose a smaller limit');
  expect({ code, status }).toEqual({ code: 'limit_beyond_data', status: 2 });
  const { stderr } = await runTrain(['--data', scratch.data, '--limit', '31']);
  expect(stderr).toBe('train: --limit 31: there are only 30 training samples; choose a smaller limit\n');
});

it.each([
  ['--epoch', '--epochs'],
  ['--learning-rate', undefined],
  ['--bach-size', '--batch-size'],
])('a flag that is mistyped, %s: the command asks whether it is %s', async (flag, meant) => {
  const { message, status } = await refusalOf(() => parseTrainCommand([flag, '5']));
  expect(message).toBe(
    `unknown option '${flag}'${meant === undefined ? '' : ` (Did you mean ${meant}?)`}; see train --help`,
  );
  expect(status).toBe(2);
});
