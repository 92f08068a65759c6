/** A run on a loaded machine: test/stress/epochs.ts has the long form. */
import { expect, it } from 'vitest';
import { tinyEpochs } from '../support/loaded-epochs.js';
import { valuesOf } from '../support/thoroughness.js';

it('many tiny epochs on a loaded machine, with checkpoints, end in the weights and figures of a calm run', async () => {
  const epochs = valuesOf(800, 300);
  const calm = await tinyEpochs(epochs, 2, false);
  expect(await tinyEpochs(epochs, 2, true)).toEqual(calm);
});
