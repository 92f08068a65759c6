/**
 * What a run leaves that nothing disturbs, as the measure of those that something does: of their checkpoints none may be
 * another than this run's of the same step, and none may be missing that was announced.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Checkpoint, readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { optimizerOf } from '../../src/config/options.js';
import { tableMetadata } from '../../src/data/table/table-metadata.js';
import { reason } from '../../src/errors.js';
import type { CheckpointEvent, EndEvent, TrainEvent } from '../../src/metrics/events.js';
import { temporaryFolder } from './idx-files.js';
import { runTrain } from './run-command.js';

export interface Undisturbed {
  readonly sha256: string;
  /** All that it wrote, by name, oldest first, with what must be the same in them. */
  readonly checkpoints: ReadonlyMap<string, { readonly step: number; readonly content: string }>;
  /** From the process's start to its end. */
  readonly milliseconds: number;
}

/** @param args  without a folder for checkpoints */
export async function undisturbed(args: readonly string[]): Promise<Undisturbed> {
  const folder = temporaryFolder();
  try {
    const start = performance.now();
    const { status, stdout, stderr } = await runTrain([...args, '--checkpoint-dir', folder.path, '--keep', '100000']);
    const milliseconds = performance.now() - start;
    const sha256 = endOf(stdout)?.weights_sha256;
    if (status !== 0 || sha256 === undefined) throw new Error(`the undisturbed run ended with ${status}: ${stderr}`);
    const found: [string, { step: number; content: string }][] = [];
    for (const name of await readdir(folder.path)) {
      const checkpoint = await readCheckpoint(path.join(folder.path, name));
      found.push([name, { step: checkpoint.state.step, content: contentOf(checkpoint) }]);
    }
    found.sort(([, a], [, b]) => a.step - b.step);
    return { sha256, checkpoints: new Map(found), milliseconds };
  } finally {
    folder.remove();
  }
}

/** All of a checkpoint but the times it took, and where and how it was run. */
function contentOf({ config, state, values, moments, best, ...model }: Checkpoint): string {
  const { layers, objective, targets, table, kernel, dataset } = model;
  const { seconds: _, epochSeconds: __, ...whereItIs } = state;
  const { epochs, batchSize, strategy, seed, limit, validationSplit, patience, keepBest } = config;
  const { loss, huberDelta, classWeights, stratify } = config;
  const recipe = {
    ...optimizerOf(config),
    epochs,
    batchSize,
    strategy,
    seed,
    limit,
    validationSplit,
    patience,
    keepBest,
    ...{ loss, huberDelta, classWeights, stratify },
  };
  const bytes = [values, ...moments, ...(best ? [best] : [])].map((each) =>
    Buffer.from(each.buffer, each.byteOffset, each.byteLength).toString('base64'),
  );
  return JSON.stringify({
    layers,
    objective,
    targets,
    table: table && tableMetadata(table),
    recipe,
    kernel,
    dataset,
    whereItIs,
    bytes,
  });
}

/**
 * What is wrong with a folder that a disturbed run of the same options has left.
 *
 * @param announced  names of the checkpoints whose events have been seen, by this run or those that it went on from
 * @param isStopped  the run was told to stop, and took a checkpoint where it was: perhaps between an epoch's last step
 *   and its evaluation, where the undisturbed run takes none. (Whether that is right, a run that goes on from it shows.)
 */
export async function problemsIn(
  folder: string,
  { checkpoints }: Undisturbed,
  announced: Iterable<string>,
  keep: number,
  isStopped = false,
): Promise<string[]> {
  const problems: string[] = [];
  const steps = new Map<string, number>();
  for (const name of (await namesIn(folder)).filter((each) => each.endsWith('.safetensors'))) {
    try {
      const found = await readCheckpoint(path.join(folder, name));
      const expected = checkpoints.get(name);
      steps.set(name, found.state.step);
      if (expected && contentOf(found) !== expected.content) problems.push(`${name} loads and is wrong`);
      if (!expected && !isStopped) problems.push(`${name} is one that the undisturbed run did not write`);
    } catch (error) {
      problems.push(`${name} does not load: ${reason(error)}`);
    }
  }
  // One that newer ones have pushed out is gone by right.
  for (const name of announced) {
    const { step = Number.POSITIVE_INFINITY } = checkpoints.get(name) ?? {};
    const newer = [...steps.values()].filter((each) => each > step);
    if (!steps.has(name) && newer.length < keep) problems.push(`${name} was announced and is missing`);
  }
  return problems;
}

/** Files half written. */
export async function temporariesIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.endsWith('.tmp'));
}

/** None if it is not there: the run had not come so far. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Of the lines that are whole. */
export function eventsOf(stdout: string): TrainEvent[] {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TrainEvent);
}

/** Names of the checkpoints that it says it has written. */
export function announcedIn(stdout: string): string[] {
  return eventsOf(stdout)
    .filter((event): event is CheckpointEvent => event.event === 'checkpoint')
    .map(({ file }) => path.basename(file));
}

export function endOf(stdout: string): EndEvent | undefined {
  return eventsOf(stdout).find((event): event is EndEvent => event.event === 'end');
}
