/** `lockstep plot`: plots the metrics of runs. */
import path from 'node:path';
import process from 'node:process';
import { STDIN } from '../../src/data/table/bytes.js';
import { errors } from '../../src/errors.js';
import { linesOf } from '../../src/files/lines.js';
import { openStream } from '../../src/files/open-stream.js';
import { type Output, openOutput, requireOutput, writeOutput } from '../../src/files/output.js';
import { onOneLine } from '../../src/text/printable.js';
import { Live } from '../../src/tools/plot/live.js';
import type { PngOptions } from '../../src/tools/plot/render.js';
import { type Run, RunReader } from '../../src/tools/plot/run.js';
import { problemOfSteps } from '../../src/tools/plot/spec.js';
import { newCommand, parse } from '../parse.js';
import { addPlotOptions, checkPlotOptions, type RawPlotOptions } from './plot-options.js';

const STDIN_NAME = 'stdin';
/** 128 + SIGINT. */
const INTERRUPTED = 130;
/** Bad lines of a file that are listed; the others are only counted. */
const MOST_REPORTED = 5;
/** Events of tables with very many classes take some hundred kilobytes. */
const MOST_LINE_BYTES = 1 << 24;

export async function plotCommand(args: readonly string[]): Promise<number> {
  const command = addPlotOptions(newCommand('lockstep plot', 'Plot loss and error by epoch, as SVG or PNG.'));
  if (!parse(command, args, Number.POSITIVE_INFINITY)) return 0;
  const options = checkPlotOptions(command.opts<RawPlotOptions>());
  const sources = command.args.length > 0 ? command.args : [STDIN];
  if (sources.filter((source) => source === STDIN).length > 1) throw errors.stdinTwice();
  if (sources.includes(STDIN) && process.stdin.isTTY) throw errors.noMetrics();

  const readers = sources.map(
    (source) => new RunReader(source === STDIN ? STDIN_NAME : source === STDIN_NAME ? `./${source}` : source),
  );
  const output = outputOf(options.output);
  if (output) {
    const inputs = sources.map((source) => (source === STDIN ? process.stdin.fd : source));
    await requireOutput(output, [...inputs, ...(options.font === undefined ? [] : [options.font])]);
  }
  const runs = () => readers.flatMap((reader) => reader.runs);
  const draw = async () => {
    const picture = await drawn(runs(), options);
    if (output === undefined) process.stdout.write(picture);
    else await writeOutput(output, [picture]);
  };
  const live = new Live(draw);

  const isLive = output !== undefined && sources.includes(STDIN);
  let interruption = 0;
  let isAtPipe = false;
  if (isLive) {
    await openOutput(output);
    // Ctrl-C in a terminal reaches the whole pipe: the last events of the trainer are still plotted.
    process.on('SIGINT', () => {
      if (interruption !== 0 || !isAtPipe) process.exit(INTERRUPTED);
      interruption = INTERRUPTED;
    });
  }

  // Files first, because stdin may be a run in progress.
  const order = sources.map((_, i) => i).sort((a, b) => Number(sources[a] === STDIN) - Number(sources[b] === STDIN));
  for (const i of order) {
    isAtPipe = sources[i] === STDIN;
    await readAll(readers[i]!, isLive && isAtPipe ? () => live.changed() : undefined);
  }
  const missing = options.steps ? problemOfSteps(runs(), options) : undefined;
  if (isLive) {
    await live.finish();
    if (missing) note(missing.inCommandWords);
  } else if (missing) throw missing;
  else await draw();
  return interruption;
}

/** @param onPoint  called when there is a new point to plot */
async function readAll(reader: RunReader, onPoint?: () => void): Promise<void> {
  const name = reader.source;
  let bad = 0;
  let points = 0;
  try {
    const bytes: AsyncIterable<Uint8Array> = name === STDIN_NAME ? process.stdin : await openStream(name);
    for await (const { text } of linesOf(bytes, MOST_LINE_BYTES)) {
      const problem = typeof text === 'string' ? reader.add(text) : reader.skip(text);
      if (problem !== undefined && ++bad <= MOST_REPORTED) note(`${name}: line ${reader.lines}: ${problem}; skipped`);
      if (reader.points === points) continue;
      points = reader.points;
      if (reader.hasEpochs) onPoint?.();
    }
  } catch (error) {
    throw errors.unreadable(name, error);
  }
  if (bad > MOST_REPORTED) note(`${name}: and ${bad - MOST_REPORTED} more such lines`);
  if (!reader.hasEpochs) throw errors.noEpochs(name, reader.lines);
  const { empty } = reader;
  if (empty > 0) note(`${name}: ${empty === 1 ? 'a run' : `${empty} runs`} without an epoch; skipped`);
}

function note(message: string): void {
  process.stderr.write(`lockstep plot: ${onOneLine(message)}\n`);
}

async function drawn(runs: readonly Run[], options: PngOptions & { readonly output?: string }): Promise<Uint8Array> {
  // Vega loads slowly: errors of the input are reported first.
  const { plotPng, plotSvg } = await import('../../src/tools/plot/render.js');
  return outputOf(options.output)?.kind === 'png'
    ? await plotPng(runs, options)
    : Buffer.from(await plotSvg(runs, options));
}

function outputOf(file: string | undefined): Output | undefined {
  if (file === undefined) return undefined;
  return { flag: '-o', file, kind: path.extname(file).toLowerCase() === '.png' ? 'png' : 'svg' };
}
