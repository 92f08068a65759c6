/** What becomes of the norms of gradients: a tag for each, of the whole network and of each layer. */
import { expect, it } from 'vitest';
import { ofEpoch, ofStep } from '../../../src/output/tensorboard/summaries.js';
import { EPOCH, STEP } from '../../support/sample-events.js';

const MEASURED = {
  ...{ grad_norm: 1, grad_norm_mean: 2, noise_scale: 3 },
  layer_gradients: [
    { grad_norm: 4, grad_norm_mean: 5, noise_scale: null },
    { grad_norm: 7, grad_norm_mean: null, noise_scale: 9 },
  ],
};
const OBJECTIVE = 'softmax-cross-entropy';

it('an epoch and a step have a tag for each number', () => {
  const expected = (suffix: string) => [
    { tag: `grad_norm${suffix}`, simple_value: 1 },
    { tag: `grad_norm_mean${suffix}`, simple_value: 2 },
    { tag: `noise_scale${suffix}`, simple_value: 3 },
    { tag: `grad_norm/layer1${suffix}`, simple_value: 4 },
    { tag: `grad_norm_mean/layer1${suffix}`, simple_value: 5 },
    { tag: `grad_norm/layer2${suffix}`, simple_value: 7 },
    { tag: `noise_scale/layer2${suffix}`, simple_value: 9 },
  ];
  const without = (values: readonly { readonly tag: string }[]) => values.filter(({ tag }) => /grad_|noise/.test(tag));
  expect(without(ofEpoch({ ...EPOCH, ...MEASURED }, OBJECTIVE, 0.1))).toEqual(expected(''));
  expect(without(ofStep({ ...STEP, ...MEASURED }, OBJECTIVE))).toEqual(expected('/step'));
  expect(without(ofEpoch(EPOCH, OBJECTIVE, 0.1))).toEqual([]);
});
