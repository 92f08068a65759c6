/**
 * How good is Lockstep on tables as people have them? Each table of some public packages is trained on with one command, from the
 * file as it is, and `predict` has to answer for each of its rows. Then, on the same splits, over several seeds:
 *
 * - MLP: scikit-learn's pipeline with the same preprocessing and its MLPClassifier or MLPRegressor, with the network, optimizer,
 *   rate, L2 penalty, batch and epochs that Lockstep's defaults choose;
 * - NumPy: the same network in plain NumPy, which also has Lockstep's initial values and, for two classes, its two outputs
 *   (scikit-learn has one);
 * - HistGradientBoosting and LightGBM with their own defaults.
 *
 *   PYTHON=/path/to/python3 node dist/bench/tables.js [--results tables.ndjson] [--minutes 5] [--tables 'penguins,keel/balanced/*']
 *     [--seeds 10] [--vega-datasets node_modules/vega-datasets] [--reasons]
 *     [--variants 'lr × 3,no decay'] [--json] [--markdown]
 *
 * --reasons trains the NumPy network again where Lockstep differs significantly from the MLP, with one thing at a time as
 * scikit-learn has it.
 *
 * --variants trains Lockstep with one default changed, on the tables up to --most-rows.
 *
 * PYTHON (default python3) needs scikit-learn, pandas and lightgbm, and the packages of the tables: see bench/README.md. The
 * results are kept in a file; a later run does only what the file lacks.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { StartEvent } from '../src/metrics/events.js';
import { namesOf, wholeFrom } from './support/options.js';
import { NPM_PACKAGE, npmPackage, type Package, PYTHON_PACKAGES, type Table, tablesOf } from './tables/catalog.js';
import { classNamesOf, scoreOf, startOf, testRowsOf, tryCommands } from './tables/lockstep.js';
import { PEERS, type Peer, Peers, REASONS, type Reading, TREES } from './tables/peers.js';
import { print } from './tables/print.js';
import { Results } from './tables/results.js';
import { differentTables, summaryOf } from './tables/summary.js';
import { type Defaults, VARIANT_NAMES, VARIANTS, type Variant } from './tables/variants.js';

const options = new Command('tables')
  .description('How good is Lockstep on tables as people have them?')
  .option('--results <file>', 'NDJSON, to continue', 'tables.ndjson')
  .option('--minutes <n>', 'start nothing new after so long', wholeFrom(0), 24 * 60)
  .option('--tables <names>', 'names, separated by commas; * stands for any text', '*')
  .option('--seeds <n>', 'how many, from 1 on', wholeFrom(1), 10)
  .option('--vega-datasets <folder>', 'the npm package', `node_modules/${NPM_PACKAGE}`)
  .option('--reasons', "why results differ from those of scikit-learn's network", false)
  .option(
    '--variants <names>',
    `Lockstep with a default changed: ${VARIANT_NAMES.join(', ')}`,
    namesOf(VARIANT_NAMES),
    [],
  )
  .option('--most-rows <n>', 'of the tables for --variants', wholeFrom(1), 1500)
  .option('--json', 'NDJSON', false)
  .option('--markdown', 'as for the documentation', false)
  .parse()
  .opts<{
    readonly results: string;
    readonly minutes: number;
    readonly tables: string;
    readonly seeds: number;
    readonly vegaDatasets: string;
    readonly reasons: boolean;
    readonly variants: readonly Variant[];
    readonly mostRows: number;
    readonly json: boolean;
    readonly markdown: boolean;
  }>();
const python = process.env.PYTHON ?? 'python3';
const deadline = performance.now() + options.minutes * 60_000;
const isOver = () => performance.now() >= deadline;

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
const peers = new Peers(python);
try {
  const packages = await installed();
  // (The Python script is in the source folder, not in dist/.)
  const script = fileURLToPath(new URL('../../bench/tables/export.py', import.meta.url));
  const { status } = spawnSync(python, [script, folder], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${python} ${script} ended with status ${status}`);
  const tables = tablesOf(packages, folder).filter(isWanted);
  const results = new Results(options.results);
  for (const table of tables) {
    if (isOver()) break;
    await measure(table, results, PEERS);
  }
  if (options.reasons) {
    const different = differentTables(
      summaryOf(
        results,
        tables.map(({ name }) => name),
      ),
    );
    for (const table of tables.filter(({ name }) => different.includes(name))) {
      if (!isOver()) await measure(table, results, REASONS);
    }
  }
  for (const table of tables) await vary(table, results);
  print(
    packages,
    tables.map(({ name }) => name),
    results,
    options,
  );
} finally {
  peers.end();
  rmSync(folder, { recursive: true });
}

async function installed(): Promise<readonly Package[]> {
  const vega = npmPackage(options.vegaDatasets);
  return [...(await peers.packages(PYTHON_PACKAGES)), ...(vega ? [vega] : [])];
}

function isWanted({ name }: Table): boolean {
  return options.tables.split(',').some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(name);
  });
}

async function measure(table: Table, results: Results, others: readonly Peer[]): Promise<void> {
  const { name } = table;
  const found = results.of(name);
  let reading: Reading | undefined;
  const read = async () => {
    reading ??= await peers.read(table);
    return reading;
  };
  if (!found.trial) {
    try {
      results.add({ table: name, trial: await tryCommands(table, await read(), folder) });
    } catch (error) {
      results.add({ table: name, failure: error instanceof Error ? error.message : String(error) });
      return;
    }
  }
  let start: Awaited<ReturnType<typeof startOf>> | undefined;
  for (let seed = 1; seed <= options.seeds; seed++) {
    const lacks = (system: Peer | 'Lockstep') => !found.scores.get(system)!.has(seed);
    if (!lacks('Lockstep') && !others.some(lacks)) continue;
    if (isOver()) return;
    if (lacks('Lockstep')) results.add({ table: name, system: 'Lockstep', seed, ...(await scoreOf(table, seed)) });
    const { inputs } = found.scores.get('Lockstep')!.get(seed)!;
    start ??= await startOf(table);
    const classes = classNamesOf(start);
    const { columns = [], config } = start;
    const request = { columns, classes, config, seed, test: testRowsOf(table, await read(), classes, seed) };
    for (const system of others.filter(lacks)) {
      const score = await peers.score(system, request);
      if (!TREES.some((each) => each === system) && score.inputs !== inputs) {
        throw new Error(`${name}: ${score.inputs} inputs in Python, ${inputs} in Lockstep`);
      }
      results.add({ table: name, system, seed, ...score });
    }
  }
}

/** Lockstep with one default changed. */
async function vary(table: Table, results: Results): Promise<void> {
  const { name } = table;
  const { trial, scores } = results.of(name);
  if (!trial || trial.rows > options.mostRows) return;
  let defaults: Defaults | undefined;
  for (const variant of options.variants) {
    for (let seed = 1; seed <= options.seeds; seed++) {
      if (scores.get(variant)!.has(seed) || isOver()) continue;
      defaults ??= defaultsIn(await startOf(table));
      results.add({ table: name, system: variant, seed, ...(await scoreOf(table, seed, VARIANTS[variant](defaults))) });
    }
  }
}

function defaultsIn({ config: { hidden, batch_size: batchSize, epochs, lr } }: StartEvent): Defaults {
  return { hidden, batchSize, epochs, lr };
}
