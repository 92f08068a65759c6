/**
 * Random and damaged tables, as many as fit in the time: the reader finds the rows that slow and obvious parsers find, or refuses
 * the table as they do.
 *
 *   node dist/test/reliability/tables.js [--seconds 60] [--seed 1] [--from 0]
 *
 * Each case is reproduced by its seed and number. Ends with status 1 if one of them is wrong.
 */
import { parseArgs } from 'node:util';
import { tableCase, verdictOfAutomatic, verdictOfStream, verdictOfTable } from '../support/fuzz-tables.js';

/** With more, one of them is as good as the others. */
const MOST_WRONG = 10;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);
const deadline = performance.now() + Number(values.seconds) * 1000;
let index = Number(values.from);
let wrong = 0;
for (; performance.now() < deadline && wrong < MOST_WRONG; index++) {
  const table = tableCase(seed, index);
  const verdict = (await verdictOfTable(table)) ?? (await verdictOfAutomatic(table)) ?? (await verdictOfStream(table));
  if (verdict === undefined) continue;
  wrong++;
  console.log(`seed ${seed}, case ${index}: ${verdict}: ${JSON.stringify(String(Buffer.from(table.bytes)))}`);
}
console.log(`${index - Number(values.from)} tables, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
