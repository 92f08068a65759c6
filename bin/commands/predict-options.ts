/** The arguments of `lockstep predict`. */
import { STDIN } from '../../src/data/table/bytes.js';
import { ENCODINGS, type TextEncoding } from '../../src/data/table/utf8.js';
import { errors } from '../../src/errors.js';
import { FORMATS, type Format } from '../../src/output/formats.js';
import { isLineFile } from '../../src/tools/predict/line-samples.js';
import type { Shape } from '../../src/tools/predict/picture.js';
import { parseShape } from '../../src/tools/predict/shape.js';
import { formatOf, newCommand, oneOf, parse } from '../parse.js';

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
  /** For CSV. */
  readonly delimiter: string | undefined;
  readonly comment: string | undefined;
  readonly encoding: TextEncoding | undefined;
  readonly format: Format | 'csv';
}

interface Options {
  readonly pixels?: boolean;
  readonly top?: string;
  readonly strict?: boolean;
  readonly resize?: boolean;
  readonly invert?: boolean;
  readonly shape?: string;
  readonly delimiter?: string;
  readonly comment?: string;
  readonly encoding?: unknown;
  readonly format?: unknown;
}

/**
 * @returns undefined if help or the version was requested, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export function parsePredictCommand(args: readonly string[]): PredictCommand | undefined {
  const command = newCommand('lockstep predict', 'Predict the classes of samples, one line per sample, in order.')
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .argument(
      '[files...]',
      'images (PNG, PGM), IDX files or CSV tables (optionally gzipped), or JSON files (.ndjson, .jsonl, .json); - is stdin, the default',
    )
    .option('--pixels', 'the numbers in the input lines are pixels from 0 to 255; divide them by 255')
    .option('--top <k>', 'print only the k most probable classes, best first')
    .option('--strict', 'fail at the first unusable line or file (default: report and skip it)')
    .option('--resize', 'scale images of another size (default: reject them)')
    .option('--invert', 'images are black on white (default: white on black, as in MNIST)')
    .option('--shape <WxH>', 'image size that the network expects (default: a square)')
    .option('--delimiter <character>', 'delimiter between CSV cells (default: detected)')
    .option('--comment <character>', 'skip lines of CSV that begin with this character')
    .option('--encoding <name>', `character encoding of tables: ${ENCODINGS.join(', ')} (default: ${ENCODINGS[0]})`)
    .option(
      '--format <name>',
      `output format: ${FORMATS.join(', ')} (default: pretty if stdout is a terminal), or csv: the columns of a CSV table and the prediction beside them`,
    )
    .addHelpText('after', HELP_END);
  if (!parse(command, args, Number.POSITIVE_INFINITY)) return undefined;
  const [model = '', ...files] = command.args;
  const {
    pixels = false,
    top,
    strict = false,
    resize = false,
    invert = false,
    shape,
    delimiter,
    comment,
    encoding,
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
    delimiter,
    comment,
    encoding: encoding === undefined ? undefined : oneOf('encoding', encoding, ENCODINGS),
    format: format === undefined ? formatOf(format) : oneOf('format', format, [...FORMATS, 'csv']),
  };
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw errors.invalidOption('top', text, 'a whole number of at least 1');
  return Number(text);
}

const HELP_END = `
A line is an array of numbers, or {"id": …, "x": [numbers]}. Each input line produces one output line:
  echo '{"id": "a", "x": [0, 0.5, …]}' | lockstep predict model.safetensors
  {"id":"a","class":3,"probability":0.98,"probabilities":[…]}
A network that was trained on a table takes unscaled numbers by position, by column name, or as CSV:
  lockstep predict iris.safetensors table.csv

Exit status: 0 success, 1 failure (an unusable file; with --strict, also an unusable line), 2 wrong usage,
141 stdout closed by its reader.`;
