/** The page: passes the messages of the stream to the parts that show them. */
import type {
  DoubtfulMessage,
  EpochPoint,
  RecentPoint,
  ResultsMessage,
  RunMessage,
  WeightsMessage,
} from '../messages.js';
import { grown } from './chart-data.js';
import { Charts } from './charts.js';
import { onSchemeChange } from './colors.js';
import { DoubtfulCard } from './doubtful.js';
import { EpochsTable } from './epochs-table.js';
import { ExplainSection } from './explain-section.js';
import { Header } from './header.js';
import { estimatesNumbers } from './kind.js';
import { Pad } from './pad.js';
import { WeightPictures } from './pictures.js';
import { ResultCards } from './results.js';
import { listen } from './store.js';
import { Threads } from './threads.js';

const header = new Header();
const charts = new Charts();
const table = new EpochsTable();
const pad = new Pad();
const weights = new WeightPictures();
const results = new ResultCards();
const threads = new Threads();
const explain = new ExplainSection();
const doubtful = new DoubtfulCard();

let run: RunMessage | undefined;
let epochs: readonly EpochPoint[] = [];
let recent: readonly RecentPoint[] = [];

function showCurves(): void {
  charts.show(() => ({ epochs, recent }));
  table.show(epochs);
  header.showEpoch(epochs.at(-1));
}

/** The name of a class, or its number. */
function nameOf(label: number): string {
  return String(run?.start?.dataset.class_names?.[label] ?? label);
}

function showRun(message: RunMessage): void {
  // After a reconnection, this may be another run.
  if (run && run.start?.time !== message.start?.time) {
    epochs = [];
    recent = [];
    for (const part of [header, weights, results, threads, explain, doubtful]) part.reset();
    showCurves();
  }
  run = message;
  header.showRun(message);
  charts.estimatesNumbers = estimatesNumbers(message.start);
  const { start, picture } = message;
  const isDigits = start?.dataset.name === 'mnist' || (start?.dataset.classes === 10 && !start.dataset.class_names);
  if (start?.dataset.classes !== undefined)
    pad.prepare(picture, start.dataset.classes, nameOf, isDigits ? 'a digit' : 'an image');
  if (start?.dataset.classes !== undefined)
    results.prepare(start.dataset.test + (start.dataset.validation ?? 0) > 0, picture, message.end !== undefined);
  doubtful.prepare(Boolean(start?.config.audit), message.end !== undefined);
  if (message.end) pad.refresh();
  explain.prepare(start);
  if (message.end) explain.refresh();
}

listen(
  {
    run: showRun,
    epochs: (message) => {
      epochs = grown(epochs, message);
      showCurves();
      explain.refresh();
    },
    recent: (message) => {
      recent = grown(recent, message);
      showCurves();
    },
    progress: (message) => header.showProgress(message),
    threads: (message) => threads.show(message),
    weights: (message: WeightsMessage) => {
      if (run?.picture) weights.show(message, run.picture);
      pad.refresh();
    },
    doubtful: (message: DoubtfulMessage) => doubtful.show(message, run?.picture),
    results: (message: ResultsMessage) => results.show(message, nameOf, run?.picture),
  },
  (isThere) => {
    header.isConnected = isThere;
  },
);
onSchemeChange(() => weights.draw());
