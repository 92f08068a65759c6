/**
 * How fast do Lockstep and other trainers run the same job? All run on the same cores, turn by turn.
 *
 *   node dist/bench/peers.js [--peers quick] [--data mnist] [--batch 100] [--threads 1,2] [--rounds 5] [--epochs 3]
 *                            [--nodes node,/path/to/another/node] [--lockstep /path/to/another/checkout]
 *                            [--default-threads] [--peer-isa native] [--samples n] [--json]
 *
 * A round runs each trainer once. The first epoch of a run is a warm-up; the result of the run is the median of the
 * other epochs. The table shows the median over the rounds and the range, the time as a multiple of that of the first row,
 * which is Lockstep (the median of the ratios of each round, and the range), the time from the command until all data is
 * in memory, which the other columns do not include, and the largest resident set.
 *
 * Each trainer must reach the losses of the same job (bench/support/peer-check.ts). If one does not, or cannot run here,
 * the output gives the reason. For the slowest trainers, epochs of the first n samples are measured in the same way, and
 * extrapolated. Some trainers can only run a different job; the output says how it differs.
 *
 * --lockstep adds rows for other checkouts of Lockstep, for example of an older commit. Build each first. --default-threads
 * adds rows for Lockstep without --threads, on the same cores. --peers none compares only forms of Lockstep.
 *
 * None of the trainers is a dependency of Lockstep. bench/README.md says how to install them.
 */
import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import { allowedCores, canPin } from './support/cores.js';
import { namesOf, threadCounts, wholeFrom } from './support/options.js';
import { LossCheck } from './support/peer-check.js';
import { DATA_NAMES, type DataName, DEFAULT_BATCH, type PeerData, provideData } from './support/peer-data.js';
import { ISAS, type Isa } from './support/peer-isa.js';
import { findPeers, lockstep, PEER_NAMES, type Peer, QUICK_PEERS } from './support/peer-list.js';
import { type PeerRun, runProgram } from './support/peer-run.js';
import { median, spread } from './support/statistics.js';

interface Options {
  readonly peers: readonly string[];
  readonly data: DataName;
  readonly batch: number;
  readonly samples?: number;
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly epochs: number;
  readonly nodes: readonly string[];
  readonly lockstep: readonly string[];
  readonly defaultThreads: boolean;
  readonly peerIsa: Isa;
  readonly json: boolean;
}

const options = new Command('peers')
  .option(
    '--peers <list>',
    `all, quick (without the slowest), none, or some of ${PEER_NAMES.join(', ')}`,
    peersNamed,
    QUICK_PEERS,
  )
  .addOption(new Option('--data <name>', 'what to train on').choices(DATA_NAMES).default('mnist'))
  .option('--batch <n>', 'samples in a batch; must divide the number of samples', wholeFrom(1), DEFAULT_BATCH)
  .option('--samples <n>', 'train only on the first n samples', wholeFrom(1))
  .option('--threads <list>', 'numbers of threads', threadCounts, [1, 2])
  .option('--rounds <n>', 'runs of each trainer', wholeFrom(1), 5)
  .option('--epochs <n>', 'epochs of a run, at least 2: the first is a warm-up', wholeFrom(2), 3)
  .option('--nodes <list>', 'Node.js executables to run Lockstep with', splitList, [process.execPath])
  .option('--lockstep <list>', 'folders of other checkouts of Lockstep to compare with', splitList, [])
  .option('--default-threads', 'also run Lockstep with its default number of threads', false)
  .addOption(
    new Option('--peer-isa <name>', 'instruction set of the other trainers (not of the npm packages)')
      .choices(ISAS)
      .default('native'),
  )
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const { data, ours } = prepare();
const { present, missing } = await findPeers(options.peers, options.nodes[0]!, data, options.peerIsa);
for (const { name, why } of missing) report({ peer: name, missing: why }, `${name}: cannot run here: ${why}`);

const peers = [...ours, ...present];
const nameWidth = Math.max(...peers.map(({ name }) => name.length));
const losses = new LossCheck(peers[0]!, data, options.epochs);
for (const threads of options.threads) await compare(threads);

function prepare(): { readonly data: PeerData; readonly ours: readonly Peer[] } {
  try {
    const ours = options.nodes.flatMap((node) => [
      lockstep(node),
      ...options.lockstep.map((checkout) => lockstep(node, { checkout })),
      ...(options.defaultThreads ? [lockstep(node, { defaultThreads: true })] : []),
    ]);
    return { data: provideData(options.data, options.batch, options.samples), ours };
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exit(2);
  }
}

async function compare(threads: number): Promise<void> {
  const runs = new Map<Peer, PeerRun[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const [peer, ofPeer] of runs) {
      try {
        ofPeer.push(await runOnce(peer, threads));
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        report({ peer: peer.name, threads, failed: why }, `${peer.name}, ${threads} threads: failed: ${why}`);
        process.exitCode = 1;
        runs.delete(peer);
      }
    }
  }

  if (!options.json) console.log(`\n${jobOf(threads)}\n${heading()}`);
  const own = runs.get(peers[0]!)?.map((run) => secondsOf(run, data.samples));
  for (const [peer, ofPeer] of runs) reportPeer(peer, threads, ofPeer, own);
}

function jobOf(threads: number): string {
  const pinned = canPin() ? `pinned to ${allowedCores().slice(0, threads).join(',')}` : 'not pinned';
  return [
    `${data.name} (${data.samples.toLocaleString('en-US')} samples), ${data.widths.join('-')}, batch ${data.batch}`,
    `threads: ${threads}, cores: ${pinned}`,
    `${options.rounds} ${options.rounds === 1 ? 'round' : 'rounds'} of ${options.epochs} epochs`,
    cpuModel(),
    ...(options.peerIsa === 'native' ? [] : [`other trainers limited to ${options.peerIsa}`]),
  ].join(', ');
}

function heading(): string {
  return [
    'trainer'.padEnd(nameWidth),
    'epoch'.padStart(9),
    ''.padEnd(20),
    '×'.padStart(8),
    ''.padEnd(18),
    'start-up'.padStart(8),
    'memory'.padStart(8),
  ].join(' ');
}

function cpuModel(): string {
  return cpus()[0]?.model.trim() ?? 'unknown processor';
}

async function runOnce(peer: Peer, threads: number): Promise<PeerRun> {
  const samples = peer.part ?? data.samples;
  const command = peer.command({ data, threads, epochs: options.epochs, samples });
  const run = await runProgram(command, threads, peer.environment);
  await losses.check(peer, samples, run);
  return run;
}

/** Seconds of a warm epoch of the whole data. */
function secondsOf({ epochs }: PeerRun, samples: number): number {
  return median(epochs.slice(1).map(({ seconds }) => seconds)) * (data.samples / samples);
}

/** @param own  Lockstep's seconds, round by round; undefined if it has failed */
function reportPeer({ name, part, otherJob }: Peer, threads: number, runs: PeerRun[], own: number[] | undefined): void {
  const seconds = runs.map((run) => secondsOf(run, part ?? data.samples));
  const ratios = own && seconds.map((time, round) => time / own[round]!);
  const startup = median(runs.map(({ startupSeconds }) => startupSeconds));
  const peaks = runs.flatMap(({ peakBytes }) => peakBytes ?? []);
  const peak = peaks.length > 0 ? median(peaks) : undefined;
  const { min, max } = spread(seconds);
  const usedThreads = [...new Set(runs.flatMap((run) => run.threads ?? []))];
  const notes = [
    usedThreads.every((used) => used === threads) ? [] : [`used ${usedThreads.join(' or ')} threads`],
    part === undefined ? [] : [`extrapolated from ${part.toLocaleString('en-US')} samples`],
    otherJob === undefined ? [] : [`different job: ${otherJob}`],
  ].flat();
  report(
    {
      peer: name,
      data: data.name,
      samples: data.samples,
      network: data.widths,
      batch: data.batch,
      threads,
      used_threads: usedThreads.length === 0 ? undefined : usedThreads,
      peer_isa: options.peerIsa,
      cpu: cpuModel(),
      seconds: median(seconds),
      min,
      max,
      times_lockstep: ratios && median(ratios),
      times_lockstep_min: ratios && spread(ratios).min,
      times_lockstep_max: ratios && spread(ratios).max,
      startup_seconds: startup,
      peak_rss_bytes: peak,
      extrapolated_from_samples: part,
      other_job: otherJob,
    },
    [
      name.padEnd(nameWidth),
      `${figure(median(seconds))} s`.padStart(9),
      `(${figure(min)} to ${figure(max)})`.padEnd(20),
      (ratios === undefined ? '' : median(ratios).toFixed(2)).padStart(8),
      (ratios === undefined ? '' : `(${spread(ratios).min.toFixed(2)} to ${spread(ratios).max.toFixed(2)})`).padEnd(18),
      `${startup.toFixed(2)} s`.padStart(8),
      peak === undefined ? '' : `${Math.round(peak / 1e6)} MB`.padStart(8),
      notes.join('; '),
    ].join(' '),
  );
}

/** Three digits, whether it takes a second or an hour. */
function figure(seconds: number): string {
  return seconds < 100 ? seconds.toPrecision(3) : Math.round(seconds).toLocaleString('en-US');
}

function splitList(list: string): readonly string[] {
  return list.split(',');
}

function peersNamed(list: string): readonly string[] {
  if (list === 'all') return PEER_NAMES;
  if (list === 'none') return [];
  return list === 'quick' ? QUICK_PEERS : namesOf(PEER_NAMES)(list);
}

function report(figures: object, text: string): void {
  console.log(options.json ? JSON.stringify(figures) : text.trimEnd());
}
