/**
 * Poisson sampling: each training sample takes part in each step with probability q = batch size / samples, independently of all
 * others. A step's random bytes are AES-256 in counter mode, with a key of its own for sampling and the step in the counter: byte s
 * decides about sample s, or leaves it to one of the words of 64 bits behind the bytes.
 */
import { createCipheriv } from 'node:crypto';
import type { EpochRecord } from '../memory/epoch-record.js';
import { type Plan, type PrivateNeeds, stepsPerEpoch } from '../memory/plan.js';

/**
 * Room for the samples of a batch and of an epoch. More are drawn with a probability below 1e-30 (Bernstein's inequality), and then
 * the run fails.
 */
export function roomFor(samples: number, batchSize: number): PrivateNeeds {
  const mostIn = (steps: number) => {
    const mean = steps * batchSize;
    return Math.min(steps * samples, Math.ceil(mean + 12 * Math.sqrt(mean) + 50));
  };
  return { largestBatch: mostIn(1), longestEpoch: mostIn(Math.ceil(samples / batchSize)) };
}

/**
 * Draws the batches of an epoch, from 1 on: their samples, in ascending order, and where each batch begins.
 *
 * @throws Error if a batch or the epoch is larger than there is room for
 */
export function drawBatches({ order, batchStarts }: EpochRecord, plan: Plan, key: Uint8Array, epoch: number): void {
  // Where there is only an evaluation.
  if (epoch === 0) return;
  const steps = stepsPerEpoch(plan);
  let next = 0;
  for (let k = 0; k < steps; k++) {
    batchStarts[k] = next;
    next = drawBatch(order, next, plan, key, (epoch - 1) * steps + k);
    if (next > order.length || next - batchStarts[k]! > plan.privacy!.largestBatch) {
      throw new Error(`a batch of ${next - batchStarts[k]!} samples was drawn, and there is no room for it`);
    }
  }
  batchStarts[steps] = next;
}

const WORD_BYTES = 8;
const ZEROS = new Uint8Array(65_536);

/** @param step  of the run, from 0. @returns where the batch ends; more than the order's length if it does not fit */
function drawBatch(
  order: Uint32Array,
  from: number,
  { trainSamples, batchSize }: Plan,
  key: Uint8Array,
  step: number,
): number {
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(step), 0);
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  // q · 2^64, rounded down: its highest byte, and the rest.
  const rate = (BigInt(batchSize) << 64n) / BigInt(trainSamples);
  const high = Number(rate >> 56n);
  const rest = (rate & ((1n << 56n) - 1n)) << 8n;
  let next = from;
  const doubtful: number[] = [];
  // (Which of the doubtful ones are taken is only known when all bytes have been read.)
  const sure: number[] = [];
  for (let first = 0; first < trainSamples; first += ZEROS.length) {
    const bytes = cipher.update(ZEROS.subarray(0, Math.min(ZEROS.length, trainSamples - first)));
    for (let i = 0; i < bytes.length; i++) {
      // (The system finds zeros much faster than a loop does.)
      if (high === 0) {
        i = bytes.indexOf(0, i);
        if (i < 0) break;
      }
      const byte = bytes[i]!;
      if (byte > high) continue;
      if (byte === high) doubtful.push(first + i);
      else sure.push(first + i);
    }
  }
  const words = cipher.update(new Uint8Array(WORD_BYTES * doubtful.length));
  const taken = doubtful.filter((_, k) => words.readBigUInt64LE(WORD_BYTES * k) < rest);
  const batch = sure.length === 0 ? taken : taken.concat(sure).sort((a, b) => a - b);
  for (const sample of batch) order[next++] = sample;
  return next;
}
