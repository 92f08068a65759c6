/** Predictions for people: a row each, as they come. */
import path from 'node:path';
import type { Network } from '../../src/network.js';
import { best, type PredictionLine } from '../../src/predict/prediction-line.js';

/** Most files' names fit, and a table of 80 columns has room for the rest. */
const NAME_WIDTH = 28;
/** How many classes stand beside the best. */
const OTHERS = 2;

export const PREDICTION_HEADING = `${'sample'.padEnd(NAME_WIDTH)}  class  probability  then\n`;

/**
 * @param name   of a sample without id
 * @param names  of the classes
 */
export function predictionRow(name: string, line: PredictionLine, names: Network['classNames']): string {
  const ofFile = line.file === undefined ? '' : `${path.basename(line.file)} `;
  const shown = plain(`${ofFile}${line.id ?? name}`);
  const ranking = line.top ?? best(line.probabilities ?? [], names, 1 + OTHERS);
  const others = ranking.slice(1).map(([label, probability]) => `${plain(`${label}`)} ${percent(probability)}`);
  const cells = [shown.padEnd(NAME_WIDTH), plain(`${line.class}`).padStart(5), percent(line.probability).padStart(11)];
  return `${[...cells, others.join(', ')].join('  ').trimEnd()}\n`;
}

/** An id, or a class's name, may hold what a terminal would obey. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(2)} %`;
}
