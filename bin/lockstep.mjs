#!/usr/bin/env node
/**
 * What `npx lockstep` starts. It is plain JavaScript and always there, unlike the build: npx remembers for ever that
 * a command was missing when it first looked.
 */
import { existsSync } from 'node:fs';

const built = new URL('../dist/bin/lockstep.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  console.error('lockstep: not built yet; run `npm start` or `npm test` once, then `npx lockstep` works');
  process.exitCode = 1;
}
