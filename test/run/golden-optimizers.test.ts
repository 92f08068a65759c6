/**
 * Recorded weights of runs with optimizers, schedules and initial values: the same on every machine, processor and Node. A change
 * needs a reason in CHANGELOG.md.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import type { Folder } from '../support/idx-files.js';
import { kernelNames } from '../support/kernels.js';
import { OPTIMIZER_CASES } from '../support/optimizer-cases.js';
import { JOB, writeJobData } from '../support/optimizer-job.js';
import { casesOf } from '../support/thoroughness.js';

let data: Folder;
beforeAll(() => {
  data = writeJobData();
});
afterAll(() => data.remove());

const JOBS: Readonly<Record<string, TrainOptions>> = {
  ...Object.fromEntries(
    [
      'adamw',
      'rmsprop and weight decay',
      'lion',
      'linear schedule, adamw',
      'one-cycle schedule',
      'flat-cosine schedule',
      'rmsprop, centered, with momentum',
      'moving average, adam and clipping',
    ].map((name) => [name, OPTIMIZER_CASES[name]!]),
  ),
  'orthogonal and gelu': { init: 'orthogonal', activation: 'gelu', lr: 0.1 },
};

/** By kernel and job, the first 16 digits. */
const GOLDEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  reference: {
    adamw: '4902145150b99047',
    'rmsprop and weight decay': '02d853f88fec5f12',
    lion: 'b4fd1207617b67e8',
    'linear schedule, adamw': '352ef5cf6011338f',
    'one-cycle schedule': '7e3bb7bc6567b0d1',
    'flat-cosine schedule': '441b22d979eff6ed',
    'rmsprop, centered, with momentum': 'e1546633473b5b60',
    'moving average, adam and clipping': '9bfa2efb4dfee4de',
    'orthogonal and gelu': 'e1d072767d043eef',
  },
  simd: {
    adamw: 'a6cadeb1055972bb',
    'rmsprop and weight decay': '12def64ddf211323',
    lion: '639aa1d3230d3f37',
    'linear schedule, adamw': 'd8dde2418279b44e',
    'one-cycle schedule': 'd39b365b8c0f517c',
    'flat-cosine schedule': '4c1a859b6d3b2b6c',
    'rmsprop, centered, with momentum': '2b920cdda0dc7de3',
    'moving average, adam and clipping': '679a93a91bd263bf',
    'orthogonal and gelu': '7341e30ab20f2dc3',
  },
  'simd-fma': {
    adamw: '079e20646b7c60be',
    'rmsprop and weight decay': '07995bae863b9a80',
    lion: '639aa1d3230d3f37',
    'linear schedule, adamw': '03f453c1cda450e6',
    'one-cycle schedule': '7bafc2bc2c72f111',
    'flat-cosine schedule': 'a6a678fc174ce9f9',
    'rmsprop, centered, with momentum': '32de7a649e336fad',
    'moving average, adam and clipping': '6622c863c7579088',
    'orthogonal and gelu': '39d84be5fd3c737e',
  },
};

describe.each(casesOf(kernelNames(), (name) => name !== 'reference'))('kernel %s', (kernel) => {
  it.each(Object.entries(JOBS))('%s', async (name, options) => {
    const { end } = await collect({ ...JOB, ...options, data: data.path, kernel, threads: 1 });
    const hash = end.weights_sha256!.slice(0, 16);
    expect(hash).toBe(GOLDEN[kernel]![name]);
  });
});
