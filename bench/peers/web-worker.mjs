/**
 * The browser's Worker over Node's threads, as much of it as jax-js needs for its threads: a worker from a blob's URL,
 * messages both ways. Without it jax-js runs on one thread in Node.
 */
import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';

const PRELUDE = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on('message', (data) => self.onmessage({ data }));
`;

class WebWorker {
  onmessage = () => undefined;
  onerror = () => undefined;
  #worker;

  constructor(url) {
    this.#worker = resolveObjectURL(url)
      .text()
      .then((source) => {
        const worker = new NodeWorker(PRELUDE + source, { eval: true });
        worker.on('message', (data) => this.onmessage({ data }));
        worker.on('error', (error) => this.onerror(error));
        return worker;
      });
  }

  postMessage(message) {
    void this.#worker.then((worker) => worker.postMessage(message));
  }
}

export function provideWorkers(threads) {
  globalThis.Worker = WebWorker;
  // How many it makes.
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: threads }, configurable: true });
}
