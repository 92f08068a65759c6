/** Tests run as they are compiled, in dist/: what is tested is what is shipped, worker files and kernels too. */
import { defineConfig } from 'vitest/config';

const ALL = 'dist/test/**/*.test.js';

/**
 * Those that neither train nor start processes, and are over soon. They share a process, as most others do: one for each would
 * take longer than they do.
 */
const LIGHT = [
  'dist/test/{data,metrics,model,optim}/**/*.test.js',
  'dist/test/bench/*.test.js',
  'dist/test/{architecture,docs,errors}.test.js',
  'dist/test/checkpoints/{consistency,leftovers,table-metadata}.test.js',
  'dist/test/files/{make-folder,mutual-exclusion,safetensors}.test.js',
  'dist/test/kernels/{exact-math,forward-pass,one-step,optimizers}.test.js',
  'dist/test/library/event-fields.test.js',
  'dist/test/output/*.test.js',
  'dist/test/output/tensorboard/records.test.js',
  'dist/test/parallel/{control-words,early-stopping,panel-claims,phase-times,shares}.test.js',
  'dist/test/tools/{export,inspect}/**/*.test.js',
  'dist/test/tools/plot/{axis,run}.test.js',
  'dist/test/tools/predict/pictures.test.js',
];

/** What changes the process for good: activations that are added, flags, what is counted of the whole process. */
const CHANGING = [
  'dist/test/checkpoints/{resume-optimizers,resume-options}.test.js',
  'dist/test/files/descriptors.test.js',
  'dist/test/kernels/{activations,forms,gradients,sample-norms}.test.js',
  'dist/test/run/{abort-reading,another-objective}.test.js',
];

/** Those that go by the clock somewhere, in seconds: little runs beside them. */
const PATIENT = [
  'dist/test/dashboard/**/*.test.js',
  'dist/test/command/{pipes,signals}.test.js',
  'dist/test/checkpoints/kill.test.js',
];

/** What needs all cores, or has a second to end in: mpirun kills ranks that take longer. */
const ALONE = ['dist/test/parallel/mpi/**/*.test.js', 'dist/test/run/reference-job.test.js'];

/** In full, tests stand in any order: none may go on from what another has left. */
const shuffle = { tests: process.env.LOCKSTEP_TESTS === 'all' };

const common = {
  // Node loads what is compiled, as it will: nothing is transformed again.
  server: { deps: { external: [/\/dist\/(bin|src|workers|test\/support)\//] } },
  // A test that asserts nothing fails.
  expect: { requireAssertions: true, poll: { timeout: 60_000 } },
  // Limits only end what hangs: a busy machine may take ten times as long as a quiet one.
  testTimeout: 300_000,
  // Hooks train, too.
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'light',
          include: LIGHT,
          maxWorkers: 2,
          isolate: false,
          sequence: { shuffle, groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'together',
          include: [ALL],
          exclude: [...LIGHT, ...CHANGING, ...PATIENT, ...ALONE],
          // Most train with several threads, start processes, or wait: three files at a time keep two cores busy.
          maxWorkers: 3,
          isolate: false,
          sequence: { shuffle, groupOrder: 1 },
        },
      },
      {
        test: { ...common, name: 'changing', include: CHANGING, maxWorkers: 3, sequence: { shuffle, groupOrder: 2 } },
      },
      {
        test: {
          ...common,
          name: 'patient',
          include: PATIENT,
          maxWorkers: 2,
          isolate: false,
          sequence: { shuffle, groupOrder: 3 },
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { shuffle, groupOrder: 4 },
        },
      },
    ],
  },
});
