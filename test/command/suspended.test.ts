/** A process that is suspended and continued again and again ends in the weights of one that is not. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../src/model/random.js';
import { suspendOften } from '../reliability/support/suspend.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { runTrain } from '../support/run-command.js';
import { valuesOf } from '../support/thoroughness.js';
import { endOf } from '../support/undisturbed.js';

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(200, 50);
});
afterAll(() => data.remove());

// The long form: test/reliability/suspension.ts.
it.each(valuesOf(['sliced', 'dense'], ['sliced']))('strategy %s', async (strategy) => {
  const args = ['--data', data.path, '--hidden', '20', '--batch-size', '20', '--threads', '2', '--epochs', '40'];
  const job = [...args, '--strategy', strategy, '--format', 'ndjson'];
  const calm = endOf((await runTrain(job)).stdout)!;
  const { run, times } = await suspendOften(process.execPath, job, new Random(1, 0));
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(times).toBeGreaterThan(5);
  expect(endOf(run.stdout)!.weights_sha256).toBe(calm.weights_sha256);
});
