/** Prints each epoch's `wait_fraction`, and the milliseconds that its thread computed, of a run whose consumer is slow at the first step: node dist/test/support/slow-consumer.js FOLDER */
import { setTimeout } from 'node:timers/promises';
import { train } from '../../src/run/train.js';
import type { RunView } from '../../src/run/view.js';

/** Long enough for the thread to come to the hold in front of the third epoch. */
const SLOW_MS = 500;

let view: RunView | undefined;
const onView = (own: RunView) => {
  view = own;
};
const fractions: number[] = [];
const computed: number[] = [];
for await (const event of train({ data: process.argv[2]!, threads: 1, epochs: 4, hidden: [3], logEvery: 1, onView })) {
  if (event.event === 'step' && event.step === 1) await setTimeout(SLOW_MS);
  if (event.event !== 'epoch') continue;
  fractions.push(event.wait_fraction);
  const { gradients, update } = view!.threadTimes(event.epoch)[0]!;
  computed.push(gradients + update);
}
console.log(JSON.stringify({ fractions, computed }));
