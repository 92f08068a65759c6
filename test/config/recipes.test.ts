/** Recipes: defaults that options override, kept by checkpoints and models. */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TableTraits } from '../../src/config/option.js';
import {
  checkOptions,
  configOfRecord,
  OPTION_NAMES,
  OPTIONS,
  recordOfConfig,
  requireNothingOfImages,
  requireNothingOfTables,
  requireTogether,
  withDefaults,
} from '../../src/config/options.js';
import { RECIPE_NAMES, RECIPES } from '../../src/config/recipes.js';
import { flagOf } from '../../src/text/words.js';
import { collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const TRAITS: readonly TableTraits[] = [true, false].flatMap((areNumbers) =>
  [undefined, 1, 100, 1e6].map((rows) => ({ areNumbers, rows, hasTestData: false, isPrivate: false })),
);
const TABLE = folder.write(
  'table.csv',
  `a,b,kind\n${Array.from({ length: 60 }, (_, i) => `${i % 7},${(i * 5) % 11},${i % 2 ? 'x' : 'y'}`).join('\n')}\n`,
);
const PAGE = readFileSync(new URL('../../../docs/recipes.md', import.meta.url), 'utf8');
const SMALL = { hidden: [4], epochs: 4, batchSize: 16 };

describe.each(RECIPE_NAMES)('recipe %s', (recipe) => {
  it('names options and values that exist, and that go together', () => {
    expect(Object.keys(RECIPES[recipe]).filter((name) => !OPTION_NAMES.some((each) => each === name))).toEqual([]);
    for (const traits of TRAITS) {
      const given = checkOptions({ recipe });
      const config = withDefaults(given, traits);
      for (const [name, { kind }] of Object.entries(OPTIONS)) {
        const value: unknown = config[name as keyof typeof config];
        if (value !== undefined) expect(kind.check(name, value)).toEqual(value);
      }
      const own = Object.keys(RECIPES[recipe]).map((name) => [name, config[name as keyof typeof config]]);
      requireTogether(Object.fromEntries(own) as typeof given, config);
    }
  });

  it('is in docs/recipes.md, with all of its options', () => {
    const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${recipe}\` |`))!;
    const stated = /`--(.*?)`/.exec(row)![1]!.split(' --');
    const own = Object.entries(RECIPES[recipe]).map(([name, value]) =>
      value === true ? flagOf(name) : `${flagOf(name)} ${String(value)}`,
    );
    expect(stated.sort()).toEqual(own.sort());
  });

  it('is overridden by each option that is given', () => {
    const given = checkOptions({ recipe, epochs: 3, lr: 0.5, hidden: [5] });
    expect(withDefaults(given, TRAITS[0])).toMatchObject({ recipe, epochs: 3, lr: 0.5, hidden: [5] });
  });
});

describe('a record of a run with a recipe', () => {
  it('has all values, and reads back as they were, even those that are null', () => {
    const config = { ...withDefaults({ recipe: 'table' }, TRAITS[0]), validationSplit: undefined, keepBest: false };
    expect(configOfRecord(recordOfConfig(config))).toEqual(config);
  });
});

describe('recipe reference', () => {
  it('is the default for images', () => {
    expect(withDefaults({ recipe: 'reference' })).toEqual({ ...withDefaults({}), recipe: 'reference' });
    expect(withDefaults({ recipe: 'reference' }, TRAITS[0])).toMatchObject({ optimizer: 'sgd', scale: 'standard' });
  });
});

describe('recipe table', () => {
  it('trains, is stated by start, the model and checkpoints, and resumes', async () => {
    const [save, checkpointDir] = [folder.write('m.safetensors', ''), folder.write('c', '')];
    const options = { data: TABLE, label: 'kind', recipe: 'table', ...SMALL, validationSplit: 0.3 } as const;
    const { start, end } = await collect({ ...options, save });
    expect(start.config).toMatchObject({ recipe: 'table', scale: 'robust', keep_best: true, validation_split: 0.3 });
    expect(start.config).toMatchObject({ epochs: 4, hidden: [4] });
    expect((await readModel(save)).metadata.config).toContain('"recipe":"table"');
    expect(end.status).toBe('completed');
    const dir = `${checkpointDir}-folder`;
    const half = { ...options, schedule: 'constant' } as const;
    const whole = await collect({ ...half });
    await collect({ ...half, epochs: 2, checkpointDir: dir });
    const resumed = await collect({ resume: true, checkpointDir: dir, epochs: 4 });
    expect(resumed.start.config).toEqual({
      ...whole.start.config,
      checkpoint_dir: dir,
      kernel: resumed.start.config.kernel,
    });
    expect(resumed.end.weights_sha256).toBe(whole.end.weights_sha256);
  });

  it('is refused for images, and for private runs', async () => {
    const images = withDefaults({ recipe: 'table' });
    expect((await refusalOf(() => requireNothingOfTables(images))).message).toMatch(/^--recipe table: only for tables/);
    const given = checkOptions({ recipe: 'table', private: true, dpEpsilon: 3 });
    expect((await refusalOf(() => requireTogether(given, withDefaults(given)))).message).toContain(
      'mutually exclusive',
    );
  });
});

describe('recipe image', () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 3);
  const part = { labels, shape: [5, 5], pixel: (p: number) => (p * 7) % 251 };
  const images = { data: folder.path, recipe: 'image', hidden: [8, 8], epochs: 4 } as const;
  beforeAll(() => writeDataset(folder, { train: part, test: part }));

  it('trains, is stated by start and the model, and is the same as its options', async () => {
    const save = folder.write('i.safetensors', '');
    const { start, end } = await collect({ ...images, save, seed: 3 });
    expect(start.config).toMatchObject({ recipe: 'image', epochs: 4, hidden: [8, 8], init: 'he', reduction: 'mean' });
    expect(start.config.batch_size).toBe(labels.length);
    expect((await readModel(save)).metadata.config).toContain('"recipe":"image"');
    const listed = await collect(
      checkOptions({ ...RECIPES.image, batchSize: 40, ...images, recipe: undefined, seed: 3 }),
    );
    expect(end.weights_sha256).toBe(listed.end.weights_sha256);
    const defaults = await collect({ ...images, recipe: undefined, seed: 3 });
    expect(end.weights_sha256).not.toBe(defaults.end.weights_sha256);
  });

  it('goes together with augmentation and another optimizer', async () => {
    const more = await collect({ ...images, shift: 1, flip: true, optimizer: 'sgd', momentum: 0.5, lr: 0.01 });
    expect(more.start.config).toMatchObject({ recipe: 'image', shift: 1, optimizer: 'sgd', momentum: 0.5 });
    expect(more.end.status).toBe('completed');
  });

  it('resumes', async () => {
    const checkpointDir = `${folder.path}-checkpoints`;
    const half = { ...images, schedule: 'constant' } as const;
    const whole = await collect(half);
    await collect({ ...half, epochs: 2, checkpointDir });
    const resumed = await collect({ resume: true, checkpointDir, epochs: 4 });
    expect(resumed.end.weights_sha256).toBe(whole.end.weights_sha256);
    rmSync(checkpointDir, { recursive: true });
  });

  it('is refused for tables and for private runs', async () => {
    expect(
      (await refusalOf(() => requireNothingOfImages(withDefaults({ recipe: 'image' }, TRAITS[0])))).message,
    ).toMatch(/^--recipe image: only for images, and --data \S+ is a table/);
    await expect(collect({ data: TABLE, label: 'kind', recipe: 'image' })).rejects.toThrow('only for images');
    const given = checkOptions({ recipe: 'image', private: true, dpEpsilon: 3 });
    expect((await refusalOf(() => requireTogether(given, withDefaults(given)))).message).toContain(
      'mutually exclusive',
    );
  });
});
