/** Loaded with `node --import …`: every thread's clock counts how often it is looked at, whatever the time. */
import { isMainThread } from 'node:worker_threads';

let looks = 0;
if (!isMainThread) performance.now = () => ++looks;
