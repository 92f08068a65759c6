/** Predictions for people: a row each, as they come. */
import path from 'node:path';
import { cutTo, onOneLine, padEndTo, padStartTo } from '../../src/text/printable.js';
import type { Network } from '../../src/tools/network.js';
import { best, type PredictionLine } from '../../src/tools/predict/prediction-line.js';

/** Most files' names fit, and a table of 80 columns has room for the rest. */
const NAME_WIDTH = 28;
/** How many classes stand beside the best. */
const OTHERS = 2;

export const PREDICTION_HEADING = `${'sample'.padEnd(NAME_WIDTH)}  class  probability  then\n`;

/**
 * @param name   of a sample without id
 * @param names  of the classes
 * @param columns  of the terminal: what has no room is left out, from the right
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
  return `${cutTo([...cells, others.join(', ')].join('  ').trimEnd(), columns)}\n`;
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(2)} %`;
}
