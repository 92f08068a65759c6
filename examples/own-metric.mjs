/**
 * A training loop with a custom metric and a custom stopping rule. Writes NDJSON: each epoch's line also has `gap`
 * (validation error minus training error) and `best_validation_loss`. Training stops after `patience` epochs without a
 * lower validation loss. (The `patience` option does the same; replace the rule with your own.)
 *
 *   node examples/own-metric.mjs [data] [patience] | jq -c 'select(.event=="epoch") | [.epoch, .validation_loss, .gap]'
 */
import { train } from 'lockstep';

const [data = 'mnist', patience = '3'] = process.argv.slice(2);

const abort = new AbortController();
let best = Number.POSITIVE_INFINITY;
let epochsWithoutImprovement = 0;

// A stopping rule must not look at the test set: the test error would no longer measure performance on unseen data.
const options = { data, validationSplit: 0.1, epochs: 1000, hidden: [100], lr: 0.01, signal: abort.signal };
for await (const event of train(options)) {
  if (event.event !== 'epoch') {
    console.log(JSON.stringify(event));
    continue;
  }
  const gap = event.validation_error - event.train_error;
  epochsWithoutImprovement = event.validation_loss < best ? 0 : epochsWithoutImprovement + 1;
  best = Math.min(best, event.validation_loss);
  console.log(JSON.stringify({ ...event, gap, best_validation_loss: best }));
  // The run stops after its current step. The `status` of its last event is "interrupted".
  if (epochsWithoutImprovement >= Number(patience)) abort.abort();
}
