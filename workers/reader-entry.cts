/** What Piscina loads in each thread that reads a table. CommonJS, and from the bundle, for the reasons that entry.cts has. */
const file: string = process.execArgv.some((arg) => arg.startsWith('--import')) ? './reader.js' : '../bundle/reader.js';
module.exports = (import(file) as Promise<{ readonly default: unknown }>).then((reader) => reader.default);
