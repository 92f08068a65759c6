/** Measures the work of a training step on one thread, by steps with the run's first samples in a memory of their own. */
import { type Config, optimizerOf } from '../config/options.js';
import { NO_SAMPLES } from '../data/samples.js';
import { atOnce } from '../data/table/steps.js';
import { createKernel, type KernelChoice } from '../kernels/builds.js';
import { allPanels, ForwardPass } from '../kernels/forward-pass.js';
import { bytesNeeded, createSharedMemory, GRADIENT_BLOCK, layOut } from '../memory/layout.js';
import { placeSamples } from '../memory/rows.js';
import { Dropouts } from '../model/dropout.js';
import { drawInitialValues } from '../model/initial-values.js';
import { gradientNorm, needsOf, Optimizer } from '../optim/optimizer.js';
import { nonzerosOf, planOf, type UsedSamples, writeSamples } from './run-memory.js';

/** Work at full speed after which the engine has compiled what runs: about 8 ms pass until then, and the result is 10 to 40 % too high. */
const TRIAL_MS = 3;
/** The first steps may take some milliseconds each, because the engine has only parsed the functions that they call. */
const MIN_STEPS = 6;
/** Reached only if the system runs other programs most of the time. */
const LIMIT_MS = 150;

/**
 * Time of the loss and its bookkeeping per sample and output (0.2 to 0.25 µs were measured for 10 outputs). They are not in the
 * trial: they are JavaScript, which takes twenty times as long until the engine has compiled it, after thousands of calls.
 */
const LOSS_SECONDS = { sample: 40e-9, output: 20e-9 };

/** Seconds of a step: the least time of several steps, because a disturbance only makes a step longer. */
export function timeStep(config: Config, kernel: KernelChoice, used: UsedSamples): number {
  const { step, samples, outputs } = stepOf(config, kernel, used);
  const began = performance.now();
  let best = Number.POSITIVE_INFINITY;
  let now = began;
  for (let steps = 0; steps < MIN_STEPS || steps * best < TRIAL_MS; steps++) {
    if (steps > 0 && now - began > LIMIT_MS) break;
    const start = now;
    step();
    now = performance.now();
    best = Math.min(best, now - start);
  }
  return best / 1000 + samples * (LOSS_SECONDS.sample + outputs * LOSS_SECONDS.output);
}

/** A step of one thread without the loss, which always has the same samples. */
function stepOf(config: Config, kernel: KernelChoice, used: UsedSamples) {
  const count = Math.min(config.batchSize, used.train.count);
  const batch = { ...used, train: { ...used.train, count }, validation: NO_SAMPLES, test: NO_SAMPLES };
  const plan = planOf({ ...config, threads: 1, keepBest: false }, kernel, batch, atOnce(nonzerosOf(batch)));
  const shared = createSharedMemory(bytesNeeded(plan));
  const memory = layOut(plan, shared);
  atOnce(writeSamples(memory, plan, batch));
  drawInitialValues(memory.layers, config.seed);

  const own = createKernel(kernel, plan.activation, shared, memory, 0);
  const forwardPass = new ForwardPass(own, memory);
  // With a learning rate of 0, the weights keep their initial values, and no step diverges.
  const options = { ...optimizerOf(config), lr: 0 };
  const optimizer = new Optimizer(options, 1, 1);
  const needs = needsOf(options, config.noiseScale);
  const { layers } = memory;
  const position = { stepsDone: 0, index: 0, batch: count };

  const dropouts = plan.dropout && new Dropouts(plan.dropout);
  const order = memory.epochs[0].order;
  for (let s = 0; s < count; s++) order[s] = s;
  const dropoutOf = dropouts && ((layer: number) => dropouts.of(layer, 1, order, 0));

  const backwardOf = (from: number, to: number) => {
    forwardPass.fromSecond(from, to, dropoutOf);
    // (Without the loss, the outputs stand in for δ.)
    for (let l = layers.length - 1; l > 0; l--) own.backward(l, from, to);
    if (plan.needsSampleNorms) for (const l of layers.keys()) own.squareSamples(l, from, to);
  };
  const limit = () => {
    const { maxNorm } = options;
    if (maxNorm !== undefined) for (const [l, layer] of layers.entries()) own.limitNorms(l, allPanels(layer), maxNorm);
  };
  const step = () => {
    placeSamples(memory, (slot) => slot, 0, count);
    own.forward(0, allPanels(layers[0]!), 0, count);
    for (let from = 0; from < count; from += GRADIENT_BLOCK) backwardOf(from, Math.min(from + GRADIENT_BLOCK, count));
    for (const [l, layer] of layers.entries()) {
      const rows = { index: 0, from: 0, to: layer.inputs + 1 };
      own.transpose(l, rows, count);
      if (needs.gradient) own.reduce(l, rows, allPanels(layer), count);
      else own.step(l, rows, allPanels(layer), count, 0);
      if (needs.norm) own.squareRows(l, rows);
    }
    if (!needs.gradient) {
      limit();
      return;
    }
    const update = optimizer.update(position, gradientNorm(layers));
    for (const [l, layer] of layers.entries()) {
      own.update(l, { from: 0, to: layer.inputs + 1 }, allPanels(layer), update);
    }
    limit();
  };
  return { step, samples: count, outputs: plan.layers.at(-1)! };
}
