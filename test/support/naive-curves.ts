/** The table of docs/mathematics.md, "Activations", written out again, with the engine's own functions. */
export type NaiveCurve = readonly [value: (z: number) => number, slope: (z: number) => number];

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
const gate = (z: number) => Math.tanh(Math.log1p(Math.exp(z)));
const [ALPHA, LAMBDA] = [1.6732632423543772, 1.0507009873554805];

/** Φ(z) = 1/2 + φ(z) Σ z^(2n+1) / (1 · 3 · … · (2n+1)) */
function distribution(z: number): number {
  let [term, sum] = [z, z];
  for (let n = 3; Math.abs(term) > 1e-18; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return 0.5 + density(z) * sum;
}

export const NAIVE_CURVES: Readonly<Record<string, NaiveCurve>> = {
  relu: [(z) => Math.max(z, 0), (z) => Number(z > 0)],
  'leaky-relu': [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
  selu: [
    (z) => (z > 0 ? LAMBDA * z : LAMBDA * ALPHA * Math.expm1(z)),
    (z) => (z > 0 ? LAMBDA : LAMBDA * ALPHA * Math.exp(z)),
  ],
  gelu: [(z) => z * distribution(z), (z) => distribution(z) + z * density(z)],
  silu: [(z) => z * sigmoid(z), (z) => sigmoid(z) + z * sigmoid(z) * sigmoid(-z)],
  mish: [(z) => z * gate(z), (z) => gate(z) + z * (1 - gate(z) ** 2) * sigmoid(z)],
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
  sigmoid: [sigmoid, (z) => sigmoid(z) * sigmoid(-z)],
};
