/** Says how many threads the process has started: loaded with `node --import dist/test/support/count-threads.js …`. */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  let started = 0;
  process.on('worker', () => started++);
  process.on('exit', () => writeSync(2, `threads started: ${started}\n`));
}
