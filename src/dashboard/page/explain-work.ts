/** What zeros save: the multiplications of a sample that are done, and those that are skipped. */
import type { Facts, Passes } from '../../tools/explain/asks.js';
import { make } from './elements.js';
import { canBeOff } from './explain-activations.js';
import { formula, layerName, lettersOf } from './explain-letters.js';
import { number, row, table } from './explain-pictures.js';
import { percent, whole } from './format.js';

/** Meaning of a kernel's name. */
const KERNELS: Readonly<Record<string, string>> = {
  'simd-fma': 'one instruction multiplies and adds several numbers: SIMD with fused multiply-add',
  simd: 'one instruction computes several numbers: SIMD',
  reference: 'plain TypeScript, one number at a time',
};

/** Looks at a run that are listed. */
const MOST_LOOKS = 12;

interface Look {
  readonly version: number;
  readonly sample: string;
  readonly done: number;
  readonly active: number;
}

export class WorkCard {
  readonly element = make('div', 'work');
  readonly #facts: Facts;
  #looks: Look[] = [];

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** @param sample  which one it is */
  show(passes: Passes, sample: string): void {
    let [done, all] = [0, 0];
    const rows = passes.layers.flatMap(({ work }, l) => {
      const layers = passes.layers.length;
      const { input, weight, z } = lettersOf(l, layers);
      const skips = this.#facts.skipsZeros[l]!;
      const line = (what: Node, needed: number, of: number) => {
        if (of === 0) return [];
        const made = skips ? needed : of;
        done += made;
        all += of;
        const zeros = number(of - needed, whole);
        return [row(what, number(of, whole), zeros, number(made, whole), number(made / of, percent))];
      };
      const named = (text: string) => make('span', '', `${layerName(l, layers)}: `, formula(text));
      return [
        ...line(named(`${z} = ${input} ${weight} + …`), work.forward, work.allForward),
        ...line(named(`∂ℓ/∂${input} = δ ${weight}^T`), work.backward, work.allBackward),
        ...line(named(`∂ℓ/∂${weight} = ${input}^T δ`), work.gradient, work.allGradient),
      ];
    });
    const sums = row('all', number(all, whole), '', number(done, whole), number(done / all, percent));
    sums.className = 'sums';
    const heads = ['multiplications', 'total', 'by 0', 'done', 'done, %'];
    this.element.replaceChildren(
      make(
        'p',
        'small',
        'A product with 0 is 0 and need not be computed. An input of 0 adds nothing to any sum, and the gradient of its weights, 0 · δ, ' +
          'is 0. ',
        this.#ofUnits(),
        this.#honestly(),
        ' In the table, ',
        formula('^T'),
        ' means transposed: rows and columns exchanged.',
      ),
      table('Multiplications of this sample', heads, [...rows, sums]),
      ...this.#history(passes, sample, done / all),
    );
  }

  #ofUnits(): string {
    const { activation, layers } = this.#facts;
    if (layers.length === 2) return '';
    return canBeOff(this.#facts)
      ? 'A unit that is off is an input of 0 to the next layer, and its δ is 0. '
      : `Hidden units rarely output exactly 0 with ${activation}, so zeros save little behind the first layer. `;
  }

  #honestly(): string {
    const { skipsZeros, kernel, layers } = this.#facts;
    const name = `${kernel}${KERNELS[kernel] ? ` (${KERNELS[kernel]})` : ''}`;
    const trains = `The kernel, the code that computes the layers during training, is ${name}. It`;
    const dense = skipsZeros.flatMap((skips, l) =>
      skips ? [] : [`${layerName(l, layers.length - 1)} (${this.#whyDense(l)})`],
    );
    if (dense.length === 0) return `${trains} leaves out all products with 0.`;
    return `${trains} computes these products anyway in: ${dense.join(', ')}. There, finding the zeros would cost more than it saves.`;
  }

  /** As formOf() of src/memory/layer-memory.ts decides. */
  #whyDense(l: number): string {
    if (l === 0) return 'the inputs of the training samples have few zeros';
    return canBeOff(this.#facts) ? 'it has few outputs' : 'its inputs are rarely 0';
  }

  /** Of a run, while the page is open. */
  #history({ version, layers }: Passes, sample: string, done: number): HTMLElement[] {
    if (!this.#facts.isLive || layers.length === 1) return [];
    const hidden = layers.slice(0, -1).flatMap(({ h = [] }) => h);
    const active = hidden.filter((h) => h !== 0).length / hidden.length;
    const others = this.#looks.filter((look) => look.sample === sample && look.version !== version);
    this.#looks = [...others, { version, sample, done, active }].slice(-MOST_LOOKS);
    const rows = this.#looks.map((look, i) =>
      row(String(i + 1), number(look.active, percent), number(look.done, percent)),
    );
    return [
      make('h4', '', 'The same sample during the run: a row for each time that this page read the weights'),
      table(
        'The sample during the run',
        ['look', canBeOff(this.#facts) ? 'units on' : 'outputs not 0', 'multiplications done'],
        rows,
      ),
    ];
  }
}
