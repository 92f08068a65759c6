#!/usr/bin/env node
/**
 * The entry of `train`. It is plain JavaScript that exists before the build, because npx remembers a missing command.
 */
import { existsSync } from 'node:fs';

const built = new URL('../dist/bin/train.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  console.error('train: not built yet; run `npm run build`, then try again');
  process.exitCode = 1;
}
