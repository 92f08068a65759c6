/** The head of the page: configuration, progress and metrics. */
import type { EndFacts, EpochPoint, ProgressMessage, RunMessage } from '../messages.js';
import { byId, make, setText } from './elements.js';
import { amount, counted, duration, loss, percent, rate, ratio, textOf, whole } from './format.js';
import { estimatesNumbers } from './kind.js';

/** From left to right. The errors are for classes, RMSE and R² for regression. */
const TILES = [
  'test error',
  'test RMSE',
  'test R²',
  'validation error',
  'validation RMSE',
  'training error',
  'training RMSE',
  'test loss',
  'training loss',
  'noise scale',
  'samples per second',
] as const;
type Tile = (typeof TILES)[number];
const UNKNOWN = '–';

const STOPPED_BY: Readonly<Record<NonNullable<EndFacts['stopped_by']>, string>> = {
  patience: 'early stopping',
  max_time: 'time limit',
  privacy_budget: 'privacy budget',
};

export class Header {
  readonly #state = byId('state');
  readonly #progress = byId<HTMLProgressElement>('progress');
  readonly #tiles = new Map(TILES.map((name) => [name, makeTile(name)] as const));
  #isConnected = false;
  #hasBeenConnected = false;
  #run: RunMessage | undefined;
  #last: EpochPoint | undefined;
  #now: ProgressMessage | undefined;

  constructor() {
    byId('tiles').append(...[...this.#tiles.values()].map(({ tile }) => tile));
    this.#show();
  }

  set isConnected(isConnected: boolean) {
    this.#isConnected = isConnected;
    this.#hasBeenConnected ||= isConnected;
    this.#show();
  }

  showRun(run: RunMessage): void {
    this.#run = run;
    this.#show();
  }

  showEpoch(last: EpochPoint | undefined): void {
    this.#last = last;
    this.#show();
  }

  showProgress(progress: ProgressMessage): void {
    this.#now = progress;
    this.#show();
  }

  reset(): void {
    this.#last = undefined;
    this.#now = undefined;
  }

  #show(): void {
    const isLost = this.#hasBeenConnected && !this.#isConnected;
    const phase = this.#run?.phase ?? 'starting';
    this.#state.dataset.phase = isLost ? 'lost' : phase;
    const words = isLost ? 'connection lost' : this.#hasBeenConnected ? phase : 'connecting';
    setText(byId('state-text'), words);
    this.#showModel();
    this.#showCourse();
    this.#showNotice(isLost);
    this.#showTiles();
    this.#showTitle(words);
  }

  #showModel(): void {
    const start = this.#run?.start;
    if (!start) return;
    const { config, dataset, model, threads, kernel, node, resumed } = start;
    const optimizer = config.optimizer === 'sgd' ? '' : `${config.optimizer}, `;
    const schedule = config.schedule === 'constant' ? '' : `, ${config.schedule}`;
    const warmup = config.warmup_steps > 0 ? `, ${counted(config.warmup_steps, 'warm-up step')}` : '';
    const now = this.#last?.lr === undefined ? '' : `, at ${rate(this.#last.lr)}`;
    const parts = [
      `${dataset.name}: ${model.layers.join('-')}`,
      counted(threads, 'thread'),
      kernel,
      `batch ${whole(config.batch_size)}, ${optimizer}learning rate ${config.lr}${schedule}${warmup}${now}`,
    ];
    setText(byId('model'), parts.join(' · '));
    const more = [
      counted(model.parameters, 'parameter'),
      `${whole(dataset.train)} training samples`,
      ...(dataset.validation ? [`${whole(dataset.validation)} for validation`] : []),
      `${whole(dataset.test)} test samples`,
      `seed ${config.seed}`,
      `Node ${node}`,
      `started ${new Date(start.time).toLocaleString()}`,
      ...(resumed ? [`resumed after epoch ${resumed.epochs}`] : []),
      ...(this.#run?.checkpoint ? [`newest checkpoint ${this.#run.checkpoint.file}`] : []),
      ...(this.#run?.end?.saved ? [`saved as ${this.#run.end.saved}`] : []),
      ...(this.#run?.end?.weights_sha256 ? [`weights sha256 ${this.#run.end.weights_sha256}`] : []),
    ];
    setText(byId('facts'), more.join(' · '));
  }

  #showCourse(): void {
    const { start, end } = this.#run ?? {};
    const epochs = start?.config.epochs ?? 0;
    const text = byId('course-text');
    if (end) {
      this.#progress.value =
        epochs === 0 ? 1 : Math.min(1, (end.status === 'completed' ? epochs : end.epochs) / epochs);
      const why = end.stopped_by ? `: ${STOPPED_BY[end.stopped_by]}` : '';
      setText(text, `${counted(end.epochs, 'epoch')} in ${duration(end.seconds)}${why}`);
      return;
    }
    const now = this.#now;
    if (!now) {
      setText(text, start ? 'starting threads' : 'loading data');
      return;
    }
    this.#progress.value = (now.epoch - 1 + now.step / now.stepsPerEpoch) / now.epochs;
    setText(text, `epoch ${whole(now.epoch)} of ${whole(now.epochs)} · ${duration(now.secondsLeft)} left`);
  }

  #showNotice(isLost: boolean): void {
    const notice = byId('notice');
    const { end, warnings = [] } = this.#run ?? {};
    const text = isLost
      ? `${end ? 'The run is over, and the trainer has exited' : 'Cannot reach the trainer; it may have exited'}. This page shows the last data received, and reconnects automatically.`
      : (end?.message ?? warnings.at(-1) ?? '');
    notice.dataset.kind = !isLost && end?.message !== undefined ? 'failure' : 'notice';
    notice.hidden = text === '';
    setText(notice, text);
  }

  #showTiles(): void {
    const last = this.#last;
    const now = this.#run?.end ? undefined : this.#now;
    const end = this.#run?.end;
    const { test, validation = 0 } = this.#run?.start?.dataset ?? { test: 1 };
    const values: Record<Tile, string | undefined> = {
      'test error': textOf(percent, last?.test_error ?? end?.test_error),
      'test RMSE': textOf(amount, last?.test_rmse ?? end?.test_rmse),
      'test R²': textOf(ratio, last ? last.test_r2 : end?.test_r2),
      'validation error': textOf(percent, last?.validation_error),
      'validation RMSE': textOf(amount, last?.validation_rmse),
      'training error': textOf(percent, now?.error ?? last?.train_error),
      'training RMSE': textOf(amount, now?.rmse ?? last?.train_rmse),
      'test loss': textOf(loss, last?.test_loss ?? end?.test_loss),
      'training loss': textOf(loss, now?.loss ?? last?.train_loss),
      'noise scale': textOf(amount, last?.noise_scale),
      'samples per second': textOf(whole, now?.samplesPerSecond ?? last?.samples_per_second),
    };
    const absent = [test === 0 && 'test', validation === 0 && 'validation'];
    const others = estimatesNumbers(this.#run?.start) ? ['error'] : ['RMSE', 'R²'];
    for (const name of TILES) {
      const [set = '', metric = ''] = name.split(' ');
      const { tile, value } = this.#tiles.get(name)!;
      const isUnknown = name === 'noise scale' && last?.noise_scale === undefined;
      tile.hidden = absent.includes(set) || others.includes(metric) || isUnknown;
      setText(value, values[name] ?? UNKNOWN);
    }
  }

  /** Shows the state in the title of a background tab. */
  #showTitle(words: string): void {
    const error = this.#last?.test_error ?? this.#last?.validation_error;
    const rmse = this.#last?.test_rmse ?? this.#last?.validation_rmse;
    const parts = [
      textOf(percent, error) ?? textOf(amount, rmse),
      words,
      this.#run?.start?.dataset.name ?? '',
      'Lockstep',
    ];
    const title = parts.filter(Boolean).join(' · ');
    if (document.title !== title) document.title = title;
  }
}

function makeTile(name: Tile): { readonly tile: HTMLElement; readonly value: HTMLElement } {
  const [set = ''] = name.split(' ');
  const value = make('dd', '', UNKNOWN);
  return { tile: make('div', `tile ${set}`, make('dt', '', name), value), value };
}
