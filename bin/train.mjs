#!/usr/bin/env node
/**
 * What `npx train` starts. It is plain JavaScript and always there, unlike the build: npx remembers for ever that
 * a command was missing when it first looked.
 */
import { existsSync } from 'node:fs';

const built = new URL('../dist/bin/train.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  console.error('train: not built yet; run `npm start` or `npm test` once, then `npx train` works');
  process.exitCode = 1;
}
