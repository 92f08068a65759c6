/**
 * A million tiny epochs on a loaded machine end in the weights of a calm run, and every epoch has its figures: the long form of
 * what test/parallel/loaded.test.ts tries.
 *
 *   node dist/test/stress/epochs.js [epochs, default 1,000,000] [threads, default 2]
 */
import { tinyEpochs } from '../support/loaded-epochs.js';

const [epochs = 1_000_000, threads = 2] = process.argv.slice(2).map(Number);
const began = performance.now();
const calm = await tinyEpochs(epochs, threads, false);
const loaded = await tinyEpochs(epochs, threads, true);
const isSame = calm.weights === loaded.weights && calm.figures === loaded.figures;
console.log(
  `Node ${process.versions.node}: ${epochs.toLocaleString('en-US')} epochs, ${threads} threads, calm and loaded: ` +
    `${isSame ? 'the same' : 'NOT the same'} weights and figures (${((performance.now() - began) / 1000).toFixed(0)} s)`,
);
process.exitCode = isSame ? 0 : 1;
