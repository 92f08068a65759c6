/** The activations of hidden layers. A new one is an entry of the table; assembly code for it is optional (wasm.ts). */
import { errors } from '../errors.js';
import type { ActivationNeeds } from '../memory/plan.js';

export interface Activation {
  readonly name: string;
  /** h = f(z). NaN must stay NaN, so that the loss sees it and the run ends. */
  readonly value: (z: number) => number;
  /** f′(z), computed from h = f(z). */
  readonly slope: (h: number) => number;
  /**
   * Whether many units output 0. If so, sparse rows leave them out, going forward and going back: then f′ must be 0 where f is.
   */
  readonly isSparse: boolean;
  /** The ONNX operator that computes f. Without one, models cannot be exported to ONNX. */
  readonly onnxOperator?: string;
}

const RELU: Activation = {
  name: 'relu',
  value: (z) => Math.max(z, 0),
  slope: (h) => (h > 0 ? 1 : 0),
  isSparse: true,
  onnxOperator: 'Relu',
};

export const DEFAULT_ACTIVATION = RELU.name;

const activations = new Map([[RELU.name, RELU]]);

export function activationNames(): string[] {
  return [...activations.keys()];
}

/** @throws LockstepError if there is none of this name */
export function activationNamed(name: string): Activation {
  const found = activations.get(name);
  if (!found) throw errors.invalidOption('activation', name, activationNames().join(' or '));
  return found;
}

/** Adds an activation on this thread. (Worker threads run the modules that `node --import` names, too.) */
export function registerActivation(activation: Activation): void {
  activations.set(activation.name, activation);
}

export function activationNeeds(name: string): ActivationNeeds {
  return { activation: name, hiddenForm: activationNamed(name).isSparse ? 'sparse' : 'dense' };
}
