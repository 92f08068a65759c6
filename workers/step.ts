/**
 * A step as a list of phases: what every worker does between two barriers. The list is built once, from what the run needs.
 *
 *   plain          gradients | step
 *   clipped        gradients | reduce | square | update      (or with the norm reported)
 *   private        gradients | reduce and noise | noise | update
 *   with MPI       gradients | reduce | exchange | (square |) update
 *   exact          (forward | gradients | reduce | add) for each shard | exchange | (square |) update
 *   with a maximum norm … | limit
 *   strategy dense gradients, held while the coordinator reduces and steps | nothing
 *
 * With augmentation or dropout of inputs, `gradients` also makes the inputs of the next batch, or where the first layer is computed
 * by sample, those of its own batch, and the next phase begins by placing them. An exact step makes each shard's inputs in a phase
 * of their own.
 *
 * `step` reduces and steps in one pass. If the whole gradient must be known before any of it is applied, `reduce` leaves it in
 * memory, and `update` applies it. Both then compute the first layer of the next batch, panel by panel.
 */
import { makesRows } from '../src/memory/plan.js';
import { needsOf } from '../src/optim/optimizer.js';
import type { Hold } from '../src/parallel/barrier.js';
import { Command, type Control } from '../src/parallel/control-words.js';
import type { Exchange } from '../src/parallel/mpi/exchange.js';
import type { Claims } from '../src/parallel/panel-claims.js';
import { Phase, type WorkerTask } from '../src/parallel/task.js';
import { type Batch, ownOf, shardOf, shardsOfRank } from './batch.js';
import type { Phases } from './phases.js';

export interface Step {
  readonly batch: Batch;
  /** Undefined after the last batch of the epoch. */
  readonly next: Batch | undefined;
  /** Completed steps of the run. */
  readonly stepsDone: number;
}

export interface StepPhase {
  readonly work: (step: Step) => void;
  /** Done by the last worker to arrive at the barrier behind the phase, before it opens. */
  readonly last?: () => void;
  readonly hold?: () => Hold;
  /** Done between arriving and waiting. */
  readonly meanwhile?: (next: Batch) => void;
}

/** What the phases are made of. */
export interface StepParts {
  readonly task: WorkerTask;
  readonly phases: Phases;
  readonly control: Control;
  /** Where the first layer is divided by panels. */
  readonly claims: Claims | undefined;
  /** With MPI, and for the first worker alone. */
  readonly exchange: Exchange | undefined;
  /** Books the time from here on to the phase. */
  readonly enter: (phase: Phase) => void;
  /** Holds the barrier until the coordinator has reduced and stepped. */
  readonly heldForGradients: () => Hold;
}

export function phasesOfStep(parts: StepParts): readonly StepPhase[] {
  const { strategy, optimizer } = parts.task;
  const isLimited = optimizer.maxNorm !== undefined && strategy !== 'dense';
  return [...phasesWithInputs(parts), ...(isLimited ? [limit(parts)] : [])];
}

function phasesWithInputs(parts: StepParts): readonly StepPhase[] {
  const { plan, strategy, exact } = parts.task;
  const [first, second, ...others] = usualPhases(parts);
  if (!makesRows(plan) || exact) return [first!, second!, ...others];
  return [withInputs(parts, first!), ...(strategy === 'dense' ? [second!] : [withPlacing(parts, second!)]), ...others];
}

/** The gradient phase, which also makes the inputs of the next batch. (By sample, it makes those of its own.) */
function withInputs({ task, phases, claims, enter }: StepParts, { meanwhile: _, ...phase }: StepPhase): StepPhase {
  if (!claims) return phase;
  return {
    ...phase,
    work: (step) => {
      phase.work(step);
      if (!step.next) return;
      enter(Phase.FORWARD);
      phases.samples.makeInputs(ownOf(step.next, task));
    },
  };
}

/** The phase after it, which begins by placing the inputs that all workers have made. */
function withPlacing({ task, phases, claims, enter }: StepParts, phase: StepPhase): StepPhase {
  return {
    ...phase,
    work: (step) => {
      enter(Phase.FORWARD);
      const batch = claims ? step.next : step.batch;
      if (batch) phases.samples.place(ownOf(batch, task));
      phase.work(step);
    },
  };
}

function usualPhases(parts: StepParts): readonly StepPhase[] {
  const { strategy, ranks, exact, optimizer, plan, privacy } = parts.task;
  if (strategy === 'dense') return [{ ...gradients(parts), hold: parts.heldForGradients }, { work: () => undefined }];
  const { norm } = needsOf(optimizer, plan.keepsGradientNorms);
  const apply = [...(norm ? [square(parts)] : []), update(parts)];
  if (exact) return [...shards(parts), exchange(parts), ...apply];
  if (ranks) return [gradients(parts), reduce(parts, (batch) => ownOf(batch, parts.task)), exchange(parts), ...apply];
  if (privacy) return [gradients(parts), reduceWithNoise(parts), noise(parts), ...apply];
  return norm ? [gradients(parts), reduce(parts, (batch) => batch), ...apply] : [gradients(parts), stepAtOnce(parts)];
}

/** The other layers forward, the loss, and back-propagation, by sample. */
function gradients({ task, phases, control, claims, enter }: StepParts): StepPhase {
  return {
    work: ({ batch }) => {
      enter(Phase.GRADIENTS);
      const allFinite = phases.samples.gradients(ownOf(batch, task));
      if (!allFinite) control.reportDivergence();
      else if (task.strategy === 'dense') {
        enter(Phase.ACCUMULATE);
        phases.samples.accumulate(batch);
      }
    },
    // In the middle of a step, a stop is not obeyed. A divergence is, unless other ranks must learn of it first.
    last: () => {
      control.decide(control.diverged && !task.ranks ? Command.DIVERGED : Command.GO);
      claims?.reset();
    },
    ...(claims && !task.exact && { meanwhile: (next: Batch) => prepare(next) }),
  };

  /** What this worker alone needs for the next batch's forward phase. */
  function prepare(next: Batch): void {
    enter(Phase.FORWARD);
    const own = ownOf(next, task);
    phases.samples.place(own);
    // A single worker does not wait: fetching gains nothing.
    if (task.plan.threads > 1) phases.samples.fetch(own);
    enter(Phase.WAIT);
  }
}

function stepAtOnce(parts: StepParts): StepPhase {
  const { phases, enter } = parts;
  return {
    work: ({ batch, next, stepsDone }) => {
      enter(Phase.UPDATE);
      const numbers = phases.weights.numbersOf(batch, stepsDone);
      phases.weights.stepRows(batch, numbers);
      stepPanels(parts, next, (panel) => phases.weights.stepPanel(panel, batch, numbers));
    },
  };
}

/** The gradient of a part of the batch into memory. */
function reduce({ phases, claims, enter }: StepParts, partOf: (batch: Batch) => Batch): StepPhase {
  return {
    work: ({ batch }) => {
      enter(Phase.UPDATE);
      const part = partOf(batch);
      phases.weights.reduceRows(part);
      claims?.each((panel) => phases.weights.reducePanel(panel, part));
    },
    last: () => claims?.reset(),
  };
}

/** As `reduce`, and adds noise to each panel of the first layer while it is in the cache. */
function reduceWithNoise({ phases, claims, enter }: StepParts): StepPhase {
  return {
    work: ({ batch, stepsDone }) => {
      enter(Phase.UPDATE);
      phases.weights.reduceRows(batch);
      claims?.each((panel) => {
        phases.weights.reducePanel(panel, batch);
        phases.weights.noisePanel(panel, stepsDone);
      });
    },
    last: () => claims?.reset(),
  };
}

/** Noise for the layers that are reduced by rows: their random numbers run down the columns. */
function noise({ phases, enter }: StepParts): StepPhase {
  return {
    work: ({ stepsDone }) => {
      enter(Phase.UPDATE);
      phases.weights.noiseColumns(stepsDone);
    },
  };
}

/** Norms of the weights that were stepped by rows: a column's norm takes all rows. */
function limit({ phases, enter }: StepParts): StepPhase {
  return {
    work: () => {
      enter(Phase.UPDATE);
      phases.weights.limitNorms();
    },
  };
}

function square({ phases, enter }: StepParts): StepPhase {
  return {
    work: () => {
      enter(Phase.UPDATE);
      phases.weights.squareRows();
    },
  };
}

/** Applies the gradient that stands in memory. */
function update(parts: StepParts): StepPhase {
  const { task, phases, enter } = parts;
  return {
    work: ({ batch, next, stepsDone }) => {
      enter(Phase.UPDATE);
      const numbers = phases.weights.updateOf(batch, stepsDone);
      phases.weights.recordNorms(batch);
      phases.weights.updateRows(numbers);
      // An exact step begins with the forward phase of its first shard.
      stepPanels(parts, task.exact ? undefined : next, (panel) => phases.weights.updatePanel(panel, numbers));
    },
  };
}

/** Steps panel by panel, and takes the next batch through each. */
function stepPanels(
  { task, phases, claims, enter }: StepParts,
  next: Batch | undefined,
  step: (panel: number) => void,
): void {
  const own = next && ownOf(next, task);
  claims?.each((panel) => {
    enter(Phase.UPDATE);
    step(panel);
    if (!own) return;
    enter(Phase.FORWARD);
    phases.samples.forward({ from: panel, to: panel + 1 }, own);
  });
}

/** Exchanges scores with the other ranks and sums the gradients, unless the run ends here because a loss is not finite. */
function exchange({ task, phases, control, exchange, enter }: StepParts): StepPhase {
  return {
    work: ({ batch }) => {
      if (!exchange) return;
      enter(Phase.EXCHANGE);
      exchange.tell(batch.record, batch.first, batch.count);
      if (control.agreed.diverged) return;
      if (task.exact) exchange.sumGradientsInTree((layer) => phases.weights.addOther(layer));
      else exchange.sumGradients();
    },
    last: () => control.decide(control.agreed.diverged ? Command.DIVERGED : Command.GO),
  };
}

/** Treats each shard as a batch. The shards' sums are added in a tree that does not depend on the number of ranks or threads. */
function shards(parts: StepParts): StepPhase[] {
  const { task, phases, control, claims, enter } = parts;
  const count = shardsOfRank(task);
  const last = () => claims?.reset();
  return Array.from({ length: count }, (_, k) => {
    const inputs: StepPhase = {
      work: ({ batch }) => {
        enter(Phase.FORWARD);
        phases.samples.makeInputs(shardOf(batch, k, task));
      },
    };
    const forward: StepPhase = {
      work: ({ batch }) => {
        enter(Phase.FORWARD);
        const shard = shardOf(batch, k, task);
        phases.samples.place(shard);
        claims?.each((panel) => phases.samples.forward({ from: panel, to: panel + 1 }, shard));
      },
      last,
    };
    const gradients: StepPhase = {
      work: ({ batch }) => {
        enter(Phase.GRADIENTS);
        if (!phases.samples.gradients(shardOf(batch, k, task))) control.reportDivergence();
      },
      last,
    };
    const add: StepPhase = {
      work: () => {
        enter(Phase.UPDATE);
        phases.weights.addShard(k, k === count - 1);
      },
    };
    const made = makesRows(task.plan) ? [inputs] : [];
    return [...made, ...(claims ? [forward] : []), gradients, reduce(parts, (batch) => shardOf(batch, k, task)), add];
  }).flat();
}
