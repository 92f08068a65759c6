/**
 * The build writes the kernels out for each size, because a loop over the vectors of a row must be unrolled for its sums to stay
 * in registers. Sources are ordinary TypeScript but for names with a `$`:
 *
 *   forward$n      a function for each number n of vectors in a panel's row: forward8 has n = 8
 *   dense$n_$t     a function for each tile of n vectors by t samples or rows: dense4_2
 *   $apply…        a function that steps the weights, `step…`, and one that keeps the gradient, `keep…`; `$isStep` tells them apart
 *   …$part, …$few  a function for each number of vectors in the lists below
 *   $curveRows     a function for each activation of curve-formulas.ts: geluRows, with the class Gelu as `$Curve`
 *   …$decoupled…   a function with an L2 penalty, and one with decoupled weight decay, `…W…`; `$isDecoupled`
 *   …$times…       a function that goes back through ReLU, and one that multiplies by stored derivatives, `…Times…`; `$isTimes`
 *   …$blocks…      a function for batches of one block of samples, and one for longer batches, `…Blocks…`; `$isBlocks`
 *   a$v            the statement is repeated for each vector v = 0 … n − 1
 *   x$s            likewise for each sample or row s = 0 … t − 1 of a tile
 *
 * Neighboring lines with `$v` repeat together, so that a load stands next to its use. An empty line divides them: all vectors of
 * a row are computed before the first is stored, or V8 does not see that the stores are neighbors (docs/design.md, "Kernels").
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The forms of a module. `vectors`: how many vectors at a time go through arrays that have no rows.
 *
 * In the wide form two vectors of 128 bits become one of 256, so all sizes are even.
 * A tile has as many sums as registers allow: eight or nine, which hide the latency of a multiply-add (docs/performance.md).
 */
export const FORMS = {
  narrow: {
    vectors: 1,
    panels: [1, 2, 3, 4, 5, 6, 7, 8],
    tiles: ['1_3', '2_3', '3_2', '3_3', '4_2'],
  },
  wide: {
    vectors: 2,
    panels: [2, 4, 6, 8, 10, 12, 14, 16],
    tiles: ['2_8', '4_4', '6_3', '8_2'],
  },
};

/** Vectors of a row that `backward` and its like take at once, in every form: their sums are not divided among columns. */
const PARTS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Vectors of a row where each has four sums in registers. */
const FEW = [2, 4];

/** Classes of curve-formulas.ts. */
const CURVES = ['LeakyRelu', 'Elu', 'Selu', 'Gelu', 'Silu', 'Mish', 'Tanh', 'Sigmoid'];

/** The sources in `folder` for a form of the module, by file name. */
export function expandSources(folder, form) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return Object.fromEntries(names.map((name) => [name, expand(readFileSync(path.join(folder, name), 'utf8'), form)]));
}

function expand(source, form) {
  const lines = source.split('\n');
  const out = [];
  for (let i = 0; i < lines.length; i++) {
    if (!/^(?:export )?function /.test(lines[i])) {
      out.push(lines[i]);
      continue;
    }
    const end = lines.indexOf('}', i);
    const text = lines.slice(i, end + 1).join('\n');
    const name = /function ([\w$]+)/.exec(text)[1];
    for (const size of sizesOf(name, form)) out.push(instance(text, size));
    i = end;
  }
  return out.join('\n');
}

/** The values of the names with `$`, for each function that a template stands for. */
function sizesOf(name, { vectors, panels, tiles }) {
  let sizes = [{ n: vectors, t: 1 }];
  const each = (values) => {
    sizes = sizes.flatMap((size) => values.map((value) => ({ ...size, ...value })));
  };
  if (name.includes('$part')) each(PARTS.map((n) => ({ n, part: n })));
  if (name.includes('$few')) each(FEW.map((n) => ({ n, few: n })));
  if (name.includes('$n_$t')) each(tiles.map((tile) => tile.split('_').map(Number)).map(([n, t]) => ({ n, t })));
  else if (name.includes('$n')) each(panels.map((n) => ({ n })));
  if (name.includes('$apply')) each(['step', 'keep'].map((apply) => ({ apply, isStep: apply === 'step' })));
  if (name.includes('$curve')) each(CURVES.map((Curve) => ({ Curve, curve: Curve[0].toLowerCase() + Curve.slice(1) })));
  if (name.includes('$times')) each(['', 'Times'].map((times) => ({ times, isTimes: times !== '' })));
  if (name.includes('$decoupled')) each(['', 'W'].map((decoupled) => ({ decoupled, isDecoupled: decoupled !== '' })));
  if (name.includes('$blocks')) each(['', 'Blocks'].map((blocks) => ({ blocks, isBlocks: blocks !== '' })));
  return sizes;
}

function instance(text, size) {
  const out = [];
  let repeated = [];
  const flush = () => {
    if (repeated.length === 0) return;
    const together = repeated;
    repeated = [];
    const hasVectors = together[0].includes('$v');
    // One statement goes through a sample's vectors first: neighboring stores must follow each other.
    const [outer, inner] = together.length > 1 ? ['v', 's'] : ['s', 'v'];
    const counts = { v: hasVectors ? size.n : 1, s: size.t };
    for (let o = 0; o < (together.some((line) => line.includes(`$${outer}`)) ? counts[outer] : 1); o++) {
      for (const line of together) {
        for (let i = 0; i < (line.includes(`$${inner}`) ? counts[inner] : 1); i++) {
          out.push(line.replaceAll(`$${outer}`, String(o)).replaceAll(`$${inner}`, String(i)));
        }
      }
    }
  };
  for (const line of withValues(text, size).split('\n')) {
    const isRepeated = /\$[vs]/.test(line);
    if (isRepeated && !line.endsWith(';')) throw new Error(`a repeated statement must be one line: ${line}`);
    if (repeated.length > 0 && repeated[0].includes('$v') !== line.includes('$v')) flush();
    if (isRepeated) repeated.push(line);
    else {
      flush();
      out.push(line);
    }
  }
  return out.join('\n');
}

function withValues(text, size) {
  return text.replace(
    /\$(isStep|isBlocks|isTimes|isDecoupled|decoupled|apply|blocks|Curve|curve|times|part|few|n|t)/g,
    (token, name) => {
      const value = size[name];
      if (value === undefined) throw new Error(`${token} has no value in ${text.slice(0, 60)}…`);
      return String(value);
    },
  );
}
