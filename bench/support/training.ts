/** A run of `train` in a process of its own, and what a benchmark wants to know of it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TrainOptions } from '../../src/config/options.js';
import type { EpochEvent, StartEvent, TrainEvent } from '../../src/metrics/events.js';
import { pinned } from './cores.js';
import { atExit } from './exit.js';

export interface Usage {
  /** Since the process began. */
  readonly seconds: number;
  readonly max_resident_bytes: number;
}

export interface Training {
  readonly start: StartEvent;
  /** Without the first, which warms up, if there are others. */
  readonly epochs: readonly EpochEvent[];
  /** When the data were in place, before the first step. */
  readonly loaded: Usage;
  readonly done: Usage;
}

interface UsageLine extends Usage {
  readonly event: 'usage';
  readonly usage: 'loaded' | 'done';
}

const PROCESS = fileURLToPath(new URL('training-process.js', import.meta.url));

/**
 * @param cores  to keep it to; undefined leaves that to the system
 * @throws Error with what the run wrote to stderr, if it fails
 */
export async function runTraining(options: TrainOptions, cores?: readonly number[]): Promise<Training> {
  const command = [process.execPath, PROCESS, JSON.stringify(options)];
  const lines = await linesOf(cores ? pinned(command, cores) : command);
  const events = lines.map((line) => JSON.parse(line) as TrainEvent | UsageLine);
  const epochs = events.filter((event) => event.event === 'epoch');
  const usage = (which: UsageLine['usage']) =>
    events.find((event): event is UsageLine => event.event === 'usage' && event.usage === which)!;
  return {
    start: events[0] as StartEvent,
    epochs: epochs.length > 1 ? epochs.slice(1) : epochs,
    loaded: usage('loaded'),
    done: usage('done'),
  };
}

async function linesOf([program, ...args]: readonly string[]): Promise<string[]> {
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const forget = atExit(() => child.kill());
  const outputs = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      outputs[name] += text;
    });
  }
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (status !== 0) throw new Error(outputs.stderr.trim() || `train ended with status ${status}`);
  } finally {
    forget();
  }
  return outputs.stdout.trim().split('\n');
}
