/**
 * What Piscina loads in each thread: a promise of the worker's function, which it awaits.
 *
 * It is CommonJS because Piscina tries require() first. Node 20 aborts the whole process if a thread is ended while it
 * require()s an ES module ("v8::Module::IsGraphAsync must be used on an instantiated module"); import() survives that.
 */
module.exports = import('./worker.js').then((worker) => worker.default);
