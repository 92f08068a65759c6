/** Small runs on tables, one of each kind: regression, weights of rows and classes, categories, dates and missing cells. */
import type { TrainOptions } from '../../src/config/options.js';
import { MIXED_HEADER, mixedRows } from './mixed-rows.js';
import { csvOfNumbers, numberRows, weightedRows } from './number-tables.js';
import { csvOf } from './tables.js';

export type TableJob = TrainOptions & { readonly data: string };

/** Without what every run of a test has: hidden layers, epochs, batches, threads. */
export function tableJobs(write: (name: string, text: string) => string): Readonly<Record<string, TableJob>> {
  const weighted = weightedRows().map(({ x, kind, price, weight }) => [...x, kind, price, weight]);
  const numbers = write('numbers.csv', csvOfNumbers(numberRows(200, 7)));
  const weights = write('weights.csv', csvOf([['a', 'b', 'c', 'kind', 'price', 'w'], ...weighted]));
  const mixed = write('mixed.csv', csvOf([MIXED_HEADER, ...mixedRows()]));
  return {
    regression: {
      data: numbers,
      target: ['price', 'tiny'],
      loss: 'huber',
      validationSplit: 0.2,
      keepBest: true,
    },
    'weights of rows and classes': {
      ...{ data: weights, label: 'kind', drop: ['price'], weight: 'w', classWeights: ['balanced'] },
    },
    'mixed columns': { data: mixed, label: 'size', validationSplit: 0.2 },
    'mixed columns, regression': {
      data: mixed,
      target: ['mass'],
      missing: 'drop',
      optimizer: 'sgd',
      momentum: 0.9,
    },
  };
}
