/**
 * The tests that take longer than `npm test` may: every combination of what that tries one of a kind of, and the programs of
 * test/reliability and test/stress. All of them within a given time, of which each has its share.
 *
 *   node scripts/long-suites.mjs [--minutes 20] [--only PART-OF-A-NAME]
 *
 * To add a program, add an entry below. It must end by itself when its seconds are over, and with a status other than 0 if
 * anything was wrong. Ends with status 1 if one of them fails, or does not keep to its time.
 */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What takes as long as it takes, on two cores: `seconds`. With less time left it is not begun. */
const OF_FIXED_LENGTH = [
  { name: 'barrier model', seconds: 240, command: () => ['dist/test/stress/barrier-model.js'] },
  ...testsInFull(),
];

function testsInFull() {
  return [
    { files: ['parallel/dead-worker', 'parallel/late'], seconds: 110 },
    { files: ['run/exactness', 'run/golden-tables', 'run/reference-job', 'kernels/self-check'], seconds: 110 },
    {
      files: [
        ...['run/private', 'run/private-canary', 'run/noise-scale', 'run/audit'],
        ...['privacy/budget', 'privacy/loss-distribution'],
      ],
      seconds: 120,
    },
    { files: ['run/optimizers', 'run/early-stopping'], seconds: 40 },
    { files: ['command/search', 'tools/cv/cross-validate'], seconds: 40 },
    {
      files: ['parallel/mpi/faults', 'parallel/mpi/leaving', 'parallel/barrier-model', 'bench/peers/comparison'],
      seconds: 90,
    },
    {
      files: ['checkpoints/kill', 'checkpoints/faulty-disk', 'checkpoints/exact-resume', 'checkpoints/metadata-fields'],
      seconds: 60,
    },
  ].map(({ files, seconds }) => ({
    name: `tests in full: ${files.join(', ')}`,
    seconds,
    command: () => ['node_modules/vitest/vitest.mjs', 'run', ...files.map((file) => `dist/test/${file}.test.js`)],
    environment: { LOCKSTEP_TESTS: 'all' },
  }));
}

/** System calls cannot be made to fail where it is not installed, or not allowed, as in some containers. */
const canTrace = spawnSync('strace', ['-f', 'true']).status === 0;

/** What remains of the time is cut by these shares. A program that cannot run here says why in `cannot`. */
const PROGRAMS = [
  { name: 'damage', share: 1, command: (seconds) => ['dist/test/reliability/damage.js', '--seconds', seconds] },
  { name: 'fuzz', share: 2, command: (seconds) => ['dist/test/reliability/fuzz.js', '--seconds', seconds] },
  { name: 'tables', share: 1, command: (seconds) => ['dist/test/reliability/tables.js', '--seconds', seconds] },
  {
    name: 'faulty disk',
    share: 3,
    cannot: canTrace ? undefined : 'strace cannot be used',
    command: (seconds) => ['dist/test/reliability/faulty-disk.js', '--seconds', seconds],
  },
  {
    name: 'kill sweep',
    share: 4,
    command: (seconds) => [
      'dist/test/reliability/kill-sweep.js',
      ...['--seconds', seconds],
      ...(canTrace ? [] : ['--no-syscalls']),
    ],
  },
  {
    name: 'interruption',
    share: 1,
    // How fast it is, is for quiet machines to say.
    command: (seconds) => ['dist/test/reliability/interruption.js', '--seconds', seconds, '--most-ms', 10_000],
  },
  { name: 'pipes', share: 1, command: (seconds) => ['dist/test/reliability/pipes.js', '--seconds', seconds] },
  { name: 'soak', share: 2, command: (seconds) => ['dist/test/reliability/soak.js', '--seconds', seconds] },
  { name: 'late threads', share: 3, command: (seconds) => ['dist/test/stress/late.js', seconds] },
  // (About 3 ms an epoch on two cores, under load and not.)
  {
    name: 'epochs under load',
    share: 3,
    command: (seconds) => ['dist/test/stress/epochs.js', Math.min(1_000_000, seconds * 250)],
  },
  {
    name: 'start-up',
    share: 1,
    command: (seconds) => ['dist/test/reliability/start-up.js', '--every', Math.max(1, Math.ceil(400 / seconds))],
  },
  {
    name: 'suspension',
    share: 1,
    command: (seconds) => ['dist/test/reliability/suspension.js', '--runs', Math.ceil(seconds / 5)],
  },
  // (Where cores are shared, a round takes as long as the system's scheduler likes.)
  { name: 'barrier', share: 1, command: (seconds) => ['dist/test/stress/barrier.js', seconds * 10_000] },
];

/** A program that takes so much longer than its share is ended, and has failed. */
const TOLERANCE = { times: 2, seconds: 120 };

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' }, only: { type: 'string' } } });
const began = performance.now();
const secondsLeft = () => 60 * Number(values.minutes) - (performance.now() - began) / 1000;
const isWanted = ({ name }) => values.only === undefined || name.includes(values.only);

/** @type {{ name: string, outcome: string, seconds: number }[]} */
const results = [];
for (const suite of OF_FIXED_LENGTH.filter(isWanted)) {
  // (Half of the time is the programs'.)
  if (secondsLeft() - suite.seconds < 30 * Number(values.minutes) && values.only === undefined) {
    results.push({ name: suite.name, outcome: 'not run: no time for it', seconds: 0 });
    continue;
  }
  await run(suite, suite.seconds);
}
const programs = PROGRAMS.filter(isWanted);
for (const [i, program] of programs.entries()) {
  if (program.cannot !== undefined) {
    results.push({ name: program.name, outcome: `not run: ${program.cannot}`, seconds: 0 });
    continue;
  }
  const shares = programs.slice(i).reduce((sum, { share }) => sum + share, 0);
  await run(program, Math.max(1, Math.floor((secondsLeft() * program.share) / shares)));
}

console.log('\nlong suites:');
for (const { name, outcome, seconds } of results) console.log(`  ${name}: ${outcome} (${seconds.toFixed(0)} s)`);
process.exitCode = results.some(({ outcome }) => outcome.startsWith('FAILED')) ? 1 : 0;

async function run({ name, command, environment = {} }, seconds) {
  console.log(`\n--- ${name}, ${seconds} s ---`);
  const start = performance.now();
  const limit = TOLERANCE.times * seconds + TOLERANCE.seconds;
  const outcome = await new Promise((resolve) => {
    const child = spawn(process.execPath, command(seconds).map(String), {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    // With all that it has started.
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 1000 * limit);
    child.on('error', (error) => resolve(`FAILED: ${error.message}`));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) resolve('passed');
      else if (performance.now() - start > 1000 * limit) resolve(`FAILED: it did not end within ${limit} s`);
      else resolve(`FAILED: status ${status ?? signal}`);
    });
  });
  results.push({ name, outcome, seconds: (performance.now() - start) / 1000 });
}
