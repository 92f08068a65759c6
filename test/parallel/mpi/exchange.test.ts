/** What ranks tell each other, without MPI: several ranks in one process, whose blocks the test carries from one to another. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONTROL_STRIDE, EXCHANGE_WORDS, type Memory } from '../../../src/memory/layout.js';
import type { Plan } from '../../../src/memory/plan.js';
import { softmaxCrossEntropy } from '../../../src/model/objectives/softmax-cross-entropy.js';
import { Control } from '../../../src/parallel/control-words.js';
import { Exchange } from '../../../src/parallel/mpi/exchange.js';
import { MpiLibrary } from '../../../src/parallel/mpi/library.js';

const RANKS = 3;
/** Shares of 1, 2 and 2. */
const COUNT = 5;
/** Where the batch begins. */
const FIRST = 2;
const EVERYBODY = [0, 1, 2];

interface TestScores {
  readonly loss: Float64Array;
  readonly incorrect: Uint8Array;
}

interface Rank {
  readonly control: Control;
  readonly exchange: Exchange;
  readonly weights: Float32Array;
  readonly record: {
    readonly training: TestScores;
    readonly gradients: { readonly ofSamples: readonly Float64Array[] };
    readonly heldOut: TestScores;
  };
}

/** What each rank has told. */
let told: Float64Array[];

beforeEach(() => {
  told = [];
  let rank = 0;
  vi.spyOn(MpiLibrary, 'attach').mockImplementation(() => {
    const own = rank++;
    const gather = (blocks: Float64Array, blockBytes: number) => {
      const words = blockBytes / 8;
      expect(blocks).toHaveLength(words * RANKS);
      told[own] = blocks.slice(own * words, (own + 1) * words);
      for (const [other, block] of told.entries()) if (block) blocks.set(block, other * words);
    };
    return { gather } as unknown as MpiLibrary;
  });
});
afterEach(() => vi.restoreAllMocks());

function ranksOf(deadlines: readonly number[] = []): Rank[] {
  return EVERYBODY.map((rank) => {
    const control = new Control(new Int32Array(new SharedArrayBuffer(16 * CONTROL_STRIDE * 4)));
    const weights = Float32Array.of(1, 2, 3);
    const exchange = new Float64Array(RANKS * (EXCHANGE_WORDS + 4 * COUNT));
    const plan = { validationSamples: 2, testSamples: 3, scores: softmaxCrossEntropy.scores } as unknown as Plan;
    const task = { rank, ranks: RANKS, library: { file: '', abi: 'MPICH' as const } };
    const scores = (count: number) => ({
      loss: new Float64Array(count).fill(-1),
      incorrect: new Uint8Array(count).fill(9),
    });
    const gradients = { ofSamples: [0, 1].map(() => new Float64Array(COUNT + FIRST).fill(-1)) };
    const record = { training: scores(COUNT + FIRST), gradients, heldOut: scores(COUNT) };
    const memory = { exchange, layers: [{ parameters: weights }], epochs: [record] } as unknown as Memory;
    const deadline = deadlines[rank] ?? Number.POSITIVE_INFINITY;
    return {
      ...{ control, weights, record },
      exchange: new Exchange(task, plan, memory, control, deadline),
    };
  });
}

/** All ranks do it, twice: the first time each knows of those before it alone. */
function together(ranks: readonly Rank[], act: (rank: Rank) => void): void {
  for (const rank of ranks) {
    try {
      act(rank);
    } catch {
      // It has not heard of the others' weights.
    }
  }
  for (const rank of ranks) act(rank);
}

describe('what one rank wants, all want', () => {
  const NOTHING = { stop: false, diverged: false, timeUp: false };

  it('nothing', () => {
    const ranks = ranksOf();
    together(ranks, ({ exchange }) => exchange.meet());
    for (const { control } of ranks) expect(control.agreed).toEqual(NOTHING);
  });

  it.each(EVERYBODY)('rank %i stops', (rank) => {
    const ranks = ranksOf();
    ranks[rank]!.control.stop();
    together(ranks, ({ exchange }) => exchange.meet());
    for (const { control } of ranks) expect(control.agreed).toEqual({ ...NOTHING, stop: true });
  });

  it.each(EVERYBODY)('rank %i has diverged', (rank) => {
    const ranks = ranksOf();
    ranks[rank]!.control.reportDivergence();
    together(ranks, ({ exchange }) => exchange.meet());
    for (const { control } of ranks) expect(control.agreed).toEqual({ ...NOTHING, diverged: true });
  });

  it.each(EVERYBODY)('rank %i has no time left', (rank) => {
    const ranks = ranksOf(EVERYBODY.map((each) => (each === rank ? 0 : Number.POSITIVE_INFINITY)));
    together(ranks, ({ exchange }) => exchange.meet());
    for (const { control } of ranks) expect(control.agreed).toEqual({ ...NOTHING, timeUp: true });
  });
});

describe('results', () => {
  /** By sample, from the batch's first on. */
  const losses = [10, 11, 12, 13, 14];
  const incorrect = [1, 0, 0, 1, 1];
  const owners = [0, 1, 1, 2, 2];

  it('of a batch are on all ranks what each has of its share, and nothing else changes', () => {
    const ranks = ranksOf();
    for (const [i, owner] of owners.entries()) {
      ranks[owner]!.record.training.loss[FIRST + i] = losses[i]!;
      ranks[owner]!.record.training.incorrect[FIRST + i] = incorrect[i]!;
      for (const l of [0, 1]) ranks[owner]!.record.gradients.ofSamples[l]![FIRST + i] = 20 + 10 * l + i;
    }
    together(ranks, ({ exchange, record }) => exchange.tell(record as never, FIRST, COUNT));
    for (const { record } of ranks) {
      expect([...record.training.loss]).toEqual([-1, -1, ...losses]);
      expect([...record.training.incorrect]).toEqual([9, 9, ...incorrect]);
      expect([...record.gradients.ofSamples[0]!]).toEqual([-1, -1, 20, 21, 22, 23, 24]);
      expect([...record.gradients.ofSamples[1]!]).toEqual([-1, -1, 30, 31, 32, 33, 34]);
    }
  });

  it('of an evaluation likewise', () => {
    const ranks = ranksOf();
    for (const [i, owner] of owners.entries()) {
      ranks[owner]!.record.heldOut.loss[i] = losses[i]!;
      ranks[owner]!.record.heldOut.incorrect[i] = incorrect[i]!;
    }
    together(ranks, ({ exchange, record }) => exchange.tellHeldOut(record as never, { from: 0, to: COUNT }));
    for (const { record } of ranks) {
      expect([...record.heldOut.loss]).toEqual(losses);
      expect([...record.heldOut.incorrect]).toEqual(incorrect);
    }
  });
});

it.each(EVERYBODY)('an evaluation notices that the weights of rank %i are others', (rank) => {
  const ranks = ranksOf();
  ranks[rank]!.weights[2] = 4;
  expect(() =>
    together(ranks, ({ exchange, record }) => exchange.tellHeldOut(record as never, { from: 0, to: COUNT })),
  ).toThrow(/weights/);
});
