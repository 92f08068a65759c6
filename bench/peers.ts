/**
 * Who trains the reference's job how fast? Lockstep and its peers on the same cores, turn by turn.
 *
 *   node dist/bench/peers.js [--peers quick] [--data mnist] [--threads 1,2] [--rounds 5] [--epochs 3]
 *                            [--nodes node,/path/to/another/node] [--json]
 *
 * A round runs every peer once, one after another; a run's first epoch warms up, and its figure is the median of the
 * others. Shown are the median over the rounds, the spread, how many times as long as Lockstep (on the first Node) it
 * takes, round by round, the time from the command to all data in memory, which is not in the other figures, and the
 * largest resident set.
 *
 * Every peer must reach the losses of the same job (bench/support/peer-check.ts); one that does not, or that cannot run
 * here, is listed with the reason. Of those that need minutes an epoch, a part of one is timed, the same way: epochs of
 * the first n samples, extrapolated. Some can only do another job; they say how it differs.
 *
 * The peers are no dependency of Lockstep's. Each is a small program in bench/peers; before:
 *
 *   npm ci --ignore-scripts      in bench/peers, for those in npm (they run on the first Node)
 *   PYTHON=/path/to/python       with bench/peers/requirements.txt installed, for those in Python (default python3)
 *   cc and an OpenMP build of libopenblas, for C (where it takes the processor for an old one, set OPENBLAS_CORETYPE)
 */
import { Command, Option } from 'commander';
import { allowedCores, canPin } from './support/cores.js';
import { namesOf, threadCounts, wholeFrom } from './support/options.js';
import { LossCheck } from './support/peer-check.js';
import { DATA_NAMES, type DataName, provideData } from './support/peer-data.js';
import { findPeers, lockstep, PEER_NAMES, type Peer, QUICK_PEERS } from './support/peer-list.js';
import { type PeerRun, runProgram } from './support/peer-run.js';
import { median, spread } from './support/statistics.js';

interface Options {
  readonly peers: readonly string[];
  readonly data: DataName;
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly epochs: number;
  readonly nodes: string;
  readonly json: boolean;
}

const options = new Command('peers')
  .option(
    '--peers <list>',
    `all, quick (without those that need minutes), or some of ${PEER_NAMES.join(', ')}`,
    peersNamed,
    QUICK_PEERS,
  )
  .addOption(new Option('--data <name>', 'what to train on').choices(DATA_NAMES).default('mnist'))
  .option('--threads <list>', 'numbers of threads', threadCounts, [1, 2])
  .option('--rounds <n>', 'runs of each peer', wholeFrom(1), 5)
  .option('--epochs <n>', 'epochs a run, 2 at least: the first warms up', wholeFrom(2), 3)
  .option('--nodes <list>', 'Nodes to run Lockstep on', process.execPath)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const HEADING = [
  'peer'.padEnd(28),
  'epoch'.padStart(9),
  ''.padEnd(20),
  '×'.padStart(8),
  'start-up'.padStart(8),
  'memory'.padStart(8),
].join(' ');

const nodes = options.nodes.split(',');
const data = provideData(options.data);
const { present, missing } = await findPeers(options.peers, nodes[0]!, data);
for (const { name, why } of missing) report({ peer: name, missing: why }, `${name}: cannot run here: ${why}`);

const peers = [...nodes.map(lockstep), ...present];
const losses = new LossCheck(peers[0]!, data, options.epochs);
for (const threads of options.threads) await compare(threads);

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

  const pinned = canPin() ? `pinned to ${allowedCores().slice(0, threads).join(',')}` : 'not pinned';
  const job = `${options.rounds} rounds of ${options.epochs} epochs`;
  if (!options.json) console.log(`\n${data.name}, threads: ${threads}, cores: ${pinned}, ${job}\n${HEADING}`);
  const own = runs.get(peers[0]!)?.map((run) => secondsOf(run, data.samples));
  for (const [peer, ofPeer] of runs) reportPeer(peer, threads, ofPeer, own);
}

async function runOnce(peer: Peer, threads: number): Promise<PeerRun> {
  const samples = peer.part ?? data.samples;
  const run = await runProgram(peer.command({ data, threads, epochs: options.epochs, samples }), threads);
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
  const ratio = own && median(seconds.map((time, round) => time / own[round]!));
  const startup = median(runs.map(({ startupSeconds }) => startupSeconds));
  const peaks = runs.flatMap(({ peakBytes }) => peakBytes ?? []);
  const peak = peaks.length > 0 ? median(peaks) : undefined;
  const { min, max } = spread(seconds);
  const notes = [
    part === undefined ? [] : [`extrapolated from ${part.toLocaleString('en-US')} samples`],
    otherJob === undefined ? [] : [`another job: ${otherJob}`],
  ].flat();
  report(
    {
      peer: name,
      data: data.name,
      threads,
      seconds: median(seconds),
      min,
      max,
      times_lockstep: ratio,
      startup_seconds: startup,
      peak_rss_bytes: peak,
      extrapolated_from_samples: part,
      other_job: otherJob,
    },
    [
      name.padEnd(28),
      `${figure(median(seconds))} s`.padStart(9),
      `(${figure(min)} to ${figure(max)})`.padEnd(20),
      (ratio?.toFixed(2) ?? '').padStart(8),
      `${startup.toFixed(2)} s`.padStart(8),
      peak === undefined ? '' : `${Math.round(peak / 1e6)} MB`.padStart(8),
      notes.join('; '),
    ].join(' '),
  );
}

/** Three digits, whether it takes one second or an hour. */
function figure(seconds: number): string {
  return seconds < 100 ? seconds.toPrecision(3) : Math.round(seconds).toLocaleString('en-US');
}

function peersNamed(list: string): readonly string[] {
  if (list === 'all') return PEER_NAMES;
  return list === 'quick' ? QUICK_PEERS : namesOf(PEER_NAMES)(list);
}

function report(figures: object, text: string): void {
  console.log(options.json ? JSON.stringify(figures) : text.trimEnd());
}
