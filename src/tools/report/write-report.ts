/** Writes a report as a web page or as an SVG drawing. */
import { type Output, writeOutput } from '../../files/output.js';
import type { Report } from './model.js';
import { reportPage } from './page.js';
import { reportSheet } from './sheet.js';

/** @throws LockstepError if the file cannot be written */
export async function writeReport(output: Output, report: Report): Promise<void> {
  const text = output.kind === 'svg' ? reportSheet(report) : reportPage(report);
  await writeOutput(output, [Buffer.from(text)]);
}
