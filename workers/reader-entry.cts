/** What Piscina loads in each thread that reads a table. CommonJS for the reason that entry.cts has. */
module.exports = import('./reader.js').then((reader) => reader.default);
