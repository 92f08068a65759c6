/** Prints each epoch's `wait_fraction` of a run whose consumer is slow at the first step: node dist/test/support/slow-consumer.js FOLDER */
import { setTimeout } from 'node:timers/promises';
import { train } from '../../src/run/train.js';

/** Long enough for the thread to come to the hold in front of the third epoch. */
const SLOW_MS = 500;

const fractions: number[] = [];
for await (const event of train({ data: process.argv[2]!, threads: 1, epochs: 4, hidden: [3], logEvery: 1 })) {
  if (event.event === 'step' && event.step === 1) await setTimeout(SLOW_MS);
  if (event.event === 'epoch') fractions.push(event.wait_fraction);
}
console.log(JSON.stringify(fractions));
