/** `lockstep audit`: shows the samples whose labels are most likely wrong, as pictures or as rows. */
import { findSource, inputFilesOf, loadPart } from '../../src/data/sources.js';
import { errors } from '../../src/errors.js';
import { type Audit, readAudit } from '../../src/tools/audit/read-audit.js';
import { THEMES } from '../../src/tools/inspect/theme.js';
import { pictureAt, requirePictures, writePicture } from '../../src/tools/inspect/write-picture.js';
import { parseShape } from '../../src/tools/predict/shape.js';
import { newCommand, oneOf, parse, wholeOf } from '../parse.js';

/** Maximum number of images on a sheet. */
const MOST_IMAGES = 100;
const MOST_COUNT = 10_000;
const MOST_SCALE = 64;

interface Options {
  readonly data?: string;
  readonly output?: string;
  readonly count?: string;
  readonly shape?: string;
  readonly scale?: string;
  readonly theme?: unknown;
}

export async function auditCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand(
    'lockstep audit',
    'Show the training samples whose labels are probably wrong: images as a sheet, rows of a table as CSV on stdout. ' +
      'If no label stands out, show the most doubtful ones.',
  )
    .argument('<audit>', 'a file written by train --audit')
    .option('-d, --data <source>', 'the data set of the run, specified as for train (required)')
    .option('-o, --output <file>', 'draw the images: .png or .svg')
    .option('--count <n>', `maximum number of samples (default: ${MOST_IMAGES} images, or all rows)`)
    .option('--shape <WxH>', 'width and height of the inputs as an image (default: a square)')
    .option('--scale <n>', 'pixels per value (default: chosen so that images are about 84 pixels wide)')
    .option('--theme <name>', `theme of the sheet: ${THEMES.join(' or ')} (default: ${THEMES[0]})`);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const { data, output, shape, scale, theme = THEMES[0], count: given } = command.opts<Options>();
  const count = wholeOf('count', given, MOST_COUNT);
  if (data === undefined) throw errors.auditWithoutData();
  if (findSource(data).kind === 'table') {
    if (output !== undefined) throw errors.sheetOfTable(output, data);
    const audit = await readAudit(file, count);
    if (audit.suspects === 0) process.stderr.write(`${nothingStandsOut(audit)}\n`);
    const { doubtfulRows } = await import('../../src/tools/audit/doubtful-rows.js');
    for await (const line of doubtfulRows(file, audit, data)) process.stdout.write(line);
    return;
  }
  if (output === undefined) throw errors.noSheet(data);
  const options = {
    shape: shape === undefined ? undefined : parseShape(shape),
    theme: oneOf('theme', theme, THEMES),
    scale: wholeOf('scale', scale, MOST_SCALE),
  };
  const picture = pictureAt('--output', output);
  await requirePictures([picture], [file, ...inputFilesOf(data)]);
  const audit = await readAudit(file, count, MOST_IMAGES);
  const { doubtfulSheet } = await import('../../src/tools/audit/doubtful-sheet.js');
  await writePicture(picture, doubtfulSheet(file, audit, await loadPart(data, 'train'), options));
  const { shown, suspects } = audit;
  process.stdout.write(
    `${output}: ${suspects === 0 ? nothingStandsOut(audit) : `${shown.length} of ${suspects} suspects`}\n`,
  );
}

function nothingStandsOut({ shown }: Audit): string {
  return `no label stands out; shown: the ${shown.length} most doubtful`;
}
