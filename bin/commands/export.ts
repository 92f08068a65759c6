/** `lockstep export`: a model in the format of another program. */
import { errors } from '../../src/errors.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine } from '../../src/text/printable.js';
import { EXTENSIONS, exportFormatOf, exportModel } from '../../src/tools/export/export-model.js';
import { INPUT_FORMS } from '../../src/tools/export/input-form.js';
import { FORMAT_HELP, formatOf, newCommand, oneOf, parse } from '../parse.js';

export async function exportCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand('lockstep export', 'Export a model as ONNX, NumPy arrays or plain safetensors.')
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option('-o, --output <file>', `file to write; its extension selects the format: ${EXTENSIONS}`)
    .option('--inputs <form>', 'inputs of an ONNX graph: columns (default for tables) or matrix (a single input)')
    .option('--format <name>', FORMAT_HELP)
    .addHelpText('after', HELP_END);
  if (!parse(command, args, 1)) return;
  const [model = ''] = command.args;
  const options = command.opts<{ output?: string; inputs?: unknown; format?: unknown }>();
  const format = formatOf(options.format);
  if (options.output === undefined) {
    throw errors.usage(`requires -o and a file name that ends in ${EXTENSIONS}`, command.name());
  }
  // Reports wrong usage before the model is read.
  const inputs = options.inputs === undefined ? undefined : oneOf('inputs', options.inputs, INPUT_FORMS);
  if (exportFormatOf(options.output) !== 'onnx' && inputs) {
    throw errors.usage('--inputs requires an output file that ends in .onnx', command.name());
  }
  const event = await exportModel(model, options.output, inputs);
  process.stdout.write(
    format === 'ndjson' ? ndjsonLine(event) : `${onOneLine(event.file)}: ${grouped(event.bytes)} bytes\n`,
  );
}

const HELP_END = `
For a model that was trained on a table, the ONNX graph has an input for each column, [batch, 1], named like the column:
double for numbers, string for categories, int64 for dates (seconds since 1970, UTC). It returns "label", "probabilities"
and "logits", or "estimates". With --inputs matrix, and for images, the graph takes "input", [batch, inputs] (for images,
float32, pixels / 255), and returns "logits" and "probabilities", float32 [batch, classes]. A checkpoint is exported as a
float32 model without training state.`;
