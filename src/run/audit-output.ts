/** The file of `--audit`: may it be written, and what is in it? */
import path from 'node:path';
import type { Config } from '../config/options.js';
import type { InMemory } from '../data/in-memory.js';
import { errors } from '../errors.js';
import { isSameOutput, openOutput, requireOutput, type Written, writeInAnyCase } from '../files/output.js';
import type { AuditedSample } from '../metrics/audit/audited-sample.js';
import { csvLine } from '../text/csv-line.js';
import { escapedJson } from '../text/printable.js';
import { inputFilesOfRun } from './input-files.js';

function auditAt(file: string) {
  return { flag: '--audit', file, kind: 'audit' } as const;
}

/** @throws LockstepError if the audit must not be written to this file */
export async function requireAudit(file: string, config: Config, memory: InMemory, resumedFile: string | undefined) {
  if (!isCsv(file) && path.extname(file) !== '.ndjson') throw errors.fileExtension('--audit', file, '.ndjson or .csv');
  await requireOutput(auditAt(file), [
    ...inputFilesOfRun(config, memory),
    ...(resumedFile === undefined ? [] : [resumedFile]),
  ]);
  if (config.save !== undefined && (await isSameOutput(file, config.save))) throw errors.auditIsModel(file);
}

/** @throws LockstepError if it cannot be written */
export async function openAudit(file: string): Promise<void> {
  await openOutput(auditAt(file));
}

/** If something else has taken the name, the file gets another one. @throws the system error */
export async function writeAudit(file: string, samples: readonly AuditedSample[]): Promise<Written> {
  return await writeInAnyCase(file, 'audit', [...linesOf(samples, isCsv(file))]);
}

function isCsv(file: string): boolean {
  return path.extname(file) === '.csv';
}

/** Samples whose lines are made at once. */
const BLOCK = 10_000;

function* linesOf(samples: readonly AuditedSample[], areCsv: boolean): Generator<Uint8Array> {
  const lineOf = areCsv
    ? (sample: AuditedSample) => csvLine(Object.values(sample))
    : (sample: AuditedSample) => `${escapedJson(JSON.stringify(sample))}\n`;
  if (areCsv) yield Buffer.from(csvLine(Object.keys(samples[0]!)));
  for (let from = 0; from < samples.length; from += BLOCK) {
    yield Buffer.from(
      samples
        .slice(from, from + BLOCK)
        .map(lineOf)
        .join(''),
    );
  }
}
