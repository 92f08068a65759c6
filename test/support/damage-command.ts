/** A sample of damaged files put to the real command: exit status 1, one line on stderr, nothing on stdout. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { FILES } from '../../src/data/idx-folder.js';
import type { EndEvent, TrainEvent, WarningEvent } from '../../src/metrics/events.js';
import { Random } from '../../src/model/random.js';
import { appendages, type Damage, flips, truncations } from './damages.js';
import { temporaryFolder } from './idx-files.js';
import { Tally } from './judge.js';
import { type Finished, runTrain } from './run-command.js';
import type { TinyRun } from './tiny-run.js';

/** @param count  cases, at least one of each kind */
export async function damageByCommand(run: TinyRun, count: number, seed: number): Promise<Tally[]> {
  const each = Math.max(1, Math.ceil(count / 6));
  const random = new Random(seed, 2);
  return [
    await refusedCheckpoints(run, 3 * each, random),
    await refusedData(run, each, random, false),
    await refusedData(run, each, random, true),
    await fallsBack(run, each, random),
  ];
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)]!;
}

/** Cut, appended to, or with a bit turned, in its header or anywhere. */
function damagesOf(bytes: Uint8Array, header: number): Damage[] {
  return [...truncations(bytes), ...appendages(bytes), ...flips(bytes, 0, header), ...flips(bytes, 0, bytes.length)];
}

async function refusedCheckpoints({ files, data }: TinyRun, count: number, random: Random): Promise<Tally> {
  const folder = temporaryFolder();
  const all = damagesOf([...files.values()][0]!, 8);
  const tally = await sample('command, --resume <file>', count, async () => {
    const damage = pick(all, random);
    const file = folder.write('epoch-000001.safetensors', damage.bytes);
    const finished = await runTrain(['--resume', file, '--data', data, '--threads', '1']);
    return { what: damage.what, violation: violationOf(finished, file) };
  });
  folder.remove();
  return tally;
}

async function refusedData({ data }: TinyRun, count: number, random: Random, isGzipped: boolean): Promise<Tally> {
  const folder = temporaryFolder();
  const originals = Object.values(FILES).map((name) => {
    const bytes = readFileSync(path.join(data, name));
    return isGzipped
      ? { name: `${name}.gz`, bytes: gzipSync(bytes), header: 4 }
      : { name, bytes, header: 4 + 4 * bytes[3]! };
  });
  for (const { name, bytes } of originals) folder.write(name, bytes);
  const tally = await sample(`command, --data <folder>${isGzipped ? ', gzipped' : ''}`, count, async () => {
    const { name, bytes, header } = pick(originals, random);
    const damage = pick(
      [...truncations(bytes), ...appendages(bytes), ...flips(bytes, 0, isGzipped ? 3 : header)],
      random,
    );
    const file = folder.write(name, damage.bytes);
    const args = ['--data', folder.path, '--threads', '1', '--epochs', '1', '--batch-size', '5'];
    const finished = await runTrain(args);
    folder.write(name, bytes);
    return { what: `${name} ${damage.what}`, violation: violationOf(finished, file) };
  });
  folder.remove();
  return tally;
}

function violationOf({ status, stdout, stderr }: Finished, file: string): string | undefined {
  const isClear = status === 1 && stdout === '' && /^train: [^\n]+\n$/.test(stderr) && stderr.includes(file);
  return isClear ? undefined : `status ${status}, stdout ${JSON.stringify(stdout)}, stderr ${JSON.stringify(stderr)}`;
}

/** The newest of a folder is damaged: the next is taken, with a warning, and the run ends in the same weights. */
async function fallsBack(run: TinyRun, count: number, random: Random): Promise<Tally> {
  const newest = 'step-0000013.safetensors';
  const all = damagesOf(run.files.get(newest)!, 8);
  return await sample('command, --resume <folder>: an older one is taken', count, async () => {
    const { path: parent, remove } = temporaryFolder();
    const folder = path.join(parent, 'checkpoints');
    mkdirSync(folder);
    const older = readdirSync(run.folder).filter((name) => name.startsWith('step-') && name < newest);
    for (const name of older) copyFileSync(path.join(run.folder, name), path.join(folder, name));
    const damage = pick(all, random);
    writeFileSync(path.join(folder, newest), damage.bytes);
    const { status, stdout, stderr } = await runTrain(['--resume', folder, '--threads', '1']);
    remove();
    const events = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as TrainEvent);
    const warning = events.find((event): event is WarningEvent => event.event === 'warning');
    const end = events.at(-1) as EndEvent | undefined;
    const isRight =
      status === 0 &&
      stderr === '' &&
      warning?.code === 'checkpoint_unusable' &&
      warning.message.includes(newest) &&
      end?.weights_sha256 === run.weightsSha256;
    return { what: damage.what, violation: isRight ? undefined : `status ${status}, ${stderr} ${stdout}` };
  });
}

async function sample(
  kind: string,
  count: number,
  act: () => Promise<{ readonly what: string; readonly violation: string | undefined }>,
): Promise<Tally> {
  const tally = new Tally(kind);
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const { what, violation } = await act();
    tally.cases++;
    if (violation === undefined) tally.refused++;
    else tally.violations.push(`${what}: ${violation}`);
  }
  tally.seconds = (performance.now() - began) / 1000;
  return tally;
}
