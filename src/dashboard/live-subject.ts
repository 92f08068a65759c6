/** The network of a run as a subject, with the run's samples. Its weights change. */
import { hasWeights } from '../model/objectives/weighted.js';
import type { RunView } from '../run/view.js';
import { onOneLine } from '../text/printable.js';
import type { Split } from '../tools/explain/asks.js';
import type { Given, NetworkShape } from '../tools/explain/derivation.js';
import { differencesOf } from '../tools/explain/differences.js';
import { inputNamesOf } from '../tools/explain/input-names.js';
import type { Subject, SubjectFacts } from '../tools/explain/subject.js';

const PRIVATE = 'the training samples of a private run are secret';

export class LiveSubject implements Subject {
  readonly shape: NetworkShape;
  readonly #view: RunView;
  #values: Float32Array | undefined;
  readonly #facts: Omit<SubjectFacts, 'isLive' | 'hardest'>;
  /** Whether the weights may still change. */
  isLive = true;
  /** The hardest samples of the last evaluation. */
  hardest: SubjectFacts['hardest'];

  /** @param title  of the run's data */
  constructor(view: RunView, title: string) {
    const { layers, activation, objective, table, picture, config, samples } = view;
    const { lr: rate, reduction, batchSize, optimizer, schedule, momentum } = config;
    const { targets, huberDelta } = objective.facts;
    this.#view = view;
    this.shape = { layers, activation, objective: objective.name, facts: objective.facts };
    this.#facts = {
      title,
      classNames:
        table && view.classes > 0 ? table.classNames.map(oneLine) : Array.from({ length: view.classes }, (_, j) => j),
      targets: targets.map(({ name, ...spread }) => ({ name: onOneLine(name), ...spread })),
      huberDelta,
      ...(picture && { picture }),
      ...(table && { inputNames: inputNamesOf(table) }),
      samples: view.isPrivate ? { ...samples, train: 0 } : samples,
      ...(view.isPrivate && { withoutTraining: PRIVATE }),
      ...(hasWeights(objective.facts) && { isWeighted: true }),
      skipsZeros: view.skipsZeros,
      kernel: view.kernel,
      training: {
        ...{ rate, reduction, batchSize, optimizer, schedule, momentum },
        differences: differencesOf((option) => config[option]),
      },
    };
  }

  get facts(): SubjectFacts {
    return { ...this.#facts, isLive: this.isLive, ...(this.hardest && { hardest: this.hardest }) };
  }

  /** Overwritten by the next copy: a new array for each would keep the garbage collector busy. */
  parameters(): Float32Array {
    this.#values = this.#view.parameters(this.#values);
    return this.#values;
  }

  sample(split: Split, index: number): Given {
    return this.#view.sample(split, index);
  }
}

function oneLine(name: string | number): string | number {
  return typeof name === 'string' ? onOneLine(name) : name;
}
