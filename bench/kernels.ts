/**
 * How close do the kernels come to the machine's limits? GFLOP/s of each operation for inputs of several densities, beside
 * limits measured in the same run.
 *
 *   node dist/bench/kernels.js [--kernels simd-fma,simd,reference] [--vector-bits 128,256] [--densities 5,10,20,50,100]
 *                              [--rounds 15] [--json]
 *
 * Operations: the reference's first layer (784 to 1000, batch 100) with synthetic inputs, `backward` of the same layer as if
 * it were the second, and the output layer (1000 to 10) with half of its inputs active. From 50 % on also in dense form. Only
 * multiply-adds of a weight and a stored input count, as two operations each; skipped zeros, padding, biases and the step's
 * last multiply-add, W − rate · sum, do not. In the wide form (256 bits) `backward` skips no zeros, so all count. Transposing is
 * in nanoseconds per nonzero.
 *
 * Limits: loops of multiply-adds in WebAssembly with vectors of the same width, fused for `simd-fma` and not for `simd`, with
 * operands in registers, or with one load each: from 16 KB (first-level cache), a panel of weights (second level), and 8 MB (third
 * level, or memory). An operation's bound is the loop of loads over as many bytes as the operation reads repeatedly (for
 * forward: a block of the inputs' weights). That loop multiplies and adds too, so it is the lower of the bounds of arithmetic
 * and of loads. (In dense form, where a load serves several multiply-adds, it is the arithmetic.) Operation and bound run
 * alternately; their ratio is the median over the rounds.
 *
 * On lists no kernel can reach that bound: a nonzero needs two more loads, for its index and its value (`backward`: one, for its
 * index), which leaves 0.8 with eight vectors a row and two loads a cycle. The second bound, "with its list", counts them: it is
 * the lower of the first bound and of what the load ports leave.
 *
 * C: the same forward and step on sparse rows, compiled by `cc -O3` with vectors of the same width, with the same panels and
 * blocks; the results are compared. It runs before and after the kernel; shown is the median of its times divided by the kernel's.
 *
 * Shown are medians of the rounds and the range, in processor time. The warm-up ends when two consecutive medians agree; `~`
 * marks what did not settle.
 */
import { cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { compileAhead } from '../src/kernels/ahead-of-time.js';
import { chooseKernel, KERNEL_NAMES, type KernelChoice, type KernelName } from '../src/kernels/builds.js';
import { wideForm } from '../src/kernels/forms.js';
import { CLoops } from './kernels/c-loops.js';
import { type Case, firstLayer, type Operation, outputLayer } from './kernels/cases.js';
import { Limits, STREAM_BYTES } from './kernels/limits.js';
import { namesOf, wholeFrom } from './support/options.js';
import { median } from './support/statistics.js';
import { ratio, type Timing, timeTurnByTurn } from './support/timing.js';

interface Options {
  readonly kernels?: readonly KernelName[];
  readonly vectorBits: readonly ('128' | '256')[];
  readonly densities: readonly number[];
  readonly rounds: number;
  readonly json: boolean;
}

const options = new Command('kernels')
  .option<readonly KernelName[]>('--kernels <list>', 'those to measure (default: all)', namesOf(KERNEL_NAMES))
  .option<Options['vectorBits']>('--vector-bits <list>', 'widths of the vectors', namesOf(['128', '256']), [
    '128',
    '256',
  ])
  .option('--densities <list>', 'nonzero inputs of the first layer, in %', percentages, [5, 10, 20, 50, 100])
  .option('--rounds <n>', 'of which the median is taken', wholeFrom(1), 15)
  .option('--json', 'NDJSON', false)
  .parse()
  .opts<Options>();

const SEED = 1;
/** Below this density the dense form is never useful. */
const DENSE_SHOWN_FROM = 0.5;
const FIRST_LEVEL_BYTES = 16 << 10;

const node = process.versions.node;
const { rounds } = options;
const densities = options.densities.map((percent) => percent / 100);

const loops = CLoops.build();
if (!options.json) console.log(`Node ${node}, ${cpus()[0]?.model}; GFLOP/s, medians of ${rounds} rounds (spread)`);
if (typeof loops === 'string') report({ node, peer: 'C', missing: loops }, `C: cannot run here: ${loops}`);
for (const name of options.kernels ?? KERNEL_NAMES) {
  for (const bits of options.vectorBits) measureKernel(name, bits);
}

function percentages(list: string): readonly number[] {
  return list.split(',').map((text) => {
    const percent = Number(text);
    if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError('Expected percentages above 0, up to 100.');
    return percent;
  });
}

/** The kernel in that form, compiled; undefined if it has no such form. @throws Error if it cannot run here */
function choiceOf(name: KernelName, bits: '128' | '256'): KernelChoice | undefined {
  const narrow = chooseKernel(name);
  if (bits === '128') return narrow;
  const wide = wideForm(narrow);
  if (wide && !compileAhead(wide.module!, true, () => true)) throw new Error('this engine has no 256-bit vectors');
  return wide;
}

function measureKernel(name: KernelName, bits: '128' | '256'): void {
  let choice: KernelChoice | undefined;
  try {
    choice = choiceOf(name, bits);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report({ node, kernel: name, vector_bits: Number(bits), missing: why }, `\n${name}, ${bits} bits: ${why}`);
    return;
  }
  if (choice) measureForm(choice);
}

function measureForm(choice: KernelChoice): void {
  const { name, module, vectorBits } = choice;
  if (!options.json) console.log(`\nkernel ${name}${module ? `, ${vectorBits} bits` : ''}`);
  const limits = module && new Limits(choice, rounds);
  const cases = densities.flatMap((density) => [
    () => firstLayer(choice, density, SEED),
    ...(limits && density >= DENSE_SHOWN_FROM ? [() => firstLayer(choice, density, SEED, 'dense')] : []),
  ]);
  if (limits) reportLimits(limits, choice, cases[0]!());
  for (const create of [...cases, () => outputLayer(choice, SEED)]) measureCase(choice, create(), limits);
}

function reportLimits(limits: Limits, { name, vectorBits }: KernelChoice, { panelBytes: panel }: Case): void {
  const shown = [
    { limit: limits.of('registers'), where: 'registers' },
    ...[FIRST_LEVEL_BYTES, panel, STREAM_BYTES].map((bytes) => {
      return { limit: limits.of('loads', bytes), where: `a load each, ${size(bytes)}` };
    }),
  ];
  for (const { limit, where } of shown) {
    const { loop, bytes, products, timing } = limit;
    const what = { node, kernel: name, vector_bits: vectorBits, limit: loop, bytes };
    const figures = { ...what, ...rates(timing, products), settled: timing.settled };
    report(figures, `limit: ${where.padEnd(27)} ${text(timing, products)}`);
  }
}

function measureCase(choice: KernelChoice, measured: Case, limits: Limits | undefined): void {
  const { inputs, outputs, density, form } = measured;
  const kernel = { kernel: choice.name, ...(choice.module && { vector_bits: choice.vectorBits }) };
  const what = { node, ...kernel, inputs, outputs, density_percent: density * 100, form };
  const place = `${inputs} to ${outputs}, ${Math.round(density * 100)} % ${form}`.padEnd(24);
  if (limits && typeof loops !== 'string') loops.take(measured.plain);
  for (const operation of measured.operations) {
    const { figures, line } =
      operation.name === 'transpose'
        ? transposing(operation, measured)
        : multiplying(choice, operation, measured, limits);
    report({ ...what, operation: operation.name, ...figures }, `${place} ${operation.name.padEnd(9)} ${line}`);
  }
}

interface Result {
  readonly figures: Record<string, unknown>;
  readonly line: string;
}

function transposing({ run }: Operation, { nonzeros }: Case): Result {
  const timing = timeTurnByTurn([run], rounds)[0]!;
  const [ns, min, max] = [timing.median, timing.min, timing.max].map((seconds) => (seconds / nonzeros) * 1e9);
  return {
    figures: { ns_per_nonzero: ns, ns_per_nonzero_min: min, ns_per_nonzero_max: max, settled: timing.settled },
    line: `${ns!.toFixed(2).padStart(5)} ns a nonzero (${min!.toFixed(2)} to ${max!.toFixed(2)})${mark(timing)}`,
  };
}

function multiplying(choice: KernelChoice, operation: Operation, measured: Case, limits: Limits | undefined): Result {
  const { run, bound, products } = operation;
  if (!limits || !bound) {
    const timing = timeTurnByTurn([run], rounds)[0]!;
    return { figures: { ...rates(timing, products), settled: timing.settled }, line: text(timing, products) };
  }

  const limit = limits.of(bound.loop, bound.bytes);
  const before = inC(choice, operation, measured);
  const [timing, limitTiming] = timeTurnByTurn([run, limit.run], rounds) as [Timing, Timing];
  const c = [...before, ...inC(choice, operation, measured)];
  const fraction = (ratio(limitTiming, timing) * products) / limit.products;
  const limitRate = gflops(limitTiming.median, limit.products);
  const { loop, bytes } = limit;
  const figures = { ...rates(timing, products), settled: timing.settled };
  const ofBound = { bound: loop, bound_bytes: bytes, bound_gflops: limitRate, fraction_of_bound: fraction };
  // More loads lower the bound of the load ports, and not that of a cache which is slower than they are.
  const ports = limits.of('loads', FIRST_LEVEL_BYTES);
  const listRate = Math.min(limitRate, gflops(ports.timing.median, ports.products) / (1 + bound.moreLoads));
  const withList = (fraction * limitRate) / listRate;
  const list = bound.moreLoads > 0 ? { list_bound_gflops: listRate, fraction_of_list_bound: withList } : {};
  const line =
    `${text(timing, products)}  ${fraction.toFixed(2)} of ${limitRate.toFixed(1).padStart(5)} ` +
    `(${loop}, ${size(bytes)})${bound.moreLoads > 0 ? `, ${withList.toFixed(2)} of ${listRate.toFixed(1).padStart(5)} with its list` : ''}`;
  if (c.length === 0) return { figures: { ...figures, ...ofBound, ...list }, line };
  // (C takes sparse rows only.)
  const cRate = gflops(median(c), measured.nonzeros * measured.outputs);
  const fractionOfC = median(c) / timing.median;
  return {
    figures: { ...figures, ...ofBound, ...list, c_gflops: cRate, fraction_of_c: fractionOfC },
    line: `${line.padEnd(84)}  ${fractionOfC.toFixed(2)} of C's ${cRate.toFixed(1)}`,
  };
}

/** Seconds per call in half of the rounds; empty without C, or where C lacks the operation. */
function inC(choice: KernelChoice, { name }: Operation, { sums }: Case): readonly number[] {
  if (typeof loops === 'string' || (name !== 'forward' && name !== 'step')) return [];
  return loops.measure(choice, name, Math.ceil(rounds / 2), sums);
}

function gflops(seconds: number, products: number): number {
  return (2 * products) / seconds / 1e9;
}

function rates(timing: Timing, products: number) {
  const [middle, min, max] = [timing.median, timing.max, timing.min].map((seconds) => gflops(seconds, products));
  return { gflops: middle!, gflops_min: min!, gflops_max: max! };
}

function text(timing: Timing, products: number): string {
  const { gflops: middle, gflops_min: min, gflops_max: max } = rates(timing, products);
  return `${middle.toFixed(1).padStart(5)} (${min.toFixed(1)} to ${max.toFixed(1)})${mark(timing)}`.padEnd(23);
}

function mark({ settled }: Timing): string {
  return settled ? '' : ' ~';
}

function size(bytes: number): string {
  return bytes >= 1 << 20 ? `${bytes / (1 << 20)} MB` : `${Math.round(bytes / 1024)} KB`;
}

function report(figures: object, line: string): void {
  console.log(options.json ? JSON.stringify(figures) : line);
}
