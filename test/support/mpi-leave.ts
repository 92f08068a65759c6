/**
 * Runs that a rank leaves in the middle, one after another, on every rank of an MPI job:
 * `mpi-leave.js <folder> '[{…leaving}, …]'`. Each rank leaves a file there that says how each run ended for it.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import type { TrainOptions } from '../../src/config/options.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { train } from '../../src/run/train.js';

export interface Leaving {
  readonly options: TrainOptions;
  /** Which rank leaves; none if it is undefined. */
  readonly rank?: number;
  /** At the first event of this kind. */
  readonly at?: TrainEvent['event'];
  readonly how?: 'break' | 'throw';
}

export interface Left {
  readonly events: readonly TrainEvent['event'][];
  /** Of the `end` event, if it has come. */
  readonly status?: string;
  readonly error?: string;
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function leave({ options, rank, at, how = 'break' }: Leaving): Promise<Left> {
  const events: TrainEvent['event'][] = [];
  let status: string | undefined;
  let own: number | undefined;
  try {
    for await (const event of train({ ...options, mpi: true })) {
      if (event.event === 'start') own = event.rank;
      if (event.event === 'end') status = event.status;
      events.push(event.event);
      if (own !== rank || event.event !== at) continue;
      if (how === 'throw') throw new Error('the consumer has had enough');
      break;
    }
  } catch (error) {
    return { events, ...(status && { status }), error: message(error) };
  }
  return { events, ...(status && { status }) };
}

/** A second run while another is under way, and one in another thread. @returns what they are refused with */
async function overlap(options: TrainOptions): Promise<string[]> {
  const refusals: string[] = [];
  for await (const { event } of train({ ...options, mpi: true })) {
    if (event !== 'start') continue;
    await train({ ...options, mpi: true })
      .next()
      .catch((error: unknown) => refusals.push(message(error)));
    refusals.push(await refusalInThread(options));
  }
  return refusals;
}

async function refusalInThread(options: TrainOptions): Promise<string> {
  const library = new URL('../../src/run/train.js', import.meta.url).href;
  const code = `import { parentPort, workerData } from 'node:worker_threads';
    const { train } = await import(${JSON.stringify(library)});
    await train({ ...workerData, mpi: true }).next().then(() => parentPort.postMessage('none'), (e) => parentPort.postMessage(e.message));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: options });
  return await new Promise<string>((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

const [folder = '', leavings = '[]'] = process.argv.slice(2);
const left: Left[] = [];
let refusals: string[] = [];
for (const [i, leaving] of (JSON.parse(leavings) as Leaving[]).entries()) {
  if (i === 0) refusals = await overlap({ ...leaving.options, checkpointDir: undefined });
  left.push(await leave(leaving));
}
const rank = process.env.OMPI_COMM_WORLD_RANK ?? 0;
writeFileSync(path.join(folder, `left-${rank}.json`), JSON.stringify({ left, refusals }));

// The last run again, and the process ends with its last event in hand.
const { options: last } = (JSON.parse(leavings) as Leaving[]).at(-1)!;
for await (const { event } of train({ ...last, mpi: true })) if (event === 'end') process.exit();
