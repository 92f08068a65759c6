/** Prints predictions, one row per sample. */
import path from 'node:path';
import { onOneLine, padEndTo, padStartTo, truncated } from '../../src/text/printable.js';
import type { Network } from '../../src/tools/network.js';
import { best, type PredictionLine } from '../../src/tools/predict/prediction-line.js';

/** Fits most file names, and leaves room for the other columns in 80. */
const NAME_WIDTH = 28;
/** Number of classes shown beside the best one. */
const OTHERS = 2;

export const PREDICTION_HEADING = `${'sample'.padEnd(NAME_WIDTH)}  class  probability  then\n`;

/**
 * @param name     for a sample without an id
 * @param names    of the classes
 * @param columns  of the terminal: the row is cut to fit
 */
export function predictionRow(
  name: string,
  line: PredictionLine,
  names: Network['classNames'],
  columns = Number.POSITIVE_INFINITY,
): string {
  const ofFile = line.file === undefined ? '' : `${path.basename(line.file)} `;
  const shown = onOneLine(`${ofFile}${line.id ?? name}`);
  const ranking = line.top ?? best(line.probabilities ?? [], names, 1 + OTHERS);
  const others = ranking.slice(1).map(([label, probability]) => `${onOneLine(`${label}`)} ${percent(probability)}`);
  const cells = [
    padEndTo(shown, NAME_WIDTH),
    padStartTo(onOneLine(`${line.class}`), 5),
    percent(line.probability).padStart(11),
  ];
  return `${truncated([...cells, others.join(', ')].join('  ').trimEnd(), columns)}\n`;
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(2)} %`;
}
