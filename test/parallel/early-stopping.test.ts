/** When patience ends, by validation losses that the test makes up. Runs that stop early: test/run/early-stopping.test.ts. */
import { expect, it } from 'vitest';
import { type Memory, recordIndex } from '../../src/memory/layout.js';
import { softmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { Command } from '../../src/parallel/control-words.js';
import { EarlyStopping } from '../../src/parallel/early-stopping.js';
import type { WorkerTask } from '../../src/parallel/task.js';

const PATIENCE = 2;

/** After epochs with these losses, of two samples each. */
function afterAll(losses: readonly number[], isTimeUp = false) {
  const best = new Float64Array(2);
  const copied: number[] = [];
  const layer = {
    parameters: Float32Array.of(1),
    best: {
      set: () => {
        // A thread that dies here has left no best epoch.
        expect(best[1]).toBe(0);
        copied.push(copied.length);
      },
    },
  };
  const record = () => ({ heldOut: { loss: new Float64Array(3), incorrect: new Uint8Array(3) } });
  const epochs = [record(), record()];
  const memory = { best, plateau: new Float64Array(0), layers: [layer], epochs } as unknown as Memory;
  const { name: objective, scores } = softmaxCrossEntropy;
  const plan = { validationSamples: 2, keepsBest: true, objective, scores };
  const task = { patience: PATIENCE, plan } as unknown as WorkerTask;
  const stopping = new EarlyStopping(task, memory);
  const commands = losses.map((loss, i) => {
    // The third is a test sample's.
    epochs[recordIndex(i + 1)]!.heldOut.loss.set([loss - 1, loss + 1, 1e9]);
    return stopping.after(i + 1, isTimeUp);
  });
  return { commands, best: [...best], copies: copied.length };
}

const { GO } = Command;

it('patience ends so many epochs after the best, of which an equal one is none', () => {
  expect(afterAll([5, 4, 4, 4])).toEqual({ commands: [GO, GO, GO, Command.PATIENCE], best: [4, 2], copies: 2 });
});

it('a lower loss begins it anew', () => {
  expect(afterAll([5, 6, 4, 5])).toEqual({ commands: [GO, GO, GO, GO], best: [4, 3], copies: 2 });
});

it('a loss that is not a number is not the best', () => {
  expect(afterAll([5, Number.NaN, 6]).best).toEqual([5, 1]);
});

it('patience is told rather than the time, which is told otherwise', () => {
  expect(afterAll([5, 6, 7], true).commands).toEqual([Command.TIME_UP, Command.TIME_UP, Command.PATIENCE]);
});
