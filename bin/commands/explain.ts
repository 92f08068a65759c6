/** `lockstep explain`: a page that shows the derivation of the gradient with the numbers of a model. */
import { readModel } from '../../src/checkpoints/model-file.js';
import { isPort, PORT_RANGE } from '../../src/dashboard/port.js';
import { HEADERS } from '../../src/data/table/header.js';
import { errors } from '../../src/errors.js';
import { ModelSubject, requireSize } from '../../src/tools/explain/model-subject.js';
import { Network } from '../../src/tools/network.js';
import { newCommand, oneOf, parse } from '../parse.js';
import { explainedData } from './explained-data.js';

/** Not the dashboard's, which may be open. */
const DEFAULT_PORT = 8472;

interface Options {
  readonly data?: string;
  readonly label?: string;
  readonly header: unknown;
  readonly port?: string;
}

export async function explainCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand(
    'lockstep explain',
    'Show on a local web page what a model computes for a sample, forward and back, with the real numbers.',
  )
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option(
      '-d, --data <source>',
      'data set, specified as for train (default: the named data set used in training, or mnist)',
    )
    .option('--label <column>', 'label column of a table, by name or number (default: as in training)')
    .option('--header <h>', `whether the first row of a table holds column names: ${HEADERS.join(', ')}`, HEADERS[0])
    .option('--port <n>', `port of the page; 0: any free port (default: ${DEFAULT_PORT})`);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const { data, label, port: givenPort, ...options } = command.opts<Options>();
  const header = oneOf('header', options.header, HEADERS);
  const port = givenPort === undefined ? DEFAULT_PORT : portOf(givenPort);
  const model = await readModel(file);
  requireSize(file, model.layers);
  const network = new Network(model);
  const subject = new ModelSubject(model, network, await explainedData(file, network, data, { label, header }));
  const { ExplainPage } = await import('../../src/dashboard/explain-page.js');
  const page = await ExplainPage.open(port, subject);
  process.stderr.write(`explain: ${page.url}\n`);
  if (process.stderr.isTTY) process.stderr.write('The page is available until you press Ctrl-C.\n');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve());
  });
  await page.close();
}

/** @throws LockstepError (status 2) */
function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (isPort(port)) return port;
  throw errors.invalidOption('port', text, PORT_RANGE);
}
