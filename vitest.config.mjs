/** Tests run as they are compiled, in dist/: what is tested is what is shipped, worker files and kernels too. */
import { defineConfig } from 'vitest/config';

const ALL = 'dist/test/**/*.test.js';

/** Those that go by the clock somewhere, or need all cores: a thread's patience, signals, ranks, a browser, the reference's job. */
const ALONE = [
  'dist/test/{dashboard,mpi}/**/*.test.js',
  'dist/test/threads/dead-member.test.js',
  'dist/test/command/{pipes,signals}.test.js',
  'dist/test/checkpoints/kill.test.js',
  'dist/test/train/reference-job.test.js',
];

const common = {
  testTimeout: 60_000,
  // What tests have in common trains, too.
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: [ALL],
          exclude: ALONE,
          // Most train with several threads or start processes: two files at a time keep two cores busy.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: { ...common, name: 'alone', include: ALONE, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
