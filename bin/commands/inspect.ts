/** `lockstep inspect`: describes a model file, and draws sheets of its weights and its errors. */
import { readModelFile, requireFinite } from '../../src/checkpoints/model-file.js';
import { inputFilesOf } from '../../src/data/sources.js';
import { errors } from '../../src/errors.js';
import type { SheetEvent } from '../../src/metrics/events.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { onOneLine } from '../../src/text/printable.js';
import { describeModel } from '../../src/tools/inspect/inspect-model.js';
import type { SheetOptions } from '../../src/tools/inspect/sheet-options.js';
import { THEMES } from '../../src/tools/inspect/theme.js';
import { pictureAt, requirePictures, writePicture } from '../../src/tools/inspect/write-picture.js';
import { Network } from '../../src/tools/network.js';
import { parseShape, shapeFor } from '../../src/tools/predict/shape.js';
import { FORMAT_HELP, formatOf, newCommand, oneOf, parse, wholeOf } from '../parse.js';
import { dataFor } from './evaluation-data.js';
import { modelTable } from './print-model.js';

const DEFAULT_COUNT = 100;
const MOST_COUNT = 10_000;
const MOST_SCALE = 64;

interface Options {
  readonly weights?: string;
  readonly errors?: string;
  readonly data?: string;
  readonly count?: string;
  readonly shape?: string;
  readonly scale?: string;
  readonly theme?: unknown;
  readonly format?: unknown;
}

export async function inspectCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand(
    'lockstep inspect',
    'Describe a model file, and draw its weights and the samples that it misclassifies.',
  )
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option(
      '-o, --weights <file>',
      'draw the weights of the first layer, one image per unit, largest norm first: .png or .svg',
    )
    .option('--errors <file>', 'draw the misclassified test samples, largest loss first: .png or .svg')
    .option(
      '-d, --data <source>',
      'data set with the test samples for --errors, specified as for train (default: as for evaluate)',
    )
    .option('--count <n>', `maximum number of images on a sheet (default: ${DEFAULT_COUNT})`)
    .option('--shape <WxH>', 'width and height of the inputs as an image (default: a square)')
    .option('--scale <n>', 'pixels per value (default: chosen so that images are about 84 pixels wide)')
    .option('--theme <name>', `theme of the sheets: ${THEMES.join(' or ')} (default: ${THEMES[0]})`)
    .option('--format <name>', FORMAT_HELP);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const options = command.opts<Options>();
  const format = formatOf(options.format);
  const sheetOptions = checkSheets(options);

  const weights = options.weights === undefined ? undefined : pictureAt('--weights', options.weights);
  const wrong = options.errors === undefined ? undefined : pictureAt('--errors', options.errors);
  const pictures = [weights, wrong].filter((each) => each !== undefined);
  const inputs = [file, ...(options.data === undefined ? [] : inputFilesOf(options.data))];
  await requirePictures(pictures, inputs);

  const model = await readModelFile(file);
  if (pictures.length > 0) shapeFor(model.layers[0]!, sheetOptions.shape);
  const event = describeModel(model);
  process.stdout.write(format === 'ndjson' ? ndjsonLine(event) : modelTable(event, process.stdout.columns));
  const say = (sheet: SheetEvent, shown: number) => {
    const what = sheet.sheet === 'weights' ? 'units' : 'errors';
    process.stdout.write(
      format === 'ndjson' ? ndjsonLine(sheet) : `${onOneLine(sheet.file)}: ${shown} of ${sheet.of} ${what}\n`,
    );
  };

  if (weights) {
    const { weightSheet } = await import('../../src/tools/inspect/weight-sheet.js');
    const { svg, units, of } = weightSheet(model, sheetOptions);
    await writePicture(weights, svg);
    say({ event: 'sheet', sheet: 'weights', file: weights.file, of, units }, units.length);
  }
  if (wrong) {
    requireFinite(model);
    if (model.table) throw errors.errorsOfTable(file);
    const { errorSheet } = await import('../../src/tools/inspect/error-sheet.js');
    const network = new Network(model);
    const { name, samples } = await dataFor(file, network, options.data, 'test');
    const sheet = errorSheet(model, network, { name, samples }, sheetOptions);
    // On a file system that ignores case, two names turn out to be one file only once it exists.
    await requirePictures(pictures, inputs);
    await writePicture(wrong, sheet.svg);
    say({ event: 'sheet', sheet: 'errors', file: wrong.file, of: sheet.of, errors: sheet.errors }, sheet.errors.length);
  }
}

/** @throws LockstepError (status 2) */
function checkSheets(options: Options): SheetOptions {
  const { weights, errors: wrong, shape, theme = THEMES[0] } = options;
  if (weights === undefined && wrong === undefined) {
    const stray = (['count', 'shape', 'scale', 'theme'] as const).find((name) => options[name] !== undefined);
    if (stray) throw errors.withoutSheet(stray, '--weights or --errors');
  }
  if (wrong === undefined && options.data !== undefined) throw errors.withoutSheet('data', '--errors');
  return {
    shape: shape === undefined ? undefined : parseShape(shape),
    theme: oneOf('theme', theme, THEMES),
    count: wholeOf('count', options.count, MOST_COUNT) ?? DEFAULT_COUNT,
    scale: wholeOf('scale', options.scale, MOST_SCALE),
  };
}
