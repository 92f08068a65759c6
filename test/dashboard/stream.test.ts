/** What the event stream says of a run, to those who come early and late, fast and slow. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Dashboard } from '../../src/dashboard/index.js';
import type { Messages, RunMessage } from '../../src/dashboard/messages.js';
import { loadDataset } from '../../src/data/sources.js';
import type { AuditedLabel, AuditedNumber } from '../../src/metrics/audit/audited-sample.js';
import type { TrainInput } from '../../src/run/train.js';
import type { RunView } from '../../src/run/view.js';
import { loadModel } from '../../src/tools/network.js';
import { type Collected, collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { openStream, type Stream, type StreamMessage } from '../support/page-client.js';
import { CHECKPOINT, END, START, WARNING } from '../support/sample-events.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(600, 150);
const options = (): TrainInput => ({
  ...{ data: scratch.data, hidden: [60], epochs: 6, threads: 2, batchSize: 50 },
  ...{ lr: 0.01, schedule: 'step', lrStepSize: 3, validationSplit: 0.1 },
});

let dashboard: Dashboard;

async function runTo(given: TrainInput) {
  return await collect({ ...given, ...dashboard.controls }, (event) => dashboard.show(event));
}

/** All that is said until the run is over and everything known has been told. */
async function heard({ messages }: Stream): Promise<StreamMessage[]> {
  const all: StreamMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

function lastOf<Name extends keyof Messages>(all: readonly StreamMessage[], name: Name): Messages[Name] | undefined {
  return all.findLast((message) => message.name === name)?.data as Messages[Name] | undefined;
}

describe('the stream of a run', () => {
  let run: Collected;
  let saved: string;
  /** The weights as they are in memory when the run is over. */
  let parameters: Float32Array;
  let early: StreamMessage[];
  let earlyHeaders: Stream['headers'];
  let late: StreamMessage[];
  beforeAll(async () => {
    dashboard = await Dashboard.open(0);
    const stream = await openStream(dashboard.url);
    earlyHeaders = stream.headers;
    const listening = heard(stream);
    saved = scratch.newPath('model.safetensors');
    let view: RunView | undefined;
    const onView = (given: RunView) => {
      view = given;
      dashboard.controls.onView(given);
    };
    run = await collect({ ...options(), save: saved, ...dashboard.controls, onView }, (event) => {
      dashboard.show(event);
      if (event.event === 'end') parameters = Float32Array.from(view!.parameters());
    });
    const lateListening = heard(await openStream(dashboard.url));
    await dashboard.close();
    [early, late] = await Promise.all([listening, lateListening]);
  });

  it('follows it from before its beginning to its end, as the events have it', () => {
    const { start, epochs, end } = run;
    expect(earlyHeaders).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    const phases = early.filter((message) => message.name === 'run').map(({ data }) => (data as RunMessage).phase);
    expect(phases[0]).toBe('starting');
    expect(phases.at(-1)).toBe('completed');
    expect(lastOf(early, 'run')).toMatchObject({ start, end, picture: { height: 28, width: 28 }, warnings: [] });

    const points = early
      .filter((message) => message.name === 'epochs')
      .flatMap(({ data }) => (data as Messages['epochs']).items);
    expect(points).toEqual(epochs.map(({ event: _, step, wait_fraction, phase_fractions, ...point }) => point));
    expect(points[0]).toMatchObject({ validation_loss: expect.any(Number), lr: 0.01 });
    const { threads } = lastOf(early, 'threads')!;
    expect(threads).toHaveLength(2);
    for (const fractions of threads) expect(fractions.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
  });

  it('tells whoever comes when it is over the same results, which are those of the model that it left', async () => {
    expect(late.filter((message) => message.name === 'epochs')).toHaveLength(1);
    expect(lastOf(late, 'epochs')!.items).toHaveLength(6);

    const model = await loadModel(saved);
    const { test } = await loadDataset(scratch.data);
    const confusion = Array.from({ length: 100 }, () => 0);
    const judged = Array.from({ length: test.count }, (_, sample) => {
      const pixels = test.values.subarray(sample * 784, (sample + 1) * 784) as Uint8Array;
      const label = test.targets[sample]!;
      const { label: predicted, probabilities } = model.predict(pixels);
      confusion[10 * label + predicted]!++;
      return { sample, class: label, predicted, probability: probabilities[label]!, pixels };
    });
    const results = lastOf(late, 'results')!;
    expect(results).toMatchObject({ epoch: 6, split: 'test', samples: 150, confusion });
    const hardest = judged.sort((a, b) => a.probability - b.probability).slice(0, 12);
    expect(results.hardest!.map(({ sample }) => sample)).toEqual(hardest.map(({ sample }) => sample));
    for (const [i, { pixels, probability, ...found }] of results.hardest!.entries()) {
      const expected = hardest[i]!;
      expect({ ...expected, pixels: '', probability: 0 }).toEqual({ ...found, pixels: '', probability: 0 });
      expect(probability).toBeCloseTo(expected.probability, 9);
      expect(Buffer.from(pixels, 'base64')).toEqual(Buffer.from(expected.pixels));
    }
  });

  it("shows the first layer's weights, as they are when it is over", () => {
    const { values, scale, units, of } = lastOf(late, 'weights')!;
    expect({ units, of }).toEqual({ units: 48, of: 60 });
    const bytes = new Int8Array(Buffer.from(values, 'base64'));
    expect(bytes).toHaveLength(48 * 784);
    let cut = 0;
    let furthest = 0;
    for (let unit = 0; unit < 48; unit++) {
      for (let i = 0; i < 784; i++) {
        const weight = parameters[i * 60 + unit]!;
        if (Math.abs(weight) > scale) cut++;
        const expected = Math.max(-scale, Math.min(scale, weight));
        furthest = Math.max(furthest, Math.abs((bytes[unit * 784 + i]! / 127) * scale - expected));
      }
    }
    // (-127 to 127: half a step to either side.)
    expect(furthest).toBeLessThanOrEqual(scale / 253);
    expect(cut / bytes.length).toBeLessThan(0.002);
  });
});

describe('the stream', () => {
  afterEach(() => dashboard.close());

  it('of a run without epochs shows what the initial weights make of the test samples', async () => {
    dashboard = await Dashboard.open(0);
    const { end } = await runTo({ ...options(), epochs: 0 });
    const listening = heard(await openStream(dashboard.url));
    await dashboard.close();
    const { epoch, confusion = [] } = lastOf(await listening, 'results')!;
    const right = confusion.reduce((sum, count, i) => sum + (i % 11 === 0 ? count : 0), 0);
    expect({ epoch, error: 1 - right / 150 }).toEqual({ epoch: 0, error: expect.closeTo(end.test_error!, 9) });
  });

  it('tells no text that would move, or reorder, what stands beside it', async () => {
    dashboard = await Dashboard.open(0);
    const given = 'a\x1b[2Jb\u202ec\n';
    const told = 'a\ufffd[2Jb\ufffdc ';
    dashboard.show({ ...START, dataset: { ...START.dataset, name: given, class_names: [given, 1] } });
    dashboard.show({ ...WARNING, message: given });
    dashboard.show({ ...CHECKPOINT, file: given });
    dashboard.show({ ...END, status: 'failed', message: given });
    const listening = heard(await openStream(dashboard.url));
    await dashboard.close();
    expect(lastOf(await listening, 'run')).toMatchObject({
      start: { dataset: { name: told, class_names: [told, 1] } },
      warnings: [told],
      checkpoint: { file: told },
      end: { message: told },
    });
  });

  it.each([
    [
      'classes',
      { label: 'tree' },
      ({ row, label, suggested, probability }: AuditedLabel) => ({ row, given: label, suggested, probability }),
    ],
    [
      'numbers',
      { target: ['a', 'b'] },
      ({ row, column, target, suggested, probability }: AuditedNumber) => ({
        row,
        column,
        given: target,
        suggested,
        probability,
      }),
    ],
  ] as const)('tells the first of the audit: %s', async (_, what, told) => {
    dashboard = await Dashboard.open(0);
    const rows = Array.from({ length: 40 }, (_, r) => ({
      a: r % 7,
      b: (r * r) % 5,
      tree: ['ash', 'elm'][(r >> 1) % 2]!,
    }));
    const audit = scratch.newPath('audit.ndjson');
    await runTo({ data: { rows, ...what }, testSplit: 0, hidden: [4], epochs: 3, threads: 1, audit });
    const listening = heard(await openStream(dashboard.url));
    await dashboard.close();
    const lines = readFileSync(audit, 'utf8').split('\n').slice(0, 12);
    const samples = lines.map((line) => told(JSON.parse(line) as AuditedLabel & AuditedNumber));
    expect(lastOf(await listening, 'doubtful')).toEqual({ epoch: 3, samples });
  });

  it('tells of warnings', async () => {
    dashboard = await Dashboard.open(0);
    const { all } = await runTo({ ...options(), epochs: 1, warmupSteps: 1000 });
    const warnings = all.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
    expect(warnings.length).toBeGreaterThan(0);
    const listening = heard(await openStream(dashboard.url));
    await dashboard.close();
    expect(lastOf(await listening, 'run')).toMatchObject({ phase: 'completed', warnings });
  });

  it('of data that are no pictures, and have no test samples, says what there is', async () => {
    dashboard = await Dashboard.open(0);
    const data = temporaryFolder();
    writeDataset(data, { train: { labels: Array.from({ length: 23 }, (_, s) => s % 3), shape: [2, 3] } });
    await runTo({ data: data.path, hidden: [4], epochs: 2, batchSize: 5, threads: 1 });
    data.remove();
    const listening = heard(await openStream(dashboard.url));
    await dashboard.close();
    const all = await listening;
    expect(lastOf(all, 'epochs')!.items).toHaveLength(2);
    expect(lastOf(all, 'run')).not.toHaveProperty('picture');
    expect(lastOf(all, 'weights')).toBeUndefined();
    expect(lastOf(all, 'results')).toBeUndefined();
  });
});
