/** The part of a run's page that explains the network: loaded when it is opened. */
import type { StartFacts } from '../messages.js';
import { byId } from './elements.js';
import type { ExplainView } from './explain.js';

/** Networks that the server explains: as in src/tools/explain/subject.ts. */
const MOST_PARAMETERS = 10_000_000;

/** The server copies the weights once per second. */
const REFRESH_MS = 1000;

export class ExplainSection {
  readonly #details = byId<HTMLDetailsElement>('explain-details');
  #view: Promise<ExplainView> | undefined;
  #asking: number | undefined;

  constructor() {
    this.#details.addEventListener('toggle', () => void this.#open());
  }

  prepare(start: StartFacts | undefined): void {
    this.#details.hidden = !start || start.model.parameters > MOST_PARAMETERS;
  }

  /** The weights have changed. Epochs may be short: they are asked for at most once in a while. */
  refresh(): void {
    if (!this.#details.open || !this.#view) return;
    this.#asking ??= window.setTimeout(() => {
      this.#asking = undefined;
      void this.#view?.then((view) => view.refresh());
    }, REFRESH_MS);
  }

  reset(): void {
    this.#details.open = false;
    this.#view = undefined;
    byId('explain').replaceChildren();
  }

  async #open(): Promise<void> {
    if (!this.#details.open) return;
    if (this.#view) {
      this.refresh();
      return;
    }
    const root = byId('explain');
    const [{ ExplainView: View }, { askServer }] = await Promise.all([
      import('./explain.js'),
      import('./explain-answers.js'),
    ]);
    this.#view = View.open(root, askServer);
    this.#view.catch((error: unknown) => {
      this.#view = undefined;
      root.textContent = error instanceof Error ? error.message : String(error);
    });
  }
}
