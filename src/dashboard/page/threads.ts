/** The time of each thread by phase. */
import type { ThreadsMessage } from '../messages.js';
import { byId, make, setText } from './elements.js';

const PARTS = ['gradients', 'update', 'wait'] as const;

interface Row {
  readonly parts: readonly HTMLElement[];
  readonly texts: readonly HTMLElement[];
}

export class Threads {
  readonly #table = byId<HTMLTableElement>('threads');
  #rows: Row[] = [];

  show({ threads, of, epoch }: ThreadsMessage): void {
    if (this.#rows.length !== threads.length) this.#build(threads.length);
    for (const [t, fractions] of threads.entries()) {
      const row = this.#rows[t]!;
      for (const [i, fraction] of fractions.entries()) {
        row.parts[i]!.style.width = `${100 * fraction}%`;
        setText(row.texts[i]!, `${Math.round(100 * fraction)} %`);
      }
    }
    const some = threads.length < of ? `the first ${threads.length} of ${of}, ` : '';
    setText(byId('threads-note'), `${some}time by phase, epoch ${epoch}`);
  }

  reset(): void {
    this.#rows = [];
    this.#table.replaceChildren();
    setText(byId('threads-note'), 'time by phase');
  }

  #build(count: number): void {
    const head = make('tr');
    for (const [i, name] of ['thread', '', 'forward + backward', 'update', 'waiting'].entries()) {
      const cell = i === 1 ? make('td') : make('th', i > 1 ? 'number' : '', name);
      if (cell instanceof HTMLTableCellElement && i !== 1) cell.scope = 'col';
      head.append(cell);
    }
    this.#rows = [];
    const rows = Array.from({ length: count }, (_, t) => {
      const parts = PARTS.map((name) => make('span', `part ${name}`));
      const texts = PARTS.map(() => make('td', 'number'));
      this.#rows.push({ parts, texts });
      const name = make('th', '', String(t + 1));
      name.scope = 'row';
      const bar = make('td', 'bar-cell', make('span', 'stack', ...parts));
      bar.setAttribute('aria-hidden', 'true');
      return make('tr', '', name, bar, ...texts);
    });
    this.#table.replaceChildren(make('thead', 'unseen', head), make('tbody', '', ...rows));
  }
}
