/**
 * What Piscina loads in each thread: a promise of the worker's function, which it awaits. The bundle starts in half the time; the
 * modules as written are for a process in which `--import` has changed one, as tests do.
 *
 * It is CommonJS because Piscina tries require() first. Node 20 aborts the whole process if a thread is ended while it
 * require()s an ES module ("v8::Module::IsGraphAsync must be used on an instantiated module"); import() survives that.
 */
const file: string = process.execArgv.some((arg) => arg.startsWith('--import')) ? './worker.js' : '../bundle/worker.js';
module.exports = (import(file) as Promise<{ readonly default: unknown }>).then((worker) => worker.default);
