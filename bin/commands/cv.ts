/** `lockstep cv`: cross-validation. */
import process from 'node:process';
import type { CvEvent } from '../../src/metrics/cv-events.js';
import { ndjsonLine, requirePlain } from '../../src/output/ndjson.js';
import { crossValidation } from '../../src/tools/cv/cross-validate.js';
import { CountBar } from '../count-bar.js';
import { LineOutput } from '../line-output.js';
import { type CvCommand, parseCvCommand } from './cv-options.js';
import { CvText } from './print-cv.js';
import { onSignals } from './signals.js';

/** @returns the exit status */
export async function cvCommand(args: readonly string[]): Promise<number> {
  const command = parseCvCommand(args);
  return command ? await run(command) : 0;
}

async function run({ options, settings, format }: CvCommand): Promise<number> {
  const { stdout, stderr } = process;
  const abort = new AbortController();
  const signals = onSignals(() => abort.abort());
  const output = new LineOutput(stdout, () => abort.abort());
  const text = new CvText(() => stdout.columns);
  const lineOf = (event: CvEvent) => (format === 'pretty' ? text.format(event) : ndjsonLine(event));
  const bar = new CountBar(stderr, 'folds', format === 'pretty');
  let status = 0;
  try {
    for await (const event of crossValidation(options, settings, { signal: abort.signal, onCount: bar.show })) {
      requirePlain(event);
      bar.hide();
      await output.write(lineOf(event));
      if (event.event !== 'cv_end') bar.showAgain();
      if (event.event === 'cv_end' && event.status === 'interrupted') status = signals.status;
    }
  } catch (error) {
    // Interrupted before the first fold.
    if (error !== abort.signal.reason) throw error;
    status = signals.status;
  } finally {
    bar.hide();
  }
  return status;
}
