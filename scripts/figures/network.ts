/** The reference network: what is computed going forward, what going back, and the shape of each. */
import { arrow, box, type Figure, type Point, text } from './svg.js';

/** Rows, from top to bottom, and columns, from left to right: the centres of the boxes. */
const ROW = { parameters: 66, values: 168, gradients: 292, parameterGradients: 404 } as const;
const COLUMN = { x: 53, y: 238, h: 368, z: 541, p: 680, l: 812 } as const;
const VALUE_BOX = { width: 78, height: 58 };
const PARAMETER_BOX = { width: 140, height: 58 };
const GRADIENT_BOX = { width: 176, height: 58 };

export function networkFigure(): Figure {
  return {
    name: 'network',
    title: 'The network 784-1000-10, forward and backward',
    description:
      'Forward: X times U plus u gives Y, ReLU gives H, H times V plus v gives Z, softmax gives P. The loss L is minus ' +
      'the logarithm of P at the target T, summed over the batch. Backward: the gradient at Z is P − T. Times V ' +
      'transposed, it gives the gradient at H. Where Y is positive, this is the gradient at Y. The gradients at Z and Y ' +
      'give those of V, v, U and u.',
    height: 476,
    body: [...parameters(), ...forward(), ...backward(), ...parameterGradients(), ...legend()],
  };
}

function parameters(): string[] {
  const between = (a: number, b: number): number => (a + b) / 2;
  const u = between(COLUMN.x, COLUMN.y);
  const v = between(COLUMN.h, COLUMN.z);
  return [
    ...[u, v, COLUMN.l].map((x) => {
      const end = x === COLUMN.l ? ROW.values - VALUE_BOX.height / 2 : ROW.values - 28;
      return arrow(vertical(x, ROW.parameters + PARAMETER_BOX.height / 2, end), 'forward');
    }),
    box({ x: u, y: ROW.parameters }, PARAMETER_BOX.width, PARAMETER_BOX.height, ['U, u', '[784, 1000], [1000]']),
    box({ x: v, y: ROW.parameters }, PARAMETER_BOX.width, PARAMETER_BOX.height, ['V, v', '[1000, 10], [10]']),
    box({ x: COLUMN.l, y: ROW.parameters }, VALUE_BOX.width, VALUE_BOX.height, ['T', '[B, 10]']),
  ];
}

function forward(): string[] {
  return [
    value(COLUMN.x, 'X', '[B, 784]'),
    value(COLUMN.y, 'Y', '[B, 1000]'),
    value(COLUMN.h, 'H', '[B, 1000]'),
    value(COLUMN.z, 'Z', '[B, 10]'),
    value(COLUMN.p, 'P', '[B, 10]'),
    value(COLUMN.l, 'L', 'scalar'),
    ...step(COLUMN.x, COLUMN.y, 'X · U + u'),
    ...step(COLUMN.y, COLUMN.h, 'ReLU'),
    ...step(COLUMN.h, COLUMN.z, 'H · V + v'),
    ...step(COLUMN.z, COLUMN.p, 'softmax'),
    ...step(COLUMN.p, COLUMN.l, '−Σ log'),
  ];
}

function backward(): string[] {
  const corner = { x: COLUMN.l, y: ROW.gradients };
  const start = { x: COLUMN.l, y: ROW.values + VALUE_BOX.height / 2 };
  const end = { x: COLUMN.z + VALUE_BOX.width / 2, y: ROW.gradients };
  return [
    gradient(COLUMN.y, '∂L/∂Y', '[B, 1000]'),
    gradient(COLUMN.h, '∂L/∂H', '[B, 1000]'),
    gradient(COLUMN.z, '∂L/∂Z', '[B, 10]'),
    arrow([start, corner, end], 'backward'),
    text((end.x + corner.x) / 2, ROW.gradients - 10, 'P − T', { small: true, ink: 'backward' }),
    ...stepBack(COLUMN.z, COLUMN.h, '· Vᵀ'),
    ...stepBack(COLUMN.h, COLUMN.y, 'Y > 0'),
  ];
}

function parameterGradients(): string[] {
  return [
    ...parameterGradient(COLUMN.y, ['∂L/∂U = Xᵀ · ∂L/∂Y', '∂L/∂u = Σ ∂L/∂Y']),
    ...parameterGradient(COLUMN.z, ['∂L/∂V = Hᵀ · ∂L/∂Z', '∂L/∂v = Σ ∂L/∂Z']),
  ];
}

function legend(): string[] {
  const left = 650;
  return [
    arrow(horizontal(left, left + 36, 392), 'forward'),
    text(left + 46, 397, 'forward', { small: true, anchor: 'start' }),
    arrow(horizontal(left + 36, left, 416), 'backward'),
    text(left + 46, 421, 'backward', { small: true, anchor: 'start' }),
    text(left, 445, 'Σ: sum over the B samples', { small: true, anchor: 'start', ink: 'muted' }),
  ];
}

function value(x: number, name: string, shape: string): string {
  return box({ x, y: ROW.values }, VALUE_BOX.width, VALUE_BOX.height, [name, shape], 'forward');
}

function gradient(x: number, name: string, shape: string): string {
  return box({ x, y: ROW.gradients }, VALUE_BOX.width, VALUE_BOX.height, [name, shape], 'backward');
}

/** An arrow between two values, and what is done on the way. */
function step(from: number, to: number, operation: string): string[] {
  const half = VALUE_BOX.width / 2;
  return [
    arrow(horizontal(from + half, to - half, ROW.values), 'forward'),
    text((from + to) / 2, ROW.values - 10, operation, { small: true, ink: 'forward' }),
  ];
}

function stepBack(from: number, to: number, operation: string): string[] {
  const half = VALUE_BOX.width / 2;
  return [
    arrow(horizontal(from - half, to + half, ROW.gradients), 'backward'),
    text((from + to) / 2, ROW.gradients - 10, operation, { small: true, ink: 'backward' }),
  ];
}

/** Down and to the left of the gradient at a layer's output: those of its weights and biases. */
function parameterGradient(column: number, lines: readonly string[]): string[] {
  const x = column - 30 - GRADIENT_BOX.width / 2;
  const y = ROW.parameterGradients;
  const start = { x: column, y: ROW.gradients + VALUE_BOX.height / 2 };
  return [
    arrow([start, { x: column, y }, { x: x + GRADIENT_BOX.width / 2, y }], 'backward'),
    box({ x, y }, GRADIENT_BOX.width, GRADIENT_BOX.height, []),
    ...lines.map((line, i) => text(x, y - 5 + i * 22, line, { ink: 'backward' })),
  ];
}

function horizontal(from: number, to: number, y: number): Point[] {
  return [
    { x: from, y },
    { x: to, y },
  ];
}

function vertical(x: number, from: number, to: number): Point[] {
  return [
    { x, y: from },
    { x, y: to },
  ];
}
