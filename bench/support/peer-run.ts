/** One run of a peer's program: on the cores it is given, its lines read as they come, start-up and memory measured. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { allowedCores, pinned } from './cores.js';
import { atExit } from './exit.js';

export interface EpochLine {
  /** Null where the program has no such loss. */
  readonly train_loss: number | null;
  readonly seconds: number;
}

export interface PeerRun {
  readonly epochs: readonly EpochLine[];
  /** From the command to the line that says that all is in memory. */
  readonly startupSeconds: number;
  /** The largest resident set; undefined where the system does not tell. */
  readonly peakBytes: number | undefined;
  /** Number of threads, for a program that reports it (Lockstep's start event). */
  readonly threads: number | undefined;
}

/** Lockstep's lines and its peers' have what is needed under the same names. */
type Line = Partial<EpochLine> & { readonly event?: string; readonly epoch?: number; readonly threads?: number };

/**
 * @param environment  in addition to this process's
 * @throws Error with what the program said last, if it fails or never gets ready
 */
export async function runProgram(
  command: readonly [string, ...string[]],
  threads: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<PeerRun> {
  const [file = '', ...argv] = onCores(command, threads);
  const start = performance.now();
  const child = spawn(file, argv, {
    env: { ...process.env, ...threadsEnvironment(threads), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Not to be left behind, taking the cores of the next run.
  const forget = atExit(() => child.kill());
  const status = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  status.catch(() => undefined);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });

  const epochs: EpochLine[] = [];
  let startupSeconds: number | undefined;
  let peakBytes: number | undefined;
  let ownThreads: number | undefined;
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      // Libraries greet on stdout.
      if (!text.startsWith('{')) continue;
      const line = JSON.parse(text) as Line;
      peakBytes = peakResidentBytes(child.pid) ?? peakBytes;
      if (line.event === 'ready' || line.event === 'start') {
        startupSeconds = (performance.now() - start) / 1000;
        ownThreads = line.threads;
      }
      if (line.epoch !== undefined && line.seconds !== undefined && (line.event ?? 'epoch') === 'epoch') {
        epochs.push({ train_loss: line.train_loss ?? null, seconds: line.seconds });
      }
    }
  } catch (error) {
    child.kill();
    throw error;
  }
  const code = await status;
  forget();
  if (code !== 0 || startupSeconds === undefined)
    throw new Error(reasonIn(complaint) ?? `it ended with status ${code}`);
  return { epochs, startupSeconds, peakBytes, threads: ownThreads };
}

/** For the libraries that take their number of threads from the environment: OpenMP, OpenBLAS, and Rust's rayon. */
function threadsEnvironment(threads: number): Record<string, string> {
  return Object.fromEntries(
    ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'RAYON_NUM_THREADS'].map((name) => [name, `${threads}`]),
  );
}

/** The command on `threads` cores, where the system can pin: the same for all, the first that this process may use. */
export function onCores(command: readonly string[], threads: number): readonly string[] {
  return pinned(command, allowedCores().slice(0, threads));
}

/**
 * VmHWM: the peak until now. Asked at each line, since it is gone when the process is; what a trainer needs, it needs
 * by its first epochs.
 */
function peakResidentBytes(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** The line that names the error: stack traces come before it in Python and after it in Node. */
function reasonIn(complaint: string): string | undefined {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
}
