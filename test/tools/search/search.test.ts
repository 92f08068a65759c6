/** Searches: trials are those of train, the winner is the same however many run at once, and a log is continued. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SearchEndEvent, SearchEvent, TrialEvent } from '../../../src/metrics/search-events.js';
import { search as searchIn } from '../../../src/tools/search/library.js';
import { type SearchSettings, search } from '../../../src/tools/search/search.js';
import { dimensionOf } from '../../../src/tools/search/space.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { refusalOf } from '../../support/refusals.js';
import { IRIS } from '../../support/tables.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string) => path.join(folder.path, name);

const GIVEN = { data: IRIS, label: 'species', epochs: 3, batchSize: 16 } as const;
const SETTINGS: SearchSettings = {
  space: [dimensionOf('lr', '1e-3..1e-1', Number), dimensionOf('hidden', '3|5', (text) => [Number(text)])],
  ...{ trials: 4, seed: 1, folds: undefined, halving: undefined, atOnce: undefined, log: undefined, save: undefined },
  ...{ output: undefined },
};

async function eventsOf(settings: Partial<SearchSettings> = {}, given: object = GIVEN, signal?: AbortSignal) {
  const events: SearchEvent[] = [];
  for await (const event of search(given, { ...SETTINGS, ...settings }, signal)) events.push(event);
  return events;
}
/** The search with the usual settings, which several tests compare with theirs. */
let usual: Promise<SearchEvent[]> | undefined;
const usualEvents = () => {
  usual ??= eventsOf();
  return usual;
};
const timeless = (events: readonly SearchEvent[]) =>
  events.map(({ seconds: _, time: __, ...event }: SearchEvent & { seconds?: number; time?: string }) => event);
const trialsIn = (events: readonly SearchEvent[]) =>
  events.filter((event): event is TrialEvent => event.event === 'trial');

describe('a search', () => {
  it('judges each trial by the run of train with the same options, and trains the best again', async () => {
    const save = at('best.safetensors');
    const events = await eventsOf({ save });
    const trials = trialsIn(events);
    expect(trials.map(({ trial }) => trial)).toEqual([1, 2, 3, 4]);
    const { options, loss } = trials[2]!;
    const own = await collect({ ...GIVEN, ...options, validationSplit: 0.2, threads: 1 });
    expect(loss).toBe(own.end.validation_loss);
    const end = events.at(-1) as SearchEndEvent;
    const least = Math.min(...trials.map((trial) => trial.loss!));
    expect(end.best!.loss).toBe(least);
    const best = await collect({ ...GIVEN, ...end.best!.options, validationSplit: 0.2, threads: 1 });
    expect(end).toMatchObject({ status: 'completed', saved: save, weights_sha256: best.end.weights_sha256 });
    expect(end.test_loss).toBe(best.end.test_loss);
  });

  it('by halving gives the same for any number at once, and short trials are the beginning of long ones', async () => {
    const halving = { halving: 2, trials: 4 };
    const given = { ...GIVEN, epochs: 4, schedule: 'cosine' };
    const one = await eventsOf({ ...halving, atOnce: 1 }, given);
    expect(timeless(await eventsOf({ ...halving, atOnce: 3 }, given))).toEqual(timeless(one));
    const trials = trialsIn(one);
    expect(trials.map(({ rung, epochs }) => [rung, epochs])).toEqual([
      ...[1, 2, 3, 4].map(() => [1, 1]),
      ...[1, 2].map(() => [2, 2]),
      [3, 4],
    ]);
    const { options, loss } = trials[4]!;
    const own = await collect({ ...given, ...options, validationSplit: 0.2, threads: 1 } as object);
    expect(loss).toBe(own.epochs[1]!.validation_loss);
    const promoted = trials.slice(0, 4).sort((a, b) => a.loss! - b.loss!);
    expect(trials.slice(4, 6).map(({ trial }) => trial)).toEqual([promoted[0]!.trial, promoted[1]!.trial].sort());
  });

  it('may be judged by folds', async () => {
    const events = await eventsOf({ folds: 2, trials: 1 });
    const [trial] = trialsIn(events);
    const job = { ...GIVEN, ...trial!.options, threads: 1 };
    const ends = [await collect({ ...job, fold: '1/2' }), await collect({ ...job, fold: '2/2' })].map(({ end }) => end);
    expect(trial!.loss).toBe((ends[0]!.test_loss! + ends[1]!.test_loss!) / 2);
    const whole = await collect({ ...job, testSplit: 0 });
    expect(events.at(-1)).toMatchObject({ weights_sha256: whole.end.weights_sha256 });
  });

  it('trains single networks as trials, and an ensemble with the best options', async () => {
    const [ensemble, single] = [
      await eventsOf({ trials: 2 }, { ...GIVEN, ensemble: 2 }),
      await eventsOf({ trials: 2 }),
    ];
    expect(timeless(trialsIn(ensemble))).toEqual(timeless(trialsIn(single)));
    const [end, other] = [ensemble, single].map((events) => events.at(-1) as SearchEndEvent);
    expect(end!.best).toEqual(other!.best);
    expect(end!.weights_sha256).not.toBe(other!.weights_sha256);
    expect(end!.test_loss).not.toBe(other!.test_loss);
  });

  it('goes on if a trial diverges, and fails if all do', async () => {
    const space = [dimensionOf('lr', '0.01|3e38', Number)];
    const trials = trialsIn(await eventsOf({ space, trials: 4 }, { ...GIVEN, epochs: 1 }));
    expect(new Set(trials.map(({ status }) => status))).toEqual(new Set(['completed', 'failed']));
    const failed = [dimensionOf('lr', '2e38|3e38', Number)];
    const { message, code } = await refusalOf(() => eventsOf({ space: failed, trials: 2 }));
    expect(code).toBe('no_trial');
    expect(message).toMatch(/^all trials failed; the first: the loss is not finite/);
  });
});

describe('a log', () => {
  it('is continued: no trial is repeated, and the result is the same', async () => {
    const log = at('log.ndjson');
    const abort = new AbortController();
    const stopped: SearchEvent[] = [];
    for await (const event of search(GIVEN, { ...SETTINGS, log, atOnce: 1 }, abort.signal)) {
      stopped.push(event);
      if (event.event === 'trial' && event.trial === 2) abort.abort();
    }
    expect(stopped.at(-1)).toMatchObject({ event: 'search_end', status: 'interrupted', trials: 2 });
    const before = readFileSync(log, 'utf8');
    expect(before.trim().split('\n')).toHaveLength(3);
    const rest = await eventsOf({ log });
    expect(readFileSync(log, 'utf8').startsWith(before)).toBe(true);
    // With their times: they were not run again.
    expect(rest.slice(0, 3)).toEqual(stopped.slice(0, 3));
    expect(timeless(rest)).toEqual(timeless(await usualEvents()));
    const more = await eventsOf({ log, trials: 5 });
    expect(more.slice(1, 5)).toEqual(rest.slice(1, 5));
    expect(trialsIn(more)).toHaveLength(5);
  });

  it('is written by one search at a time; another log in the same folder is free', async () => {
    const log = at('one.ndjson');
    const first = search(GIVEN, { ...SETTINGS, log, trials: 1 });
    await first.next();
    const { message, code, status } = await refusalOf(() => eventsOf({ log, trials: 1 }));
    expect({ code, status }).toEqual({ code: 'log_busy', status: 2 });
    expect(message).toContain(`--log ${log}: another search is writing this log`);
    await eventsOf({ log: at('two.ndjson'), trials: 1 });
    // (Leaving the loop releases the lock.)
    await first.return();
    expect(await eventsOf({ log, trials: 1 })).toHaveLength(3);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('of another search, damaged, or no log at all is refused', async () => {
    const log = at('other.ndjson');
    await eventsOf({ log, trials: 1 });
    const refused = async (settings: Partial<SearchSettings>, given: object = GIVEN) =>
      (await refusalOf(() => eventsOf({ log, ...settings }, given))).message;
    const another = 'the log of another search, which differs in';
    expect(await refused({ seed: 2 })).toContain(`--log ${log}: ${another} search_seed`);
    expect(await refused({}, { ...GIVEN, epochs: 4 })).toContain(`${another} options`);
    expect(await refused({ space: SETTINGS.space.slice(1) })).toContain(`${another} space`);
    expect(await refused({ halving: 2 })).toContain(another);
    expect(await refused({ save: log })).toContain('the same file as --save');
    writeFileSync(log, `${readFileSync(log, 'utf8')}{"event":"trial","trial":"2"}\n`);
    expect(await refused({})).toContain('line 3 is not a trial');
    writeFileSync(log, 'a,b\n');
    expect(await refused({})).toContain('this file exists and is not the log of a search');
  });
});

it('an abort before the first trial throws its reason', async () => {
  const reason = new Error('enough');
  await expect(eventsOf({}, GIVEN, AbortSignal.abort(reason))).rejects.toBe(reason);
});

describe('search()', () => {
  const [header = '', ...lines] = readFileSync(IRIS, 'utf8').trim().split('\n');
  const rows = lines.map((line) =>
    Object.fromEntries(
      header.split(',').map((name, i) => [name, i < 4 ? Number(line.split(',')[i]) : line.split(',')[i]]),
    ),
  );
  const space = { lr: { low: 1e-3, high: 1e-1 }, hidden: [[3], [5]] } as const;

  it('finds what the command finds, also in data in memory, and returns the best network', async () => {
    const command = await usualEvents();
    const { data: _, label: __, ...options } = GIVEN;
    const events: SearchEvent[] = [];
    const onEvent = (event: SearchEvent) => events.push(event);
    const found = await searchIn({ ...options, data: { rows, label: 'species' }, space, trials: 4, onEvent });
    expect(timeless(found.trials)).toEqual(timeless(trialsIn(command)));
    const end = command.at(-1) as SearchEndEvent;
    expect(found).toMatchObject({ status: 'completed', best: end.best, weights_sha256: end.weights_sha256 });
    expect(found.model!.network.weightsSha256).toBe(end.weights_sha256);
    expect(events.map(({ event }) => event)).toEqual(command.map(({ event }) => event));
  });

  it.each([
    [{ space: {} }, 'space'],
    [{ space: { lr: 0.1 } }, 'space'],
    [{ space: { activation: { low: 0, high: 1 } } }, 'space'],
    [{ space: { learning: [1, 2] } }, 'learning'],
    [{ space: { seed: [1, 2] } }, 'seed'],
    [{ space, lr: 0.1 }, 'lr'],
    [{ space, trials: 0 }, 'trials'],
    [{ space, output: 'a.txt' }, 'output'],
    [{ space, log: '' }, 'log'],
    [{ space, onEvent: 1 }, 'on-event'],
  ])('%j is refused', async (given, name) => {
    const { message, status } = await refusalOf(() => searchIn({ data: IRIS, label: 'species', ...given } as never));
    expect(message).toContain(name);
    expect(status).toBe(2);
  });
});

describe('the options of all trials', () => {
  const widths = (text: string) => (text === 'none' ? [] : text.split(',').map(Number));
  const numbers = (text: string) => (text.includes(',') ? text.split(',').map(Number) : Number(text));
  const hidden = (text: string) => dimensionOf('hidden', text, widths);

  it.each<[string, SearchSettings['space'], object, RegExp]>([
    [
      'a list for other layers',
      [hidden('3|4,4')],
      { dropout: [0.1, 0.2] },
      /^trial \d+ would have --hidden 3: --dropout 0.1,0.2: expected one number, or 1, one for each hidden layer; change/,
    ],
    [
      'a searched list for other layers',
      [hidden('3|4,4'), dimensionOf('dropout', '0.1|0.1,0.2', numbers)],
      {},
      /^trial \d+ would have --dropout 0.1,0.2 --hidden 3: --dropout 0.1,0.2: expected one number, or 1/,
    ],
    [
      'a batch that is too large',
      [dimensionOf('batchSize', '8|500', Number)],
      {},
      /^trial \d+ .*--batch-size 500: there are only 96 /,
    ],
    ['what tables do not have', [dimensionOf('shift', '0|2', Number)], {}, /^trial \d+ .*--shift 2: only for images/],
    [
      'an option that no trial can have',
      [dimensionOf('beta1', '0.5..0.9', Number)],
      { optimizer: 'sgd' },
      /^--beta1 .*requires --optimizer/,
    ],
    [
      'label smoothing of numbers',
      [dimensionOf('labelSmoothing', '0.1|0.2', Number)],
      { label: undefined, target: ['sepal_width'] },
      /^--label-smoothing: only for classes/,
    ],
    ['more halving than trials', [hidden('3|4')], {}, /^--halving 30: expected at most the number of trials, 20/],
  ])('%s: refused before the first trial', async (name, space, given, message) => {
    const halving = name.startsWith('more') ? 30 : undefined;
    let yielded = 0;
    const refusal = await refusalOf(async () => {
      for await (const _ of search({ data: IRIS, label: 'species', ...given } as object, {
        ...SETTINGS,
        space,
        trials: 20,
        halving,
      }))
        yielded++;
    });
    expect(refusal.message).toMatch(message);
    expect({ yielded, status: refusal.status }).toEqual({ yielded: 0, status: 2 });
  });

  it('an option that only some trials can have is left out of the others', async () => {
    const space = [hidden('none|3'), dimensionOf('activation', 'gelu|tanh', String)];
    const trials = trialsIn(await eventsOf({ space, trials: 4 }, { ...GIVEN, epochs: 1 }));
    for (const { options, status } of trials) {
      expect(status).toBe('completed');
      expect('activation' in options).toBe((options.hidden as number[]).length > 0);
    }
    expect(new Set(trials.map(({ options }) => 'activation' in options)).size).toBe(2);
  });

  it('the final run has no option that only folds need', async () => {
    const given = { ...GIVEN, drop: ['petal_width'], group: 'sepal_width', foldSeed: 4, stratify: true };
    const events = await eventsOf({ folds: 2, trials: 1 }, given);
    expect(events.at(-1)).toMatchObject({ event: 'search_end', status: 'completed' });
  });

  it('a network that is too large is a trial that fails', async () => {
    const space = [hidden('3|16000000,16000000')];
    const trials = trialsIn(await eventsOf({ space, trials: 4 }, { ...GIVEN, epochs: 1 }));
    const failed = trials.filter(({ status }) => status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(4);
    expect(failed[0]!.message).toContain('GiB of shared memory');
  });
});
