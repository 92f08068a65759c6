/**
 * The forms of a WebAssembly build, which differ in speed alone: with vectors of 128 bits, or with pairs of them, which V8 can
 * turn into vectors of 256 bits. A short trial at the start chooses, on the run's own shapes.
 */
import { readFileSync } from 'node:fs';
import { PLAIN, type Plan } from '../memory/plan.js';
import { LANES } from '../memory/tiling.js';
import { activationNeeds, isOfOtherActivations } from './activations.js';
import { compileAhead, MAY_BE_WIDE } from './ahead-of-time.js';
import type { KernelChoice } from './builds.js';
import { UPDATE_MOMENTS, type UpdateFunction } from './kernel.js';
import { functionNamed, Scratch } from './scratch.js';
import { computesTheSame } from './self-check.js';
import { exportsOf } from './wasm-layer.js';
import { instantiate } from './wasm-module.js';

/** Bits of a vector, as the user may ask for them. 256 is used only where it gives the same bits as 128. */
export const VECTOR_BITS = ['auto', '128', '256'] as const;
export type VectorBits = (typeof VECTOR_BITS)[number];

/** The wide form must be that much faster in the trial: below, the choice would be a matter of luck. */
const MIN_GAIN = 1.1;

/**
 * The form of a build that is fastest here, compiled.
 *
 * @param narrow   as chosen by capability
 * @param density  of the first layer's inputs
 * @param planFor  the run's plan with a form
 */
export function fastestForm(...given: Parameters<typeof formInSteps>): KernelChoice {
  const steps = formInSteps(...given);
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}

/** `fastestForm`, which takes some 50 ms, in steps, between which a server's event loop can run. */
export function* formInSteps(
  narrow: KernelChoice,
  wanted: VectorBits,
  density: number,
  planFor: (choice: KernelChoice) => Plan,
): Generator<undefined, KernelChoice, undefined> {
  const wide = wanted === '128' || !MAY_BE_WIDE ? undefined : wideForm(narrow);
  if (!wide) return narrow;
  const plans = { wide: planFor(wide), narrow: planFor(narrow) };
  const layer = largestLayer(plans.narrow);
  const trials = [
    { choice: wide, names: exportsOf(plans.wide, layer, wide.tilings) },
    { choice: narrow, names: exportsOf(plans.narrow, layer, narrow.tilings) },
  ] as const;
  if (!trials.every(({ choice, names }) => compileAhead(choice.module!, choice === wide, (name) => names.has(name)))) {
    return narrow;
  }
  yield;
  if (wanted === 'auto') {
    const inDensity = layer === 0 ? density : HIDDEN_DENSITY;
    const gain = gainOf(
      trials.map(({ choice, names }) => trialOf(choice, names, plans.narrow.layers[layer]!, inDensity)),
    );
    if (gain < MIN_GAIN) return narrow;
    yield;
  }
  const needed = new Set(plans.wide.layers.slice(1).flatMap((_, l) => [...exportsOf(plans.wide, l, wide.tilings)]));
  const { activation } = plans.wide;
  const isOfOthers = (name: string) => isOfOtherActivations(name, activation) || isOtherUpdate(name, plans.wide);
  const isNeeded = (name: string) => needed.has(name) || (!/\d$/.test(name) && !isOfOthers(name) && !isNeverWide(name));
  if (!compileAhead(wide.module!, true, isNeeded)) return narrow;
  yield;
  return computesTheSame(wide, isNeeded) ? wide : narrow;
}

/**
 * Whether the wide form is the fastest for a layer of typical size, and all of it computes the same: for what must be decided
 * before the data is known.
 */
export function isWideFaster(narrow: KernelChoice, wanted: VectorBits, activation: string): boolean {
  const density = 0.2;
  const [inputs, outputs, samples] = [TRIAL_INPUTS, 64, 100];
  const planFor = ({ needs }: KernelChoice): Plan => ({
    ...{ layers: [inputs, outputs], trainSamples: samples, testSamples: 0, batchSize: samples, threads: 1 },
    ...{ storedInputs: Math.round(samples * inputs * density), inputForm: 'sparse' },
    ...PLAIN,
    ...needs,
    ...activationNeeds(activation),
  });
  const form = fastestForm(narrow, wanted, density, planFor);
  const isNeeded = (name: string) => !isOfOtherActivations(name, activation) && !isNeverWide(name);
  return form.vectorBits === 256 && compileAhead(form.module!, true, isNeeded) && computesTheSame(form, isNeeded);
}

/** Whether it is an update of optimizers that keep other moments. */
function isOtherUpdate(name: string, { moments, keepsAverage }: Plan): boolean {
  if (!isUpdate(name)) return false;
  if (name === 'averageUpdate') return !keepsAverage;
  return UPDATE_MOMENTS[name] !== moments - Number(keepsAverage);
}

/** Functions that take little time, or whose options are off by default: no run compiles them for wide vectors. */
const NEVER_WIDE: readonly string[] = [
  ...['dropUnits', 'dropInputs', 'multiply', 'penalize'],
  ...['listDeltas', 'sumLanes', 'sumLanesTimes', 'areFinite', 'fetchLines'],
];

function isNeverWide(exported: string): boolean {
  return NEVER_WIDE.includes(exported);
}

function isUpdate(name: string): name is UpdateFunction {
  return Object.hasOwn(UPDATE_MOMENTS, name);
}

/** The layer that has most of the work. */
function largestLayer({ layers }: Plan): number {
  const sizes = layers.slice(1).map((outputs, l) => outputs * layers[l]!);
  return sizes.indexOf(Math.max(...sizes));
}

/** As it was chosen by capability, which is narrow. */
export function wideForm(narrow: KernelChoice): KernelChoice | undefined {
  if (!narrow.module) return undefined;
  const bytes = readFileSync(new URL(`./assembly/${narrow.name}-wide.wasm`, import.meta.url));
  return {
    ...narrow,
    vectorBits: 256,
    module: new WebAssembly.Module(bytes),
    needs: {
      ...narrow.needs,
      lanes: 2 * LANES,
      // Eight accumulators of 256 bits.
      panelWidth: 64,
      // 28 KB of weights a block fit every first-level cache. With 35 KB, where it has 32 KB, the forward pass of a layer with half of
      // its inputs nonzero takes 1.08 times as long (bench/kernels.ts; with a fifth nonzero, there are as many blocks as before).
      blocks: { nonzeros: 30, inputs: 112 },
      mirrors: true,
      // With fewer outputs, lists are so short that skipping gains little or nothing. 128 rows take 32 KB, a whole first-level cache;
      // with 112, backpropagation takes up to 1.06 times as long (docs/performance.md).
      skipsZeros: { from: 256, rows: 128 },
    },
    // Going forward, a tile of eight vectors would read a second-level cache faster than one of 32 bytes a cycle can deliver:
    // 0.74 of the limit instead of 0.89 (bench/kernels.ts). Reducing, it reads δ from the first level.
    tilings: { forward: { 2: 8, 4: 4, 6: 3 }, reduce: { 2: 8, 4: 4, 6: 3, 8: 2 } },
    // Twice as wide, the dense form gains more than lists, whose indices and values are still loaded one by one. Both take equally
    // long at a density of 0.77 for 784 inputs and 1000 outputs, and of 0.65 to 0.71 for 28 or 784 inputs and 300 outputs, in
    // batches of 32 to 1,000 (bench/kernels.ts; Node 24 and 26). In between, so that no layer loses more than a few percent.
    denseFrom: 0.75,
  };
}

/** Of a hidden layer's inputs, typically. */
const HIDDEN_DENSITY = 0.5;

const TRIAL_SAMPLES = 24;
const TRIAL_INPUTS = 400;
const TRIAL_ROUNDS = 7;
/** So that a round takes some 50 µs, which a clock can tell. */
const TRIAL_PRODUCTS = 2_000_000;

/** Rounds of the layer's forward and step, in its widest panel or tile, and the columns that each computes. */
type Trial = readonly { readonly run: () => void; readonly columns: number }[];

function trialOf({ module, needs }: KernelChoice, names: ReadonlySet<string>, inputs: number, density: number): Trial {
  const isMain = (name: string) => /^(denseF|f)orward|^(step|keep)(Sparse|Dense)/.test(name);
  const main = [...names].filter(isMain);
  const vectorsOf = (name: string) => Number.parseInt(/\d+/.exec(name)![0], 10);
  const vectors = Math.max(...main.map(vectorsOf));
  const scratch = new Scratch(
    { inputs: Math.min(inputs, TRIAL_INPUTS), samples: TRIAL_SAMPLES, density, firstSlot: 0, vectors },
    needs.reservedBytes,
  );
  const wasm = instantiate(module!, scratch.memory);
  const isForward = (name: string) => name.endsWith('orward', name.search(/\d/));
  return [true, false].map((goesForward) => {
    const name = main.filter((each) => isForward(each) === goesForward).sort((a, b) => vectorsOf(b) - vectorsOf(a))[0]!;
    const [run, args] = [functionNamed(wasm, name), scratch.callsOf(name)[0]!];
    const columns = vectorsOf(name) * LANES;
    const products = TRIAL_SAMPLES * Math.min(inputs, TRIAL_INPUTS) * density * columns;
    const times = Math.max(1, Math.round(TRIAL_PRODUCTS / products));
    return {
      columns: columns * times,
      run: () => {
        for (let i = 0; i < times; i++) run(...args);
      },
    };
  });
}

/** How many times as fast the first is as the second; 0 if it reaches beyond the memory, as only wrong code does. */
function gainOf(trials: readonly Trial[]): number {
  try {
    const [first, second] = timeTurnByTurn(trials);
    return second! / first!;
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') return 0;
    throw error;
  }
}

/** Milliseconds a column, the least of some rounds: what disturbs a round only makes it longer. */
function timeTurnByTurn(trials: readonly Trial[]): number[] {
  const best = trials.map((trial) => trial.map(() => Number.POSITIVE_INFINITY));
  for (let round = 0; round < TRIAL_ROUNDS; round++) {
    for (const [t, trial] of trials.entries()) {
      for (const [i, { run, columns }] of trial.entries()) {
        const start = performance.now();
        run();
        best[t]![i] = Math.min(best[t]![i]!, (performance.now() - start) / columns);
      }
    }
  }
  return best.map((times) => times.reduce((sum, time) => sum + time));
}
