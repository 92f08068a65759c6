/** `lockstep export`: a model in another program's format. */
import { errors } from '../../src/errors.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine } from '../../src/text/printable.js';
import { EXTENSIONS, exportFormatOf, exportModel } from '../../src/tools/export/export-model.js';
import { FORMAT_HELP, formatOf, newCommand, parse } from '../parse.js';

export async function exportCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand('lockstep export', 'A model as ONNX, NumPy arrays or plain safetensors.')
    .argument('<model>', 'what train --save wrote, or a checkpoint')
    .option('-o, --output <file>', `what to write; its extension is the format: ${EXTENSIONS}`)
    .option('--format <name>', `of what is said on stdout: ${FORMAT_HELP}`)
    .addHelpText('after', HELP_END);
  if (!parse(command, args, 1)) return;
  const [model = ''] = command.args;
  const options = command.opts<{ output?: string; format?: unknown }>();
  const format = formatOf(options.format);
  if (options.output === undefined) {
    throw errors.usage(`expected -o and a file to write, whose extension is the format: ${EXTENSIONS}`, command.name());
  }
  // Before the model is read: wrong usage is said at once.
  exportFormatOf(options.output);
  const event = await exportModel(model, options.output);
  process.stdout.write(
    format === 'ndjson' ? ndjsonLine(event) : `${onOneLine(event.file)}: ${grouped(event.bytes)} bytes\n`,
  );
}

const HELP_END = `
The ONNX graph takes "input", float32 [batch, inputs] (of images, pixels / 255), and gives "logits" and
"probabilities", float32 [batch, classes]. A checkpoint becomes a model: float32, without its run's state.`;
