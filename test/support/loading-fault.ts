/**
 * Makes a worker thread fail while it loads: loaded with `node --import dist/test/support/loading-fault.js …`, which reaches
 * every thread. LOADING_FAULT=<throw or exit>:<thread>, of the threads from 1.
 */
import { isMainThread, threadId } from 'node:worker_threads';

const [manner, thread] = (process.env.LOADING_FAULT ?? '').split(':');
if (!isMainThread && threadId === Number(thread)) {
  if (manner === 'exit') process.exit(3);
  throw new Error('out of luck');
}
