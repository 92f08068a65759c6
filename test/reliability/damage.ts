/**
 * Every way in which a small checkpoint and a small data set can be cut short or have a bit turned: each is refused in one
 * line that names the file, and nothing else happens.
 *
 *   node dist/test/reliability/damage.js
 *
 * A pixel that is turned cannot be noticed: IDX files have no checksum ("not noticeable"). gzip has one; what it does not
 * cover changes nothing ("same content").
 */
import { Command } from 'commander';
import type { damageCheckpoint, damageData } from '../support/damage-cases.js';
import { damageByCommand } from '../support/damage-command.js';
import { report } from '../support/report.js';
import { tinyRun } from '../support/tiny-run.js';
import { watched } from '../support/watched.js';

const { bits, seed, commands, seconds } = new Command('damage')
  .description('Damages a checkpoint and a data set in every way; each must be refused as it should.')
  .option('--bits <n>', 'bits of each IDX body to try', Number, 500)
  .option('--commands <n>', 'cases that are put to the real command besides', Number, 60)
  .option('--seed <n>', 'of the samples', Number, 1)
  .option('--seconds <n>', 'about as long: fewer cases that are drawn at random', Number)
  .parse()
  .opts<{ bits: number; seed: number; commands: number; seconds?: number }>();
/** What all of it takes on two cores. */
const ALL_SECONDS = 60;
const part = Math.min(1, (seconds ?? ALL_SECONDS) / ALL_SECONDS);

const CASES = new URL('../support/damage-cases.js', import.meta.url).href;

const run = await tinyRun();
try {
  const [name, bytes] = [...run.files].find(([each]) => each.startsWith('step-'))!;
  console.log(`${name}: ${bytes.length.toLocaleString('en-US')} bytes`);
  const tallies = [
    ...(await watched<ReturnType<typeof damageCheckpoint>>(CASES, 'damageCheckpoint', { bytes })),
    ...(await watched<ReturnType<typeof damageData>>(CASES, 'damageData', {
      data: run.data,
      bits: Math.ceil(part * bits),
      seed,
    })),
    ...(await damageByCommand(run, Math.ceil(part * commands), seed)),
  ];
  if (!report(tallies)) process.exitCode = 1;
} finally {
  run.remove();
}
