/** The arguments of `lockstep predict`. */
import { errors } from '../../src/errors.js';
import type { Format } from '../../src/output/formats.js';
import { isLineFile } from '../../src/tools/predict/line-samples.js';
import type { Shape } from '../../src/tools/predict/picture.js';
import { parseShape } from '../../src/tools/predict/shape.js';
import { FORMAT_HELP, formatOf, newCommand, parse } from '../parse.js';

export interface PredictCommand {
  readonly model: string;
  /** Files, or STDIN. */
  readonly sources: readonly string[];
  readonly isPixels: boolean;
  readonly top: number | undefined;
  readonly isStrict: boolean;
  readonly resize: boolean;
  readonly invert: boolean;
  readonly shape: Shape | undefined;
  readonly format: Format;
}

interface Options {
  readonly pixels?: boolean;
  readonly top?: string;
  readonly strict?: boolean;
  readonly resize?: boolean;
  readonly invert?: boolean;
  readonly shape?: string;
  readonly format?: unknown;
}

/** In the place of a file. */
export const STDIN = '-';

/** The longest list of files that anybody gives. */
const ANY_NUMBER = Number.POSITIVE_INFINITY;

/**
 * @returns undefined where help or the version was asked for, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export function parsePredictCommand(args: readonly string[]): PredictCommand | undefined {
  const command = newCommand('lockstep predict', 'Class and probabilities of samples, a line each, in order.')
    .argument('<model>', 'what train --save wrote, or a checkpoint')
    .argument(
      '[files...]',
      'pictures (PNG, PGM), IDX files, gzipped or not, or lines (.ndjson, .jsonl, .json; - is stdin, the default)',
    )
    .option('--pixels', 'the numbers of lines are pixels, 0 to 255, and are divided by 255')
    .option('--top <k>', 'only the k most probable classes, best first')
    .option('--strict', 'the first line or file that cannot be used ends it, status 1 (default: reported and skipped)')
    .option('--resize', 'make pictures of another size fit (default: they are refused)')
    .option('--invert', 'pictures are black on white (default: white on black, as in MNIST)')
    .option('--shape <WxH>', 'of the pictures that the network knows (default: a square)')
    .option('--format <name>', FORMAT_HELP)
    .addHelpText('after', HELP_END);
  if (!parse(command, args, ANY_NUMBER)) return undefined;
  const [model = '', ...files] = command.args;
  const {
    pixels = false,
    top,
    strict = false,
    resize = false,
    invert = false,
    shape,
    format,
  } = command.opts<Options>();
  const sources = files.length > 0 ? files : [STDIN];
  if (sources.indexOf(STDIN) !== sources.lastIndexOf(STDIN)) throw errors.stdinTwice();
  const ofLines = sources.filter((source) => source === STDIN || isLineFile(source)).length;
  if (ofLines === sources.length) {
    for (const [flag, given] of Object.entries({ resize, invert, shape })) {
      if (given) throw errors.onlyForPictures(flag);
    }
  }
  if (ofLines === 0 && pixels) throw errors.onlyForLines('pixels');
  return {
    model,
    sources,
    isPixels: pixels,
    top: top === undefined ? undefined : countOf(top),
    isStrict: strict,
    resize,
    invert,
    shape: shape === undefined ? undefined : parseShape(shape),
    format: formatOf(format),
  };
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw errors.invalidOption('top', text, 'a whole number from 1 on');
  return Number(text);
}

const HELP_END = `
A line is an array of numbers, or {"id": …, "x": [numbers]}; one comes out for each:
  echo '{"id": "a", "x": [0, 0.5, …]}' | lockstep predict model.safetensors
  {"id":"a","class":3,"probability":0.98,"probabilities":[…]}
A network that was trained on a table takes its numbers as they stand there, by position, by name, or as CSV:
  lockstep predict iris.safetensors table.csv

Exit status: 0 done, 1 failed (a file could not be used, or anything with --strict), 2 wrong usage,
141 stdout closed by its reader.`;
