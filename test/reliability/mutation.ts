/**
 * Do the tests notice when the code is wrong? Changes the compiled code in one place at a time (an operator, a constant, a
 * condition, a statement that goes, two arguments exchanged), runs the tests that cover the file, and lists the changes that
 * no test notices: the survivors.
 *
 *   node dist/test/reliability/mutation.js [folders or files of src/, workers/ and bin/ …] [--each 4] [--seed 1] [--seconds 600]
 *
 *   node dist/test/reliability/mutation.js src/data --each 10          ten mutants of each file of src/data
 *   node dist/test/reliability/mutation.js --only src/data/idx.js:40:2    one again, after a test has been added
 *
 * It works on a copy of dist/. A survivor is a gap in the tests, or a change that makes no difference: that is for a person
 * to tell. Ends with status 1 only if the tests fail on the code as it is, or more survive than --allow says.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { Random } from '../../src/model/random.js';
import { temporaryFolder } from '../support/idx-files.js';
import { root } from '../support/paths.js';
import { type Mutant, mutantsOf } from './support/mutants.js';
import { inParallel } from './support/runs.js';

/** Which tests cover what, the longest path that fits. The first list is quick; the second is asked of what survives it. */
const COVERED_BY: Readonly<Record<string, readonly [quick: string, thorough: string]>> = {
  bin: ['command/command-line command/bad-input', 'command/ predict/command plot/command options run/tables'],
  'bin/main': ['errors', 'command/'],
  'bin/commands/inspect': ['command/inspect-export', 'inspect/'],
  'bin/commands/print-model': ['inspect/', 'command/inspect-export'],
  'bin/commands/plot': ['plot/command', 'plot/'],
  'bin/commands/predict': ['predict/command', 'run/tables library/network predict/'],
  'bin/commands/evaluate': ['command/evaluate', 'run/tables library/network predict/agreement'],
  'bin/commands/evaluation-table': ['run/tables', 'command/evaluate'],
  'bin/commands/evaluation-data': ['library/network', 'run/tables'],
  'bin/commands/live-page': ['dashboard/command', 'dashboard/'],
  'bin/commands/export': ['command/inspect-export', 'export/'],
  'src/checkpoints': [
    'checkpoints/consistency checkpoints/table-metadata checkpoints/checkpointer checkpoints/folder',
    'checkpoints/',
  ],
  'src/dashboard': ['dashboard/topics dashboard/stream', 'dashboard/'],
  'src/dashboard/page': ['dashboard/page-modules', 'dashboard/'],
  'src/dashboard/server': ['dashboard/refusals', 'dashboard/'],
  'src/data': ['test/data/', 'run/events run/tables command/evaluate predict/'],
  'src/data/table': ['data/table', 'run/tables run/mixed-tables checkpoints/table-metadata predict/command'],
  'src/tools/drawing': ['plot/ inspect/', 'command/inspect-export'],
  'src/tools/evaluation': ['inspect/ command/evaluate', 'predict/agreement run/tables'],
  'src/tools/export': ['export/', 'command/inspect-export run/tables'],
  'src/files': [
    'files/ checkpoints/leftovers checkpoints/model-file',
    'checkpoints/faulty-disk predict/command tensorboard/',
  ],
  'src/tools/inspect': ['inspect/', 'command/inspect-export library/event-fields'],
  'src/kernels': ['kernels/ bench/', 'run/exactness'],
  'src/memory': ['kernels/ memory/', 'run/exactness run/events'],
  'src/metrics': [
    'metrics/',
    'run/events command/pipes library/event-fields dashboard/command checkpoints/exact-resume',
  ],
  'src/optim': ['test/optim/ kernels/optimizers', 'run/optimizers checkpoints/resume-optimizers'],
  'src/output': ['test/output/', 'run/events command/pipes library/event-fields dashboard/command'],
  'src/text': ['test/text/', 'command/'],
  'src/model': ['test/model/', 'run/optimizers run/exactness checkpoints/resume-optimizers'],
  'src/model/parameters': ['checkpoints/model-file kernels/', 'run/exactness'],
  'src/parallel/mpi': ['mpi/exchange mpi/launcher mpi/shares', 'mpi/'],
  'src/tools/network': ['library/network', 'predict/ run/tables'],
  'src/config/checks': ['options command/bad-input', 'run/ command/'],
  'src/config': ['options command/', 'run/'],
  'src/tools/plot': ['plot/', 'library/cookbook'],
  'src/run/prepare': [
    'run/events run/early-stopping',
    'checkpoints/two-runs checkpoints/resume- files/outputs command/bad-input run/tables',
  ],
  'src/tools/predict': ['predict/pictures predict/command', 'predict/ run/tables library/'],
  'src/run/ranks': ['mpi/identity', 'mpi/faults'],
  'src/run': ['run/leaving run/events', 'run/early-stopping run/failed-best checkpoints/'],
  'src/output/tensorboard': ['tensorboard/', 'library/event-fields'],
  'src/parallel': [
    [
      'barrier.test',
      'panel-claims',
      'control-words',
      'coordinator',
      'early-stopping',
      'worker',
      'phase-times',
      'shares',
      'watchdog',
    ]
      .map((name) => `parallel/${name}`)
      .join(' '),
    'parallel/ run/events run/exactness run/optimizers checkpoints/exact-resume checkpoints/divergence',
  ],
  'src/parallel/address-space': ['command/limits', 'parallel/start-up'],
  'src/parallel/early-stopping': ['parallel/early-stopping', 'run/early-stopping run/failed-best'],
  'src/run/train': ['run/leaving run/abort-reading', 'run/events library/words mpi/leaving'],
  src: ['run/events', 'run/'],
  workers: [
    'parallel/worker parallel/booked-times run/events',
    'run/exactness run/optimizers checkpoints/divergence checkpoints/exact-resume parallel/late mpi/ranks',
  ],
};

/** What the tests of a file may take. */
const MOST_SECONDS = 300;

const { args, opts } = parse();
const copy = temporaryFolder();
const chosen = chooseMutants();
const report = { killed: 0, slow: 0, survived: [] as string[], skipped: 0 };
process.once('exit', copy.remove);

const files = [...new Set(chosen.map(({ file }) => file))];
console.log(`${chosen.length} mutants in ${files.length} files, seed ${opts.seed}, Node ${process.versions.node}`);
const folders = Array.from({ length: opts.atOnce }, (_, i) => makeCopy(path.join(copy.path, String(i))));
const suites = [...new Set(files.map((file) => coverOf(file)[0]))];
for (const suite of opts.check ? suites : []) {
  const { isPassed, output } = await runTests(folders[0]!, suite);
  if (isPassed) continue;
  console.log(output);
  console.log(`the tests fail on the code as it is: ${suite}`);
  process.exit(1);
}

const until = performance.now() + 1000 * opts.seconds;
const free = [...folders];
await inParallel(chosen, opts.atOnce, async (mutant) => {
  if (performance.now() > until) {
    report.skipped++;
    return;
  }
  const folder = free.pop()!;
  const fate = await fateOf(folder, mutant);
  free.push(folder);
  if (fate !== 'survived') report[fate]++;
  else {
    report.survived.push(nameOf(mutant));
    console.log(`SURVIVED ${nameOf(mutant)}: ${mutant.what}\n    ${mutant.source}`);
  }
});
const tried = report.killed + report.slow + report.survived.length;
console.log(`${report.killed} of ${tried} mutants noticed, ${report.survived.length} survived`);
if (report.slow > 0) console.log(`${report.slow} made the tests take longer than ${MOST_SECONDS} s`);
if (report.skipped > 0) console.log(`${report.skipped} not tried: the time was over`);
process.exitCode = report.survived.length > opts.allow ? 1 : 0;

interface Chosen extends Mutant {
  /** Below dist/. */
  readonly file: string;
  /** Among the file's mutants. */
  readonly number: number;
  readonly source: string;
}

function nameOf({ file, line, number }: Chosen): string {
  return `${file}:${line}:${number}`;
}

function parse() {
  const command = new Command('mutation')
    .description('Changes the code in one place at a time, and lists the changes that no test notices.')
    .argument('[paths...]', 'files or folders of src, workers and bin', [
      'src/data',
      'src/files',
      'src/metrics',
      'src/model',
    ])
    .option('--each <n>', 'mutants a file, drawn at random', Number, 4)
    .option('--seed <n>', 'of the draw', Number, 1)
    .option('--seconds <n>', 'stop after that time; what is left is counted', Number, 600)
    .option('--at-once <n>', 'test runs at once', Number, Math.max(1, Math.floor(availableParallelism() / 2)))
    .option('--allow <n>', 'survivors with which the status is 0', Number, Number.POSITIVE_INFINITY)
    .option('--only <names...>', 'mutants by their names: file:line:number')
    .option('--no-check', 'the tests need not be run first on the code as it is')
    .parse();
  type Options = Record<'each' | 'seed' | 'seconds' | 'atOnce' | 'allow', number> & { only?: string[]; check: boolean };
  return { args: command.processedArgs[0] as string[], opts: command.opts<Options>() };
}

function chooseMutants(): Chosen[] {
  const paths = opts.only?.map((name) => name.split(':')[0]!) ?? args;
  const files = [...new Set(paths.flatMap(filesOf))].sort();
  return files.flatMap((file, f) => {
    const text = readFileSync(path.join(root, 'dist', file), 'utf8');
    const lines = text.split('\n');
    const all = mutantsOf(text).map((mutant, number) => ({
      ...mutant,
      file,
      number,
      source: lines[mutant.line - 1]!.trim(),
    }));
    if (opts.only) return all.filter((mutant) => opts.only!.includes(nameOf(mutant)));
    const random = new Random(opts.seed, f);
    const drawn: Chosen[] = [];
    while (drawn.length < opts.each && all.length > 0) drawn.push(all.splice(random.below(all.length), 1)[0]!);
    return drawn.sort((a, b) => a.number - b.number);
  });
}

/** Of a file or folder of src, workers or bin, named as TypeScript, JavaScript or without an ending: what is compiled, below dist/. */
function filesOf(name: string): string[] {
  const bare = name.replace(/\.[jt]s$/, '').replace(/\/$/, '');
  const folder = path.join(root, 'dist', bare);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [`${bare}.js`];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((each) => each.endsWith('.js'))
    .map((each) => path.posix.join(bare, each));
}

function coverOf(file: string): readonly [string, string] {
  const bare = file.replace(/\.js$/, '');
  const fits = (prefix: string) => bare === prefix || bare.startsWith(`${prefix}/`) || bare.startsWith(`${prefix}-`);
  const [best] = Object.keys(COVERED_BY)
    .filter(fits)
    .sort((a, b) => b.length - a.length);
  if (best === undefined) throw new Error(`${file}: no tests are named for it in COVERED_BY`);
  return COVERED_BY[best]!;
}

/** The repository by links, but for dist/. */
function makeCopy(folder: string): string {
  mkdirSync(folder);
  for (const name of readdirSync(root)) {
    if (name === 'dist' || name === '.git') continue;
    symlinkSync(path.join(root, name), path.join(folder, name));
  }
  cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  return folder;
}

async function fateOf(folder: string, mutant: Chosen): Promise<'killed' | 'slow' | 'survived'> {
  const { file, start, end, replacement } = mutant;
  const target = path.join(folder, 'dist', file);
  const text = readFileSync(target, 'utf8');
  writeFileSync(target, text.slice(0, start) + replacement + text.slice(end));
  try {
    for (const suite of coverOf(file)) {
      const { isPassed, isInTime } = await runTests(folder, suite);
      if (!isPassed) return isInTime ? 'killed' : 'slow';
    }
    return 'survived';
  } finally {
    writeFileSync(target, text);
  }
}

interface TestRun {
  readonly isPassed: boolean;
  /** One that is not has met a loop without an end, most likely, unless the machine is busy. */
  readonly isInTime: boolean;
  readonly output: string;
}

function runTests(folder: string, suite: string): Promise<TestRun> {
  const names = suite.split(' ').map((name) => `dist/${name.startsWith('test/') ? '' : 'test/'}${name}`);
  const vitest = path.join(folder, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--bail=1', '--root', folder, ...names], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A loop that fills the memory is ended early.
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=1024' },
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    // (With all that it has started.)
    let isInTime = true;
    const timer = setTimeout(() => {
      isInTime = false;
      process.kill(-child.pid!, 'SIGKILL');
    }, 1000 * MOST_SECONDS);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ isPassed: status === 0, isInTime, output });
    });
  });
}
