/** The letters of docs/mathematics.md, and formulas with them. */
import type { Facts } from '../../tools/explain/asks.js';
import { make } from './elements.js';

export interface Letters {
  /** Inputs, with the index of the input. */
  readonly input: string;
  readonly weight: string;
  readonly bias: string;
  /** Output before the activation. */
  readonly z: string;
  /** Output after the activation; in the last layer, as `z`. */
  readonly h: string;
  /** Index of an input, and of an output. */
  readonly from: string;
  readonly to: string;
}

/** The index of a sum over the outputs of the layer behind another. */
export function indexBehind({ to }: Letters, next: Letters): string {
  return next.to === to ? 'm' : next.to;
}

/** The letters of layer l of so many layers. */
export function lettersOf(l: number, layers: number): Letters {
  if (layers === 1) return { input: 'X', weight: 'W', bias: 'b', z: 'Z', h: 'Z', from: 'i', to: 'j' };
  if (layers === 2) {
    return l === 0
      ? { input: 'X', weight: 'U', bias: 'u', z: 'Y', h: 'H', from: 'i', to: 'k' }
      : { input: 'H', weight: 'V', bias: 'v', z: 'Z', h: 'Z', from: 'k', to: 'j' };
  }
  const isLast = l === layers - 1;
  const numbered = (letter: string, at: number) =>
    `${letter}${[...String(at)].map((digit) => SUBSCRIPTS[Number(digit)]).join('')}`;
  return {
    input: l === 0 ? 'X' : numbered('H', l),
    weight: numbered('W', l),
    bias: numbered('b', l),
    z: isLast ? 'Z' : numbered('Z', l),
    h: isLast ? 'Z' : numbered('H', l + 1),
    from: 'i',
    to: isLast ? 'j' : 'k',
  };
}

const SUBSCRIPTS = [...'₀₁₂₃₄₅₆₇₈₉'];

/** For headings: hidden layer, or hidden layer 2; the last is the output layer. */
export function layerName(l: number, layers: number): string {
  if (l === layers - 1) return 'output layer';
  return layers === 2 ? 'hidden layer' : `hidden layer ${l + 1}`;
}

/** The name of a layer in a sentence: the hidden layer, or hidden layer 2. */
export function inText(name: string): string {
  return /\d$/.test(name) ? name : `the ${name}`;
}

const LETTER = '(?<![A-Za-z])[A-Za-zℓδη](?![A-Za-z])';
const PARTS = new RegExp(`([_^]\\{(?:[^{}]|\\{[^}]*\\})*\\}|[_^]\\S|${LETTER})`, 'u');
const IS_LETTER = new RegExp(`^${LETTER}$`, 'u');

/** Single letters in italics; what follows `_` or `^`, lowered or raised: `Y_k = u_k + Σ_i X_i U_{ik}`, `e^{Z_j}`. */
export function formula(text: string): HTMLElement {
  return make('span', 'formula', ...partsOf(text));
}

function partsOf(text: string): (Node | string)[] {
  return text.split(PARTS).map((part) => {
    const moved = /^([_^])(?:\{(.*)\}|(\S))$/u.exec(part);
    if (moved) return make(moved[1] === '_' ? 'sub' : 'sup', '', ...partsOf(spaced(moved[2] ?? moved[3]!)));
    return IS_LETTER.test(part) ? make('var', '', part) : part;
  });
}

/** Indices such as `ik` are two letters. */
function spaced(indices: string): string {
  return /^[a-z]{2}$/.test(indices) ? [...indices].join('\u200a') : indices;
}

/** Name of an output. */
export function outputName({ classNames, targets }: Facts, j: number): string {
  return String(classNames[j] ?? targets[j]?.name ?? j);
}

/** Name of an input of layer l: a pixel by row and column, a column of a table, a hidden unit. */
export function inputName({ picture, inputNames }: Facts, l: number, i: number): string {
  if (l > 0) return `unit ${i}`;
  if (picture) return `row ${Math.floor(i / picture.width)}, column ${i % picture.width}`;
  return inputNames?.[i] ?? `input ${i}`;
}
