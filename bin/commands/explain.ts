/** `lockstep explain`: a page that shows the derivation of the gradient with the numbers of a model. */
import { readModel } from '../../src/checkpoints/model-file.js';
import { isPort, PORT_RANGE } from '../../src/dashboard/port.js';
import { inputFilesOf } from '../../src/data/sources.js';
import { HEADERS } from '../../src/data/table/header.js';
import { ENCODINGS } from '../../src/data/table/utf8.js';
import { errors } from '../../src/errors.js';
import { type Output, requireOutput, writeOutput } from '../../src/files/output.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine } from '../../src/text/printable.js';
import { ModelSubject, requireSize } from '../../src/tools/explain/model-subject.js';
import type { Subject } from '../../src/tools/explain/subject.js';
import { Network } from '../../src/tools/network.js';
import { newCommand, oneOf, parse } from '../parse.js';
import { explainedData } from './explained-data.js';

/** Differs from the dashboard's default port, which may be in use. */
const DEFAULT_PORT = 8472;

interface Options {
  readonly data?: string;
  readonly label?: string;
  readonly header: unknown;
  readonly encoding: unknown;
  readonly port?: string;
  readonly output?: string;
}

export async function explainCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand(
    'lockstep explain',
    'Show on a local web page what a model computes for a sample, forward and backward, with the actual numbers.',
  )
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option(
      '-d, --data <source>',
      'data set, specified as for train (default: the named data set used in training, or mnist)',
    )
    .option('--label <column>', 'label column of a table, by name or number (default: as in training)')
    .option('--header <h>', `whether the first row of a table holds column names: ${HEADERS.join(', ')}`, HEADERS[0])
    .option('--encoding <name>', `character encoding of a table: ${ENCODINGS.join(', ')}`, ENCODINGS[0])
    .option('-o, --output <file>', 'write one .html file that needs no server, instead of serving the page')
    .option('--port <n>', `port of the page; 0: any free port (default: ${DEFAULT_PORT})`);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const { data, label, port: givenPort, output: givenOutput, ...options } = command.opts<Options>();
  const header = oneOf('header', options.header, HEADERS);
  const encoding = oneOf('encoding', options.encoding, ENCODINGS);
  if (givenPort !== undefined && givenOutput !== undefined) throw errors.explainElsewhere();
  const port = givenPort === undefined ? DEFAULT_PORT : portOf(givenPort);
  const output = givenOutput === undefined ? undefined : pageAt(givenOutput);
  if (output) await requireOutput(output, [file, ...(data === undefined ? [] : inputFilesOf(data))]);
  const model = await readModel(file);
  requireSize(file, model.layers);
  const network = new Network(model);
  if (network.members.length > 0) throw errors.notOfEnsemble(file, network.members.length);
  const subject = new ModelSubject(
    model,
    network,
    await explainedData(file, network, data, { label, header, encoding }),
  );
  if (output) await write(output, subject);
  else await serve(port, subject);
}

async function write(output: Output, subject: Subject): Promise<void> {
  const { explainDocument } = await import('../../src/dashboard/explain-document.js');
  const bytes = Buffer.from(explainDocument(subject));
  await writeOutput(output, [bytes]);
  process.stdout.write(`${onOneLine(output.file)}: ${grouped(bytes.length)} bytes\n`);
}

/** Serves the page until a signal arrives. */
async function serve(port: number, subject: Subject): Promise<void> {
  const { ExplainPage } = await import('../../src/dashboard/explain-page.js');
  const page = await ExplainPage.open(port, subject);
  process.stderr.write(`explain: ${page.url}\n`);
  if (process.stderr.isTTY) process.stderr.write('The page is available until you press Ctrl-C.\n');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve());
  });
  await page.close();
}

/** @throws LockstepError (status 2) if the file has another extension */
function pageAt(file: string): Output {
  if (!/\.html?$/i.test(file)) throw errors.fileExtension('-o', file, '.html');
  return { flag: '-o', file, kind: 'html' };
}

/** @throws LockstepError (status 2) */
function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (isPort(port)) return port;
  throw errors.invalidOption('port', text, PORT_RANGE);
}
