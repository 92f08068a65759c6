/**
 * Several runs one after another, on every rank of an MPI job: `mpi-runs.js <folder> '[{…options}, …]'`. Each rank leaves the
 * events of each run in a file of its own there. (What ranks write to stdout at once, a launcher may mix.)
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { TrainOptions } from '../../src/config/options.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { collect } from './events.js';

const [folder = '', runs = '[]'] = process.argv.slice(2);
const events: (readonly TrainEvent[])[] = [];
let own = 0;
for (const options of JSON.parse(runs) as TrainOptions[]) {
  const { all, start } = await collect({ ...options, mpi: true });
  events.push(all);
  own = start.rank ?? 0;
}
writeFileSync(path.join(folder, `rank-${own}.json`), JSON.stringify(events));
