/** Follows the threads, and yields events. */
import type { Checkpointer } from '../checkpoints/checkpointer.js';
import { stepsPerEpoch } from '../memory/plan.js';
import type { Ledger } from '../metrics/epoch-metrics.js';
import type { TrainEvent } from '../metrics/events.js';
import type { Coordinator } from '../parallel/coordinator.js';
import { divergence } from './divergence.js';
import type { Ending } from './ending.js';
import type { Run } from './prepare.js';
import { epochEvent } from './run-events.js';

/** Yields step and epoch events, and events of the checkpointer. */
export async function* follow(
  run: Run,
  coordinator: Coordinator,
  ledger: Ledger,
  checkpointer: Checkpointer | undefined,
): AsyncGenerator<TrainEvent, Ending, undefined> {
  const { epochs } = run.config;
  const ending = (status: Ending['status'], failure?: unknown): Ending => {
    const { epoch, stepsDone } = coordinator;
    const at =
      epoch > epochs || epoch === 0 ? { epochs, stepsInEpoch: 0 } : { epochs: epoch - 1, stepsInEpoch: stepsDone };
    const { outcome, endedBy } = coordinator;
    return { status, failure, step: ledger.stepOf(at), isWhole: outcome !== 'died', endedBy };
  };

  while (coordinator.epoch <= epochs) {
    // Read before the steps: if the epoch ends while they are handled, there are more of them.
    const { outcome, isEpochFinished, change } = coordinator.look();
    const { epoch, stepsDone } = coordinator;
    if (checkpointer) yield* checkpointer.drain();
    yield* ledger.stepEvents(epoch, stepsDone);
    if (isEpochFinished) {
      if (epochs === 0) {
        ledger.evaluation();
        return ending('completed');
      }
      yield epochEvent(run, epoch, ledger);
      coordinator.nextEpoch();
    } else if (outcome === undefined) {
      await change();
    } else if (outcome === 'completed') {
      return ending('completed');
    } else if (outcome === 'died') {
      return ending('failed', coordinator.failure);
    } else if (outcome === 'diverged') {
      const { step } = ending('failed');
      // In the next step, or in the evaluation if all steps of the epoch are done.
      const inEvaluation = epochs === 0 || stepsDone === stepsPerEpoch(run.plan);
      const where = inEvaluation
        ? { what: `the ${ledger.brokenSplit(epoch)} loss`, step, updates: step }
        : { what: 'the loss', step: step + 1, updates: step };
      return ending('failed', divergence(run, where, checkpointer));
    } else {
      return ending('interrupted');
    }
  }
  return ending('completed');
}
