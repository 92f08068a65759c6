/** Step events: the means of all samples since the last one, wherever the epochs and the coordinator's looks fall. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activationNeeds, DEFAULT_ACTIVATION } from '../../src/kernels/activations.js';
import { chooseKernel } from '../../src/kernels/builds.js';
import type { EpochRecord } from '../../src/memory/epoch-record.js';
import { PLAIN, type Plan, stepsPerEpoch } from '../../src/memory/plan.js';
import type { StepEvent } from '../../src/metrics/events.js';
import { freshState } from '../../src/metrics/run-state.js';
import { StepLog } from '../../src/metrics/step-log.js';
import { softmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';

const STARTED_AT = 5000;
const FRESH = freshState(softmaxCrossEntropy);

function planOf(trainSamples: number, batchSize: number): Plan {
  return {
    layers: [1, 2],
    trainSamples,
    testSamples: 0,
    storedInputs: 0,
    inputForm: 'sparse',
    batchSize,
    threads: 1,
    ...PLAIN,
    ...chooseKernel('reference').needs,
    ...activationNeeds(DEFAULT_ACTIVATION),
    scores: softmaxCrossEntropy.scores,
  };
}

/** An epoch's record whose every loss is another, and whose steps end at different times. */
function recordOf(plan: Plan, epoch: number) {
  const steps = stepsPerEpoch(plan);
  const positions = Array.from({ length: plan.trainSamples }, (_, i) => i);
  return {
    order: Uint32Array.from(positions),
    batchStarts: new Uint32Array(0),
    training: {
      loss: Float64Array.from(positions, (i) => Math.sqrt(epoch * 1000 + i)),
      incorrect: Uint8Array.from(positions, (i) => Number((i * 7 + epoch) % 3 === 0)),
    },
    stepEnds: Float64Array.from({ length: steps }, (_, i) => STARTED_AT + 250 * ((epoch - 1) * steps + i + 1)),
    rateFactor: new Float64Array(),
    times: new Float64Array(3),
    gradients: { ofSamples: [], ofBatches: new Float64Array(0) },
    heldOut: { loss: new Float64Array(0) },
    tested: new Float64Array(0),
  } satisfies EpochRecord;
}

/** The events of whole epochs, at each of which the coordinator looks after the given steps. */
function logged(plan: Plan, every: number | undefined, epochs: number, looks: readonly number[]): StepEvent[] {
  const log = new StepLog(plan, every ?? 0, STARTED_AT, FRESH);
  const events: StepEvent[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const record = recordOf(plan, epoch);
    const steps = stepsPerEpoch(plan);
    const before = (epoch - 1) * steps;
    for (const look of looks) events.push(...log.upTo(record, epoch, before, Math.min(look, steps)));
    events.push(...log.upTo(record, epoch, before, steps));
  }
  return events;
}

/** The same, from a list of all the run's samples. */
function naive(plan: Plan, every: number, epochs: number): StepEvent[] {
  const { trainSamples, batchSize } = plan;
  const samples: { epoch: number; step: number; loss: number; incorrect: number; endedAt: number }[] = [];
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const record = recordOf(plan, epoch);
    for (let i = 0; i < trainSamples; i++) {
      if (i % batchSize === 0) step++;
      const endedAt = record.stepEnds[Math.floor(i / batchSize)]!;
      const { loss, incorrect } = record.training;
      samples.push({ epoch, step, loss: loss[i]!, incorrect: incorrect[i]!, endedAt });
    }
  }
  const events: StepEvent[] = [];
  for (let last = every; last <= step; last += every) {
    const own = samples.filter((sample) => sample.step > last - every && sample.step <= last);
    const { epoch, endedAt } = own.at(-1)!;
    events.push({
      event: 'step',
      epoch,
      step: last,
      loss: own.reduce((sum, { loss }) => sum + loss, 0) / own.length,
      error: own.reduce((sum, { incorrect }) => sum + incorrect, 0) / own.length,
      seconds: (endedAt - STARTED_AT) / 1000,
    });
  }
  return events;
}

describe('StepLog', () => {
  it('means over all samples since the last event, to the last bit', () => {
    const count = (max: number) => fc.integer({ min: 1, max });
    const looks = fc.array(fc.nat(12), { maxLength: 5 }).map((steps) => steps.sort((a, b) => a - b));
    fc.assert(
      fc.property(count(30), count(30), count(9), count(4), looks, (samples, batch, every, epochs, at) => {
        const plan = planOf(samples, Math.min(samples, batch));
        expect(logged(plan, every, epochs, at)).toEqual(naive(plan, every, epochs));
      }),
      { numRuns: 500 },
    );
  });

  it('counts the last, smaller batch of an epoch by its samples, and goes on into the next epoch', () => {
    // Two epochs of batches of 2, 2 and 1: the second event takes the last of the first epoch and the first of the next.
    const plan = planOf(5, 2);
    const [first, second, third, ...rest] = logged(plan, 2, 2, []);
    const [one, two] = [recordOf(plan, 1).training.loss, recordOf(plan, 2).training.loss];
    expect(first).toMatchObject({ epoch: 1, step: 2, seconds: 0.5 });
    expect(first?.loss).toBeCloseTo((one[0]! + one[1]! + one[2]! + one[3]!) / 4, 12);
    expect(second).toMatchObject({ epoch: 2, step: 4, seconds: 1 });
    expect(second?.loss).toBeCloseTo((one[4]! + two[0]! + two[1]!) / 3, 12);
    expect(third).toMatchObject({ epoch: 2, step: 6, seconds: 1.5 });
    expect(third?.loss).toBeCloseTo((two[2]! + two[3]! + two[4]!) / 3, 12);
    expect(rest).toEqual([]);
  });

  it('gives each event as soon as its step is seen, and once', () => {
    const plan = planOf(10, 1);
    const log = new StepLog(plan, 3, STARTED_AT, FRESH);
    const record = recordOf(plan, 1);
    const steps = [0, 2, 3, 3, 9, 10].map((seen) => [...log.upTo(record, 1, 0, seen)].map(({ step }) => step));
    expect(steps).toEqual([[], [], [3], [], [6, 9], []]);
  });

  it('gives nothing where no step events are wanted, or fewer steps are done', () => {
    expect(logged(planOf(10, 2), undefined, 3, [1, 2])).toEqual([]);
    expect(logged(planOf(10, 2), 16, 3, [1, 2])).toEqual([]);
  });
});
