/** Results of bench/tables.ts: a line of NDJSON for each table, system and seed, so that a run can continue an earlier one. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Trial } from './lockstep.js';
import { PEERS, REASONS, type Score } from './peers.js';
import { VARIANT_NAMES, type Variant } from './variants.js';

export const SYSTEMS = ['Lockstep', ...PEERS] as const;
export type System = (typeof SYSTEMS)[number];
/** Also those that are measured only on request. */
type AnySystem = System | (typeof REASONS)[number] | Variant;

/** Of one table. */
interface Found {
  trial?: Trial | undefined;
  /** Why the commands failed. */
  failure?: string | undefined;
  readonly scores: ReadonlyMap<AnySystem, Map<number, Score>>;
}

type Line = { readonly table: string } & (
  | { readonly trial: Trial }
  | { readonly failure: string }
  | ({ readonly system: AnySystem; readonly seed: number } & Score)
);

export class Results {
  readonly #file: string;
  readonly #tables = new Map<string, Found>();

  constructor(file: string) {
    this.#file = file;
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) if (line !== '') this.#take(JSON.parse(line) as Line);
  }

  of(table: string): Found {
    let found = this.#tables.get(table);
    if (!found) {
      found = {
        scores: new Map(
          [...SYSTEMS, ...REASONS, ...VARIANT_NAMES].map((system): [AnySystem, Map<number, Score>] => [
            system,
            new Map(),
          ]),
        ),
      };
      this.#tables.set(table, found);
    }
    return found;
  }

  add(line: Line): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#take(line);
  }

  #take(line: Line): void {
    const found = this.of(line.table);
    if ('trial' in line) found.trial = line.trial;
    else if ('failure' in line) found.failure = line.failure;
    else {
      const { table: _, system, seed, ...score } = line;
      found.scores.get(system)!.set(seed, score);
    }
  }
}
