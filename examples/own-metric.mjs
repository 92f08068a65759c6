/**
 * A training loop with a rule and a metric of its own: NDJSON out, with the gap between test and training error in each
 * epoch's line, and an end when the test loss has not improved for so many epochs.
 *
 *   node examples/own-metric.mjs [data] [patience] | jq -c 'select(.event=="epoch") | [.epoch, .test_loss, .gap]'
 */
import { train } from 'lockstep';

const [data = 'mnist', patience = '3'] = process.argv.slice(2);

const abort = new AbortController();
let best = Number.POSITIVE_INFINITY;
let waited = 0;

for await (const event of train({ data, epochs: 1000, hidden: [100], lr: 0.01, signal: abort.signal })) {
  if (event.event !== 'epoch') {
    console.log(JSON.stringify(event));
    continue;
  }
  const gap = event.test_error - event.train_error;
  waited = event.test_loss < best ? 0 : waited + 1;
  best = Math.min(best, event.test_loss);
  console.log(JSON.stringify({ ...event, gap, best_test_loss: best }));
  // The run ends after the step that it is at, and its last event says so: "interrupted".
  if (waited >= Number(patience)) abort.abort();
}
