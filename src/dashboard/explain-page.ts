/** The page of `lockstep explain`: a saved model, without a run. */
import { errors } from '../errors.js';
import type { Subject } from '../tools/explain/subject.js';
import { readExplainFiles } from './page-files.js';
import { Questions } from './questions.js';
import { PageServer } from './server.js';

export class ExplainPage {
  readonly #server: PageServer;

  private constructor(server: PageServer) {
    this.#server = server;
  }

  /**
   * Serves the page on 127.0.0.1.
   *
   * @param port  0 for any free port
   * @throws LockstepError if the port cannot be used
   */
  static async open(port: number, subject: Subject): Promise<ExplainPage> {
    const services = { files: readExplainFiles(), answerer: new Questions(subject) };
    try {
      return new ExplainPage(await PageServer.listen(port, services));
    } catch (error) {
      throw errors.dashboardPort(port, error, '--port');
    }
  }

  get url(): string {
    return this.#server.url;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}
