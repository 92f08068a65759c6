/** `lockstep search`: finds good options. */
import process from 'node:process';
import type { SearchEvent } from '../../src/metrics/search-events.js';
import { ndjsonLine, requirePlain } from '../../src/output/ndjson.js';
import { search } from '../../src/tools/search/search.js';
import { CountBar } from '../count-bar.js';
import { LineOutput } from '../line-output.js';
import { SearchText } from './print-search.js';
import { parseSearchCommand, type SearchCommand } from './search-options.js';
import { onSignals } from './signals.js';

/** @returns the exit status */
export async function searchCommand(args: readonly string[]): Promise<number> {
  const command = await parseSearchCommand(args);
  return command ? await run(command) : 0;
}

async function run({ options, settings, format }: SearchCommand): Promise<number> {
  const { stdout, stderr } = process;
  const abort = new AbortController();
  const signals = onSignals(() => abort.abort());
  const output = new LineOutput(stdout, () => abort.abort());
  const text = new SearchText(() => stdout.columns);
  const lineOf = (event: SearchEvent) => (format === 'pretty' ? text.format(event) : ndjsonLine(event));
  const bar = new CountBar(stderr, 'trials', format === 'pretty');
  let status = 0;
  try {
    for await (const event of search(options, settings, abort.signal, { onCount: bar.show })) {
      requirePlain(event);
      bar.hide();
      await output.write(lineOf(event));
      if (event.event !== 'search_end') bar.showAgain();
      if (event.event === 'search_end' && event.status === 'interrupted') status = signals.status;
    }
  } catch (error) {
    // Interrupted before the first trial.
    if (error !== abort.signal.reason) throw error;
    status = signals.status;
  } finally {
    bar.hide();
  }
  return status;
}
