/**
 * The live page of a run. It receives the events of the run, and samples its state a few times per second on the main thread,
 * which is idle then. While no page is open, expensive data is not computed.
 */
import path from 'node:path';
import { errors } from '../errors.js';
import { isRecord } from '../files/type-guards.js';
import type { Progress, TrainEvent } from '../metrics/events.js';
import type { TrainControls } from '../run/train.js';
import type { RunView } from '../run/view.js';
import { textsOnOneLine } from '../text/printable.js';
import { DrawingClassifier } from './classifier.js';
import { Doubtful } from './doubtful.js';
import type { EndFacts, EpochPoint, Phase, RecentPoint, RunMessage, StartFacts, ThreadsMessage } from './messages.js';
import { readPageFiles } from './page-files.js';
import { weightsMessage } from './pictures.js';
import { DEFAULT_PORT, isPort, PORT_RANGE } from './port.js';
import { Questions } from './questions.js';
import { Results } from './results.js';
import { PageServer } from './server.js';
import { Streams } from './streams.js';
import { Growing, Latest } from './topics.js';

/** Progress is sent four times per second, thread times twice, and weights every two seconds. */
const PROGRESS_MS = 250;
const THREADS_MS = 500;
const WEIGHTS_MS = 2000;
/** Maximum number of points of a curve: more than a screen has columns. */
const MOST_EPOCHS = 1500;
const MOST_RECENT = 1500;
/** Minimum number of samples of a point, unless the time limit has passed. */
const FEWEST_SAMPLES = 1000;
const MOST_RECENT_MS = 2000;
const SHOWN_UNITS = 48;
const SHOWN_THREADS = 64;
const SHOWN_WARNINGS = 20;

/** Sums over the epoch at the last recent point, and its time. */
const NOTHING_TOLD = { epoch: 0, samples: 0, losses: 0, errors: 0, at: 0 };

export interface DashboardControls extends TrainControls {
  readonly onProgress: (progress: Progress) => void;
  readonly onView: (view: RunView) => void;
}

export class Dashboard {
  /** To be passed to `train`. */
  readonly controls: DashboardControls = {
    onProgress: (progress) => this.#look(progress),
    onView: (view) => this.#watch(view),
  };
  readonly #classifier = new DrawingClassifier();
  readonly #questions = new Questions();
  readonly #run = new Latest('run', () => this.#runMessage());
  readonly #epochs = new Growing<EpochPoint>('epochs', MOST_EPOCHS);
  readonly #recent = new Growing<RecentPoint>('recent', MOST_RECENT);
  readonly #progress = new Latest('progress', () => this.#lastProgress!);
  readonly #threads = new Latest('threads', () => this.#lastThreads!);
  readonly #weights = new Latest('weights', () => this.#weightsMessage());
  readonly #results = new Latest('results', () => this.#lastResults!.message());
  readonly #doubtful = new Doubtful();
  readonly #streams = new Streams([
    this.#run,
    this.#epochs,
    this.#recent,
    this.#progress,
    this.#threads,
    this.#results,
    this.#weights,
    this.#doubtful.topic,
  ]);
  #server: PageServer | undefined;
  #view: RunView | undefined;
  #phase: Phase = 'starting';
  #start: StartFacts | undefined;
  #end: EndFacts | undefined;
  #checkpoint: RunMessage['checkpoint'];
  #warnings: string[] = [];
  #lastProgress: Progress | undefined;
  #lastThreads: ThreadsMessage | undefined;
  #lastResults: Results | undefined;
  #told = NOTHING_TOLD;
  #progressAt = 0;
  #threadsAt = 0;
  #weightsAt = Number.NEGATIVE_INFINITY;

  private constructor() {
    this.#run.changed();
  }

  /**
   * Serves the page on 127.0.0.1.
   *
   * @param port  0 for any free port
   * @throws LockstepError if the port is invalid, or cannot be used
   */
  static async open(port: number = DEFAULT_PORT): Promise<Dashboard> {
    if (!isPort(port)) throw errors.invalidOption('port', port, PORT_RANGE);
    const dashboard = new Dashboard();
    try {
      dashboard.#server = await PageServer.listen(port, {
        files: readPageFiles(),
        streams: dashboard.#streams,
        classifier: dashboard.#classifier,
        answerer: dashboard.#questions,
      });
    } catch (error) {
      dashboard.#streams.close();
      throw errors.dashboardPort(port, error);
    }
    return dashboard;
  }

  get url(): string {
    return this.#server!.url;
  }

  /** Shows an event of the run. Must be called before the next event is requested. */
  show(given: TrainEvent): void {
    if (!isRecord(given)) throw errors.invalidOption('event', given, 'an event of train()');
    const event = textsOnOneLine(given);
    switch (event.event) {
      case 'start':
        this.#phase = 'running';
        this.#start = event;
        if (this.#view) this.#questions.watch(this.#view, event.dataset.name);
        this.#run.changed();
        break;
      case 'epoch':
        this.#showEpoch(event);
        break;
      case 'checkpoint':
        this.#checkpoint = { file: path.basename(event.file), step: event.step };
        this.#run.changed();
        break;
      case 'warning':
        this.#warnings = [...this.#warnings, event.message].slice(-SHOWN_WARNINGS);
        this.#run.changed();
        break;
      case 'end':
        this.#showEnd(event);
        break;
      case 'step':
        // Progress within epochs is sampled, so step events are ignored.
        break;
    }
    this.#streams.tell();
  }

  /** Closes the page. Open browser tabs keep the last state. */
  async close(): Promise<void> {
    this.#streams.close();
    await this.#server?.close();
  }

  #watch(view: RunView): void {
    this.#view = view;
    this.#classifier.watch(view);
    this.#doubtful.watch(view);
    if (view.picture) this.#weights.changed();
    this.#weightsAt = performance.now();
  }

  #showEpoch(event: Extract<TrainEvent, { event: 'epoch' }>): void {
    // Other fields of the event are not shown.
    const { event: _, step, wait_fraction, phase_fractions, ...rest } = event;
    const { train_targets, validation_targets, test_targets, layer_gradients, ...point } = rest;
    this.#epochs.push(point);
    this.#keepResults(event.epoch);
    this.#keepThreads(event.epoch);
    if (this.#start?.config.audit) this.#doubtful.after(event.epoch);
    this.#drawWeights();
  }

  #showEnd(event: Extract<TrainEvent, { event: 'end' }>): void {
    this.#phase = event.status;
    this.#end = event;
    // Without epochs, there is no epoch event with the evaluation.
    if (this.#start?.config.epochs === 0 && event.status === 'completed') this.#keepResults(0);
    this.#classifier.finish();
    this.#questions.finish();
    this.#doubtful.finish();
    this.#weightsAt = Number.NEGATIVE_INFINITY;
    this.#drawWeights();
    this.#run.changed();
  }

  /** Called about ten times per second. */
  #look(progress: Progress): void {
    if (!this.#start) return;
    const now = performance.now();
    this.#addRecent(progress, this.#start.dataset.train, now);
    if (now - this.#progressAt < PROGRESS_MS) return;
    this.#progressAt = now;
    // At the beginning of an epoch, thread times are not yet meaningful.
    const isSame = progress.epoch === this.#lastProgress?.epoch;
    if (isSame && now - this.#threadsAt > THREADS_MS) this.#keepThreads(progress.epoch);
    this.#lastProgress = progress;
    this.#progress.changed();
    this.#drawWeights();
    this.#streams.tell();
  }

  /** Adds a point of the samples since the last point, if there are enough. */
  #addRecent(progress: Progress, samplesPerEpoch: number, now: number): void {
    const { epoch, samples, loss, error, rmse = 0 } = progress;
    // A private run tells nothing of its training samples.
    if (loss === undefined) return;
    const before = this.#told.epoch === epoch ? this.#told : { ...NOTHING_TOLD, at: this.#told.at };
    const [count, elapsed] = [samples - before.samples, now - before.at];
    if (count <= 0 || elapsed < PROGRESS_MS || (count < FEWEST_SAMPLES && elapsed < MOST_RECENT_MS)) return;
    // Rounding may make the difference of the sums 0 or negative.
    const since = (sum: number, told: number) => Math.max(0, sum - told) / count;
    // Squared errors can be added.
    const [losses, errors] = [loss * samples, (error ?? rmse ** 2) * samples];
    const second = since(errors, before.errors);
    const perSecond = before.samples > 0 ? (1000 * count) / elapsed : progress.samplesPerSecond;
    const at = epoch - 1 + samples / samplesPerEpoch;
    this.#recent.push([
      at,
      since(losses, before.losses),
      error === undefined ? Math.sqrt(second) : second,
      Math.round(perSecond),
    ]);
    this.#told = { epoch, samples, losses, errors, at: now };
  }

  #keepResults(epoch: number): void {
    this.#lastResults = this.#view && Results.of(this.#view, epoch);
    if (!this.#lastResults) return;
    this.#results.changed();
    this.#questions.hardest = this.#lastResults.hardestSamples;
  }

  #keepThreads(epoch: number): void {
    if (!this.#view) return;
    this.#threadsAt = performance.now();
    const times = this.#view.threadTimes(epoch);
    this.#lastThreads = {
      epoch,
      of: times.length,
      threads: times.slice(0, SHOWN_THREADS).map(({ gradients, update, wait }) => {
        const all = gradients + update + wait || 1;
        return [gradients / all, update / all, wait / all];
      }),
    };
    this.#threads.changed();
  }

  /** Only when they are due. (They are copied when they are sent, and only if a page is open.) */
  #drawWeights(): void {
    const now = performance.now();
    if (!this.#view?.picture || now - this.#weightsAt < WEIGHTS_MS) return;
    this.#weightsAt = now;
    this.#weights.changed();
  }

  #weightsMessage() {
    const view = this.#view!;
    const [inputs = 0, units = 0] = view.layers;
    return weightsMessage(view.firstLayer(SHOWN_UNITS), inputs, units);
  }

  #runMessage(): RunMessage {
    const { picture } = this.#view ?? {};
    return {
      phase: this.#phase,
      warnings: this.#warnings,
      ...(this.#start && { start: this.#start }),
      ...(this.#end && { end: this.#end }),
      ...(picture && { picture }),
      ...(this.#checkpoint && { checkpoint: this.#checkpoint }),
    };
  }
}
