/**
 * How well does --audit find labels that are wrong? Labels of known data sets are changed at random, by a seed. Beside it, with
 * --cleanlab: cleanlab, with networks that Lockstep trains on five folds in about the same time.
 *
 *   node dist/bench/audit.js [--sets mnist,digits] [--noise uniform,pairwise] [--shares 1,3,10] [--seeds 5] [--epochs 20]
 *                            [--cleanlab] [--reliability] [--json]
 *
 * `uniform` changes a label to any other class, `pairwise` to the next one. k is the number of changed labels. Shown are means over
 * the seeds: the share of changed labels among the k samples that come first by a ranking, and precision and recall of the suspects.
 * The tables, and cleanlab, need PYTHON (default python3) with scikit-learn and cleanlab.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { FILES } from '../src/data/idx-folder.js';
import { loadPart } from '../src/data/sources.js';
import type { AuditedLabel } from '../src/metrics/audit/audited-sample.js';
import { Random } from '../src/model/random.js';
import { type ClassifierInput, fit as train } from '../src/tools/fit.js';
import type { PredictRow } from '../src/tools/model.js';
import { idxHeader } from './support/idx-header.js';
import { namesOf, wholeFrom } from './support/options.js';
import { type Column, heading, percent, row } from './support/table.js';

const TABLES = { digits: 40, 'breast-cancer': 40, wine: 60 } as const;
const IMAGES = ['mnist', 'fashion-mnist'] as const;
type TableName = keyof typeof TABLES;
type SetName = (typeof IMAGES)[number] | TableName;
const SETS: readonly SetName[] = [...IMAGES, ...(Object.keys(TABLES) as TableName[])];
const NOISES = ['uniform', 'pairwise'] as const;
type Noise = (typeof NOISES)[number];
/** Any numbers not used elsewhere. */
const STREAMS = { changes: 0xa0d17, folds: 0xa0d18 };
const FOLDS = 5;
const RANKINGS = ['mean_loss', 'aum', 'el2n'] as const;

const options = new Command('audit')
  .description('How well does --audit find labels that are wrong?')
  .option('--sets <names>', SETS.join(', '), namesOf(SETS), SETS)
  .option('--noise <kinds>', NOISES.join(', '), namesOf(NOISES), NOISES)
  .option('--shares <percents>', 'of labels to change', (text) => text.split(',').map(Number), [1, 3, 10])
  .option('--seeds <n>', 'how many, from 1 on', wholeFrom(1), 5)
  .option('--first-seed <n>', 'the first of them', wholeFrom(1), 1)
  .option('--epochs <n>', 'of images; tables have their own', wholeFrom(1), 20)
  .option('--threads <n>', 'of each run', wholeFrom(1), 1)
  .option('--cleanlab', 'also cleanlab', false)
  .option('--reliability', 'also the share of changed labels by probability', false)
  .option('--json', 'NDJSON, one line a run', false)
  .parse()
  .opts<{
    readonly sets: readonly SetName[];
    readonly noise: readonly Noise[];
    readonly shares: readonly number[];
    readonly seeds: number;
    readonly firstSeed: number;
    readonly epochs: number;
    readonly threads: number;
    readonly cleanlab: boolean;
    readonly reliability: boolean;
    readonly json: boolean;
  }>();
const python = process.env.PYTHON ?? 'python3';
// (The Python scripts are in the source folder, not in dist/.)
const script = (name: string) => fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));

/** A data set whose labels can be replaced. */
interface Labeled {
  readonly labels: Uint8Array;
  readonly classes: number;
  readonly epochs: number;
  /** Number of the first sample, as the audit counts. */
  readonly firstRow: number;
  /** Options to train on some of the samples. */
  readonly optionsFor: (labels: Uint8Array, samples?: readonly number[]) => ClassifierInput;
  readonly sample: (i: number) => PredictRow;
}

interface Result {
  readonly k: number;
  readonly at_k: number;
  readonly suspects: number;
  readonly precision: number;
  readonly recall: number;
  /** Sum of the probabilities: an estimate of k. */
  readonly expected: number;
  /** Of the samples whose probability is in a tenth of 0 to 1: how many, their mean probability, and the share of changed labels. */
  readonly calibration: readonly (readonly [count: number, probability: number, share: number])[];
  readonly [ranking: `at_k_${string}`]: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
try {
  await compareAll();
} finally {
  rmSync(folder, { recursive: true });
}

async function compareAll(): Promise<void> {
  if (options.sets.some((name) => name in TABLES)) execFileSync(python, [script('tables/export.py'), folder]);
  const columns: Column[] = [
    { title: 'set, noise', width: 28 },
    ...['first k', ...RANKINGS, 'precision', 'recall', 'Σ p / k'].map((title) => ({ title, width: 9 })),
    ...(options.cleanlab ? ['cleanlab k', 'precision', 'recall'].map((title) => ({ title, width: 10 })) : []),
  ];
  if (!options.json) console.log(heading(columns));
  for (const name of options.sets) {
    const set = name in TABLES ? tableOf(name as TableName) : await imagesOf(name);
    for (const noise of options.noise) {
      for (const share of options.shares) {
        const found: (readonly number[])[] = [];
        const results: Result[] = [];
        for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed++) {
          const changed = change(set, noise, share / 100, seed);
          const isChanged = (i: number) => changed[i] !== set.labels[i];
          const result = await audited(set, changed, isChanged, seed);
          const theirs = options.cleanlab ? await cleanlab(set, changed, isChanged, seed) : undefined;
          if (options.json) console.log(JSON.stringify({ set: name, noise, share, seed, ...result, ...theirs }));
          results.push(result);
          const rankings = RANKINGS.map((ranking) => result[`at_k_${ranking}`]!);
          found.push([
            ...[result.at_k, ...rankings, result.precision, result.recall, result.expected / result.k],
            ...(theirs ? [theirs.cleanlab_at_k, theirs.cleanlab_precision, theirs.cleanlab_recall] : []),
          ]);
        }
        const means = found[0]!.map((_, i) => found.reduce((sum, each) => sum + each[i]!, 0) / found.length);
        if (!options.json) console.log(row(columns, [`${name}, ${noise} ${share} %`, ...means.map(percent)]));
        if (!options.json && options.reliability) showReliability(results);
      }
    }
  }
}

/** By tenths of the probability, over the runs. */
function showReliability(results: readonly Result[]): void {
  for (let tenth = 0; tenth < 10; tenth++) {
    const bins = results.map(({ calibration }) => calibration[tenth]!);
    const count = bins.reduce((sum, [each]) => sum + each, 0);
    if (count === 0) continue;
    const mean = (of: 1 | 2) => bins.reduce((sum, bin) => sum + bin[0] * bin[of], 0) / count;
    const range = `${tenth / 10}–${(tenth + 1) / 10}`;
    console.log(
      `    ${range}: ${count} samples, mean probability ${mean(1).toFixed(3)}, changed ${mean(2).toFixed(3)}`,
    );
  }
}

async function imagesOf(name: string): Promise<Labeled> {
  const { samples, inputs, labelsFile } = await loadPart(name, 'train');
  const { count, values, targets } = samples;
  const images = path.join(folder, name);
  const side = Math.sqrt(inputs);
  const write = (where: string, chosen: readonly number[] | undefined, labels: Uint8Array) => {
    mkdirSync(where, { recursive: true });
    const size = chosen?.length ?? count;
    const bytes = Buffer.alloc(size * inputs);
    for (let i = 0; i < size; i++) {
      const at = chosen ? chosen[i]! : i;
      bytes.set(values.subarray(at * inputs, (at + 1) * inputs), i * inputs);
    }
    writeFileSync(path.join(where, FILES.trainImages), Buffer.concat([idxHeader([size, side, side]), bytes]));
    writeLabels(where, chosen ? Uint8Array.from(chosen, (i) => labels[i]!) : labels);
  };
  const writeLabels = (where: string, labels: Uint8Array) =>
    writeFileSync(path.join(where, FILES.trainLabels), Buffer.concat([idxHeader([labels.length]), labels]));
  const labels = Uint8Array.from(targets);
  if (labels.length !== count) throw new Error(`${labelsFile}: no labels`);
  write(images, undefined, labels);
  return {
    labels,
    classes: Math.max(...labels) + 1,
    epochs: options.epochs,
    firstRow: 0,
    optionsFor: (changed, chosen) => {
      const where = mkdtempSync(path.join(folder, 'images-'));
      if (chosen) write(where, chosen, changed);
      else {
        symlinkSync(path.join(images, FILES.trainImages), path.join(where, FILES.trainImages));
        writeLabels(where, changed);
      }
      return { data: where } as unknown as ClassifierInput;
    },
    sample: (i) => values.subarray(i * inputs, (i + 1) * inputs) as Uint8Array,
  };
}

function tableOf(name: TableName): Labeled {
  const [header = '', ...lines] = readFileSync(path.join(folder, `${name}.csv`), 'utf8')
    .trim()
    .split(/\r?\n/);
  const columns = header.split(',').slice(0, -1);
  const cells = lines.map((line) => line.split(','));
  const names = [...new Set(cells.map((each) => each.at(-1)!))].sort();
  const rows = cells.map((each) => Object.fromEntries(columns.map((column, c) => [column, Number(each[c])])));
  return {
    labels: Uint8Array.from(cells, (each) => names.indexOf(each.at(-1)!)),
    classes: names.length,
    epochs: TABLES[name],
    firstRow: 1,
    optionsFor: (changed, chosen = rows.map((_, i) => i)) => ({
      data: { rows: chosen.map((i) => ({ ...rows[i], class: names[changed[i]!]! })), label: 'class' },
      testSplit: 0,
    }),
    sample: (i) => rows[i]!,
  };
}

function change({ labels, classes }: Labeled, noise: Noise, share: number, seed: number): Uint8Array {
  const random = new Random(seed, STREAMS.changes);
  const changed = labels.slice();
  for (const i of shuffled(labels.length, random).slice(0, Math.round(share * labels.length))) {
    const by = noise === 'uniform' ? 1 + random.below(classes - 1) : 1;
    changed[i] = (labels[i]! + by) % classes;
  }
  return changed;
}

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

async function audited(
  set: Labeled,
  labels: Uint8Array,
  isChanged: (i: number) => boolean,
  seed: number,
): Promise<Result> {
  const { epochs, optionsFor, firstRow } = set;
  const { threads } = options;
  const { audit } = await train({ ...optionsFor(labels), epochs, seed, threads, audit: true });
  const samples = audit!;
  const isWrong = ({ row }: AuditedLabel) => isChanged(row - firstRow);
  const k = samples.filter(isWrong).length;
  const atK = (order: readonly AuditedLabel[]) => order.slice(0, k).filter(isWrong).length / k;
  const suspects = samples.filter(({ suspect }) => suspect);
  const right = suspects.filter(isWrong).length;
  const by = (ranking: (typeof RANKINGS)[number]) => {
    const sign = ranking === 'aum' ? 1 : -1;
    return samples.toSorted((a, b) => sign * (a[ranking] - b[ranking]));
  };
  const tenths = Array.from({ length: 10 }, (_, t) =>
    samples.filter((s) => Math.min(9, Math.floor(10 * s.probability)) === t),
  );
  const sum = (all: readonly AuditedLabel[]) => all.reduce((total, { probability }) => total + probability, 0);
  return {
    k,
    at_k: atK(samples),
    ...Object.fromEntries(RANKINGS.map((ranking) => [`at_k_${ranking}`, atK(by(ranking))])),
    suspects: suspects.length,
    precision: suspects.length === 0 ? 1 : right / suspects.length,
    recall: right / k,
    expected: sum(samples),
    calibration: tenths.map((all) => [
      all.length,
      sum(all) / all.length || 0,
      all.filter(isWrong).length / all.length || 0,
    ]),
  };
}

/** Five trainings on four fifths of the samples, of a quarter of the epochs: as many samples as the audit's run. */
async function cleanlab(set: Labeled, labels: Uint8Array, isChanged: (i: number) => boolean, seed: number) {
  const { classes, epochs, optionsFor, sample } = set;
  const order = shuffled(labels.length, new Random(seed, STREAMS.folds));
  const probabilities = new Float32Array(labels.length * classes);
  for (let fold = 0; fold < FOLDS; fold++) {
    const rest = order.filter((_, i) => i % FOLDS !== fold).sort((a, b) => a - b);
    const foldEpochs = Math.max(1, Math.round(epochs / (FOLDS - 1)));
    const model = await train({ ...optionsFor(labels, rest), epochs: foldEpochs, seed, threads: options.threads });
    for (const i of order.filter((_, at) => at % FOLDS === fold)) {
      probabilities.set(model.predict(sample(i)).probabilities, i * classes);
    }
  }
  const file = path.join(folder, 'probabilities');
  writeFileSync(file, probabilities);
  const changed = Array.from(labels.keys()).filter(isChanged);
  const job = { labels: [...labels], probabilities: file, k: changed.length };
  const output = execFileSync(python, [script('audit.py')], { input: JSON.stringify(job), maxBuffer: 2 ** 28 });
  const { rankings, suspects } = JSON.parse(output.toString()) as {
    readonly rankings: Readonly<Record<string, readonly number[]>>;
    readonly suspects: readonly number[];
  };
  const right = suspects.filter(isChanged).length;
  return {
    // The better of its two rankings.
    cleanlab_at_k: Math.max(...Object.values(rankings).map((first) => first.filter(isChanged).length / first.length)),
    cleanlab_suspects: suspects.length,
    cleanlab_precision: right / Math.max(1, suspects.length),
    cleanlab_recall: right / changed.length,
  };
}
