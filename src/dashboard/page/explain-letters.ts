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

/** The letters of layer l of so many layers. */
export function lettersOf(l: number, layers: number): Letters {
  if (layers === 1) return { input: 'X', weight: 'W', bias: 'b', z: 'Z', h: 'Z', from: 'i', to: 'j' };
  if (layers === 2) {
    return l === 0
      ? { input: 'X', weight: 'U', bias: 'u', z: 'Y', h: 'H', from: 'i', to: 'k' }
      : { input: 'H', weight: 'V', bias: 'v', z: 'Z', h: 'Z', from: 'k', to: 'j' };
  }
  const isLast = l === layers - 1;
  const numbered = (letter: string, at: number) => `${letter}${SUBSCRIPTS[at] ?? at}`;
  return {
    input: l === 0 ? 'X' : numbered('H', l),
    weight: numbered('W', l),
    bias: numbered('b', l),
    z: isLast ? 'Z' : numbered('Z', l),
    h: isLast ? 'Z' : numbered('H', l + 1),
    from: l === 0 ? 'i' : 'k',
    to: isLast ? 'j' : 'k',
  };
}

const SUBSCRIPTS = [...'₀₁₂₃₄₅₆₇₈₉'];

/** For headings: hidden layer, or hidden layer 2; the last is the output layer. */
export function layerName(l: number, layers: number): string {
  if (l === layers - 1) return 'output layer';
  return layers === 2 ? 'hidden layer' : `hidden layer ${l + 1}`;
}

const PARTS = /(_\{[^}]*\}|_\S|\b(?:max|log|exp|if|for|and)\b|[A-Za-zℓδηΔ])/u;
const WORD = /^(?:max|log|exp|if|for|and)$/;

/** Letters in italics, and what follows `_` lowered: `Y_k = u_k + Σ_i X_i U_{ik}`. */
export function formula(text: string): HTMLElement {
  const parts = text.split(PARTS).map((part) => {
    if (part.startsWith('_')) return make('sub', '', part.replace(/^_\{?|\}$/g, ''));
    if (part.length === 1 && /[A-Za-zℓδηΔ]/u.test(part)) return make('var', '', part);
    return WORD.test(part) ? ` ${part} `.trim() : part;
  });
  return make('span', 'formula', ...parts);
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
