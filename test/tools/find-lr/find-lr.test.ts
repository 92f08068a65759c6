/** A learning-rate range test: rates, losses, the proposal and the picture. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findLr, type RateEvent } from '../../../src/index.js';
import { rateInRange } from '../../../src/optim/schedule.js';
import { proposalOf } from '../../../src/tools/find-lr/proposal.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { runLockstep } from '../../support/run-lockstep.js';
import { IRIS } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const JOB = { data: IRIS, label: 'species', hidden: [8], steps: 100 } as const;

const point = (step: number, lr: number, loss: number): RateEvent => ({
  ...{ event: 'rate', step, lr, loss, smoothed_loss: loss },
});
/** The losses of a network that learns from 1e-4 on, best at 1e-1, and diverges. */
const curve = (shape: (decade: number) => number) =>
  Array.from({ length: 141 }, (_, i) => point(i + 1, 10 ** (-6 + i / 20), shape(-6 + i / 20)));

describe('the rates', () => {
  it('grow by the same factor from step to step, from the first to the last', () => {
    const range = { from: 1e-7, to: 10, steps: 9 };
    const rates = Array.from({ length: 12 }, (_, i) => rateInRange(range, i));
    for (const [i, rate] of rates.slice(0, 9).entries()) expect(rate / 10 ** (i - 7)).toBeCloseTo(1, 12);
    expect(rates.slice(8)).toEqual([10, 10, 10, 10]);
    expect(rates[0]).toBeGreaterThanOrEqual(1e-7);
  });
});

describe('the proposal', () => {
  it('is where the loss falls fastest', () => {
    const { lr, lowest } = proposalOf(curve((d) => (d > -1 ? 1 + (d + 1) ** 2 : 2 - Math.tanh((d + 2) * 2))));
    expect(lr! / 1e-2).toBeCloseTo(1, 0);
    expect(lowest! / 1e-1).toBeCloseTo(1, 0);
  });
  it('is neither too close to divergence nor needlessly small', () => {
    const [late, early] = [
      proposalOf(curve((d) => (d > -1 ? 3 : 2 - Math.max(0, d + 1.2) * 5))),
      proposalOf(curve((d) => (d > 0 ? 3 : d < -5 ? 2 - (d + 6) : 1 - (d + 5) * 0.05))),
    ];
    expect(late.lr! / (late.lowest! / 3)).toBeCloseTo(1, 1);
    expect(late.reason).toContain('a third');
    expect(early.lr! / (early.lowest! / 30)).toBeCloseTo(1, 1);
    expect(early.reason).toContain('a thirtieth');
  });
  it.each([
    ['a loss that only rises', curve((d) => 2 + d)],
    ['a loss that stays', curve(() => 1)],
    ['a loss that falls by less than noise', curve((d) => 1 - 1e-3 * (d + 6))],
    ['a single step', [point(1, 1, 1)]],
    ['nothing', []],
  ])('of %s is none', (_, points) => {
    expect(proposalOf(points)).toMatchObject({ lr: null, steepest: null, lowest: null });
  });
});

describe('a test', () => {
  it('has the losses of the steps, is the same for any number of threads, and proposes a rate that trains', async () => {
    const output = path.join(folder.path, 'curve.svg');
    const found = await findLr({ ...JOB, output, threads: 1 });
    expect(found).toMatchObject({ status: 'completed', picture: output });
    for (const [i, { step, lr, smoothed_loss: smoothed }] of found.steps.entries()) {
      expect(step).toBe(i + 1);
      expect(lr).toBe(rateInRange({ from: 1e-7, to: 10, steps: 100 }, i));
      // Bias-corrected: Σ share^(i−k) · loss_k / Σ share^(i−k).
      const weights = found.steps.slice(0, i + 1).map((_, k) => 0.8 ** (i - k));
      const sum = found.steps.slice(0, i + 1).reduce((all, each, k) => all + weights[k]! * each.loss, 0);
      expect(smoothed).toBeCloseTo(sum / weights.reduce((a, b) => a + b), 9);
    }
    expect(found.lr).toBeGreaterThan(1e-4);
    expect(found.lr).toBeLessThan(1);
    const picture = readFileSync(output, 'utf8');
    expect(picture).toContain(`--lr ${found.lr}`);
    expect(picture.match(/<circle/g)!.length).toBeGreaterThan(20);
    const { seconds: _, picture: __, ...others } = found;
    const { seconds: ___, ...again } = await findLr({ ...JOB, threads: 3 });
    expect(again).toEqual(others);
  });

  it('ends when the loss grows too much, and when it is no number', async () => {
    const { diverged, steps } = await findLr({ ...JOB, to: 1e30, optimizer: 'sgd' });
    expect(diverged).toBe(true);
    expect(steps.length).toBeLessThan(100);
  });

  it('can be stopped', async () => {
    const abort = new AbortController();
    const found = await findLr({
      ...{ ...JOB, signal: abort.signal },
      onEvent: (event) => event.event === 'rate' && event.step === 30 && abort.abort(),
    });
    expect(found).toMatchObject({
      status: 'interrupted',
      diverged: false,
      lr: null,
      reason: 'the test was interrupted',
    });
    expect(found.steps).toHaveLength(30);
  });

  it.each([
    [{ lr: 0.1 }, 'lr'],
    [{ save: 'a' }, 'save'],
    [{ from: 1, to: 0.1 }, 'from'],
    [{ from: 0 }, 'from'],
    [{ steps: 5 }, 'steps'],
    [{ output: 'curve.txt' }, 'output'],
  ])('%j is refused', async (given, name) => {
    const { message, status } = await refusalOf(() => findLr({ ...JOB, ...given } as never));
    expect(message).toContain(name);
    expect(status).toBe(2);
  });
});

it('the command prints a proposal', async () => {
  const args = ['find-lr', '-d', IRIS, '--label', 'species', '--steps', '60', '--format', 'pretty'];
  const { stdout, stderr, status } = await runLockstep(args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout).toMatch(/^Learning rates on iris.csv: 1e-7 to 10 in 60 steps/);
  expect(stdout).toMatch(/\nproposal: --lr [\d.e-]+\n/);
});
