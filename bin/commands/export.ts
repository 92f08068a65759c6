/** `lockstep export`: a model in the format of another program. */
import { errors } from '../../src/errors.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine } from '../../src/text/printable.js';
import { EXTENSIONS, exportFormatOf, exportModel } from '../../src/tools/export/export-model.js';
import { FORMAT_HELP, formatOf, newCommand, parse } from '../parse.js';

export async function exportCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand('lockstep export', 'Export a model as ONNX, NumPy arrays or plain safetensors.')
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option('-o, --output <file>', `file to write; its extension selects the format: ${EXTENSIONS}`)
    .option('--format <name>', FORMAT_HELP)
    .addHelpText('after', HELP_END);
  if (!parse(command, args, 1)) return;
  const [model = ''] = command.args;
  const options = command.opts<{ output?: string; format?: unknown }>();
  const format = formatOf(options.format);
  if (options.output === undefined) {
    throw errors.usage(`requires -o and a file name that ends in ${EXTENSIONS}`, command.name());
  }
  // Reports wrong usage before the model is read.
  exportFormatOf(options.output);
  const event = await exportModel(model, options.output);
  process.stdout.write(
    format === 'ndjson' ? ndjsonLine(event) : `${onOneLine(event.file)}: ${grouped(event.bytes)} bytes\n`,
  );
}

const HELP_END = `
The ONNX graph takes "input", float32 [batch, inputs] (for images, pixels / 255), and returns "logits" and
"probabilities", float32 [batch, classes]. A checkpoint is exported as a float32 model without training state.`;
