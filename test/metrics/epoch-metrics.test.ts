/** What a checkpoint remembers of the metrics: against sums over a list of all samples, wherever run and consumer are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activationNeeds, DEFAULT_ACTIVATION } from '../../src/kernels/activations.js';
import { chooseKernel } from '../../src/kernels/builds.js';
import { now } from '../../src/memory/clock.js';
import type { EpochRecord } from '../../src/memory/epoch-record.js';
import { type Memory, recordIndex } from '../../src/memory/layout.js';
import { PLAIN, type Plan, stepsPerEpoch } from '../../src/memory/plan.js';
import { Ledger } from '../../src/metrics/epoch-metrics.js';
import { freshState, type Position, type RunState, recordOfState, stateOf } from '../../src/metrics/run-state.js';
import type { Sums } from '../../src/model/objectives/objective.js';
import { softmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';

const FRESH = freshState(softmaxCrossEntropy);
const VALIDATION_SAMPLES = 2;
const TEST_SAMPLES = 3;
const MS_PER_STEP = 250;

interface Shape {
  readonly samples: number;
  readonly batch: number;
  readonly logEvery: number;
}

function planOf({ samples, batch }: Shape): Plan {
  return {
    layers: [1, 2],
    trainSamples: samples,
    testSamples: TEST_SAMPLES,
    storedInputs: 0,
    inputForm: 'sparse',
    batchSize: batch,
    threads: 1,
    ...PLAIN,
    scores: softmaxCrossEntropy.scores,
    validationSamples: VALIDATION_SAMPLES,
    ...chooseKernel('reference').needs,
    ...activationNeeds(DEFAULT_ACTIVATION),
  };
}

/** Every sample of every epoch has a loss of its own, in training as in the evaluation. */
const lossOf = (epoch: number, i: number) => Math.sqrt(epoch * 1000 + i);
const isIncorrect = (epoch: number, i: number) => (i * 7 + epoch) % 3 === 0;
/** Worse and better by turns, and now and then as good as before. */
const validationLossOf = (epoch: number, i: number) => ((epoch * 5) % 7) + i;
const testLossOf = (epoch: number, i: number) => Math.cbrt(epoch * 1000 + i);

const validated = (epoch: number) =>
  Array.from({ length: VALIDATION_SAMPLES }, (_, i) => ({
    loss: validationLossOf(epoch, i),
    incorrect: isIncorrect(i, epoch),
  }));
const tested = (epoch: number) =>
  Array.from({ length: TEST_SAMPLES }, (_, i) => ({ loss: testLossOf(epoch, i), incorrect: isIncorrect(epoch, i) }));

/** What the workers write of an epoch of which this process has done the steps from `first` on. */
function writeRecord(plan: Plan, record: EpochRecord, epoch: number, first: number): void {
  const positions = Array.from({ length: plan.trainSamples }, (_, i) => i);
  const isOwn = (i: number) => i >= first * plan.batchSize;
  // What an earlier process has done is not there.
  record.training.loss.set(positions.map((i) => (isOwn(i) ? lossOf(epoch, i) : Number.NaN)));
  record.training.incorrect!.set(positions.map((i) => (isOwn(i) ? Number(isIncorrect(epoch, i)) : 99)));
  const began = 1e6 * epoch;
  for (let step = 0; step < stepsPerEpoch(plan); step++) {
    record.stepEnds[step] = step < first ? Number.NaN : began + MS_PER_STEP * (step - first + 1);
  }
  record.times.set([began, record.stepEnds.at(-1)!]);
  const heldOut = [...validated(epoch), ...tested(epoch)];
  record.heldOut.loss.set(heldOut.map(({ loss }) => loss));
  record.heldOut.incorrect!.set(heldOut.map(({ incorrect }) => Number(incorrect)));
}

function emptyRecords({ trainSamples }: Plan, steps: number): Memory['epochs'] {
  const scores = (samples: number) => ({ loss: new Float64Array(samples), incorrect: new Uint8Array(samples) });
  const record = (): EpochRecord => ({
    order: new Uint32Array(trainSamples),
    batchStarts: new Uint32Array(0),
    training: scores(trainSamples),
    stepEnds: new Float64Array(steps),
    rateFactor: new Float64Array(),
    times: new Float64Array(3),
    gradients: { ofSamples: [], ofBatches: new Float64Array(0) },
    heldOut: scores(VALIDATION_SAMPLES + TEST_SAMPLES),
    tested: new Float64Array(0),
  });
  return [record(), record()];
}

/** By going through all samples of the run, one by one. */
function naiveState(shape: Shape, { epochs, stepsInEpoch }: Position): Omit<RunState, 'seconds'> {
  const { samples, batch, logEvery } = shape;
  const steps = Math.ceil(samples / batch);
  const sum = (list: readonly { loss: number; incorrect: boolean }[]): Sums => ({
    samples: list.length,
    loss: list.reduce((total, { loss }) => total + loss, 0),
    incorrect: list.filter(({ incorrect }) => incorrect).length,
  });
  const done: { epoch: number; step: number; loss: number; incorrect: boolean }[] = [];
  for (let epoch = 1; epoch <= epochs + 1; epoch++) {
    for (let i = 0; i < samples; i++) {
      const step = Math.floor(i / batch) + 1;
      if (epoch > epochs && step > stepsInEpoch) continue;
      done.push({ epoch, step: (epoch - 1) * steps + step, loss: lossOf(epoch, i), incorrect: isIncorrect(epoch, i) });
    }
  }
  const step = epochs * steps + stepsInEpoch;
  const logged = logEvery === 0 ? Number.POSITIVE_INFINITY : step - (step % logEvery);
  const metricsOf = (epoch: number) => {
    const last = sum(done.filter((sample) => sample.epoch === epoch));
    return {
      train_loss: last.loss / samples,
      train_error: last.incorrect! / samples,
      validation_loss: sum(validated(epoch)).loss / VALIDATION_SAMPLES,
      validation_error: sum(validated(epoch)).incorrect! / VALIDATION_SAMPLES,
      test_loss: sum(tested(epoch)).loss / TEST_SAMPLES,
      test_error: sum(tested(epoch)).incorrect! / TEST_SAMPLES,
    };
  };
  const all = Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1, metrics: metricsOf(i + 1) }));
  const least = Math.min(...all.map(({ metrics }) => metrics.validation_loss));
  return {
    epochs,
    stepsInEpoch,
    step,
    epochSums: sum(done.filter(({ epoch }) => epoch > epochs)),
    // Whole multiples of a quarter of a second: exact, in whatever parts they were added.
    epochSeconds: (stepsInEpoch * MS_PER_STEP) / 1000,
    logEvery,
    logSums: sum(done.filter((sample) => sample.step > logged)),
    metrics: epochs === 0 ? {} : metricsOf(epochs),
    best: all.find(({ metrics }) => metrics.validation_loss === least),
  };
}

/** As the file gives it back. */
function startAt(shape: Shape, position: Position): RunState {
  const record = recordOfState({ ...naiveState(shape, position), seconds: 100 }, softmaxCrossEntropy);
  return stateOf(JSON.parse(JSON.stringify(record)), softmaxCrossEntropy)!;
}

interface Situation {
  readonly shape: Shape;
  /** Where the process has begun. */
  readonly from: Position;
  /** Epochs that its consumer has heard of since, and steps of the next. */
  readonly told: Position;
  /** Where the team is: epochs since, and steps of the next. */
  readonly at: Position;
}

const count = (min: number, max: number) => fc.integer({ min, max });

const situations: fc.Arbitrary<Situation> = fc
  .record({ samples: count(1, 12), batch: count(1, 12), logEvery: count(0, 20) })
  .chain((shape) => {
    const steps = Math.ceil(shape.samples / shape.batch);
    const position = (epochs: number, first = 0) =>
      fc.record({ epochs: count(0, epochs), stepsInEpoch: count(first, steps) });
    return fc.record({ shape: fc.constant(shape), from: position(3), told: position(2), ahead: position(2) });
  })
  .map(({ shape, from, told, ahead }) => {
    // Of the first epoch the earlier process has done a part; the team is never behind what has been told.
    const least = (epochs: number) => (epochs === 0 ? from.stepsInEpoch : 0);
    const heard = { ...told, stepsInEpoch: Math.max(told.stepsInEpoch, least(told.epochs)) };
    const epochs = told.epochs + ahead.epochs;
    // Two epochs ahead it waits: the records are full.
    const reached = ahead.epochs === 2 ? 0 : Math.max(ahead.stepsInEpoch, ahead.epochs === 0 ? heard.stepsInEpoch : 0);
    return { shape, from, told: heard, at: { epochs, stepsInEpoch: reached } };
  });

/** Lets a run come as far as that, and asks. */
function stateIn({ shape, from, told, at }: Situation): RunState {
  const plan = planOf(shape);
  const records = emptyRecords(plan, stepsPerEpoch(plan));
  const ledger = new Ledger(
    plan,
    records,
    from.epochs === 0 && from.stepsInEpoch === 0 ? { ...FRESH, seconds: 100 } : startAt(shape, from),
    shape.logEvery,
    now(),
  );
  const write = (epoch: number) =>
    writeRecord(plan, records[recordIndex(epoch)], epoch, epoch === from.epochs + 1 ? from.stepsInEpoch : 0);
  for (let epoch = from.epochs + 1; epoch <= from.epochs + told.epochs; epoch++) {
    write(epoch);
    for (const _ of ledger.stepEvents(epoch, stepsPerEpoch(plan)));
    ledger.epoch(epoch);
  }
  const next = from.epochs + told.epochs + 1;
  write(next);
  if (at.epochs > told.epochs) write(next + 1);
  for (const _ of ledger.stepEvents(next, told.stepsInEpoch));
  return ledger.stateAt({ epochs: from.epochs + at.epochs, stepsInEpoch: at.stepsInEpoch });
}

describe('Ledger.stateAt', () => {
  it('is what a walk through all samples gives, to the last bit', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const { shape, from, at } = situation;
        const { seconds, ...state } = stateIn(situation);
        const position = { epochs: from.epochs + at.epochs, stepsInEpoch: at.stepsInEpoch };
        expect(state).toEqual(naiveState(shape, position));
        expect(seconds).toBeGreaterThanOrEqual(100);
      }),
      { numRuns: 1000 },
    );
  });

  it('changes nothing of what is told afterwards', () => {
    const shape = { samples: 10, batch: 3, logEvery: 3 };
    const plan = planOf(shape);
    const records = emptyRecords(plan, 4);
    const [asked, unasked] = [0, 1].map(() => new Ledger(plan, records, FRESH, 3, now())) as [Ledger, Ledger];
    for (const epoch of [1, 2]) {
      writeRecord(plan, records[recordIndex(epoch)], epoch, 0);
      const tell = (ledger: Ledger, steps: number) =>
        [...ledger.stepEvents(epoch, steps)].map(({ step, loss, error }) => ({ step, loss, error }));
      for (const steps of [2, 4]) {
        asked.stateAt({ epochs: epoch - 1, stepsInEpoch: 4 });
        expect(tell(asked, steps)).toEqual(tell(unasked, steps));
      }
      expect(asked.epoch(epoch)).toEqual(unasked.epoch(epoch));
    }
  });

  it('sums since the last step event are dropped when the next run logs at another distance', () => {
    const shape = { samples: 10, batch: 1, logEvery: 4 };
    const plan = planOf(shape);
    const records = emptyRecords(plan, 10);
    const ledger = new Ledger(plan, records, startAt(shape, { epochs: 0, stepsInEpoch: 6 }), 7, now());
    writeRecord(plan, records[recordIndex(1)], 1, 6);
    const events = [...ledger.stepEvents(1, 10)];
    // Step 7 alone: the sums over steps 5 and 6 were begun for another window.
    expect(events.map(({ step, loss }) => ({ step, loss }))).toEqual([{ step: 7, loss: lossOf(1, 6) }]);
  });
});
