/** Tests run as they are compiled, in dist/: what is tested is what is shipped, worker files and kernels too. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    // Each test file that trains uses several threads: one file at a time keeps two cores busy.
    fileParallelism: false,
    testTimeout: 60_000,
    // What tests have in common trains, too.
    hookTimeout: 60_000,
  },
});
