/** Trains the networks of an ensemble, several at the same time, and yields the events of one run. */
import { joined, type MemberRecord } from '../../checkpoints/ensemble.js';
import { saveModel } from '../../checkpoints/model-file.js';
import type { CheckedOptions } from '../../config/options.js';
import { errors, reason } from '../../errors.js';
import { now } from '../../memory/clock.js';
import type { EndEvent, StartEvent, TrainEvent } from '../../metrics/events.js';
import { sha256Of } from '../../model/parameters.js';
import type { Trained } from '../../run/ending.js';
import type { Library, TrainControls } from '../../run/train.js';
import { meanOfMembers } from '../member-scores.js';
import { networkOf } from '../model.js';
import { counting, type OnCount } from '../several-runs/count-runs.js';
import { runInOrder } from '../several-runs/run-in-order.js';
import { heldOutMetrics } from './held-out.js';
import { type EnsemblePlan, planEnsemble } from './plan.js';
import { type MemberResult, runMember } from './run-member.js';
import { requireSameRecipe } from './same-recipe.js';

/**
 * Member i has, bit for bit, the weights of a run with the seed `seed` + i − 1 and `splitSeed` `seed`. No `epoch` event is yielded,
 * because the networks are trained at the same time, but a `member` event for each network, in their order.
 *
 * @param given  options of `train`, checked, with an `ensemble` of at least 2
 * @throws LockstepError as `train`
 */
export async function* trainEnsemble(
  given: CheckedOptions,
  { signal, ...others }: TrainControls,
  { memory = {}, onTrained, onCount }: Library & { readonly onCount?: OnCount } = {},
): AsyncGenerator<TrainEvent, void, undefined> {
  const beganAt = now();
  const stray = Object.entries(others).find(([, control]) => control !== undefined);
  if (stray) throw errors.controlOfEnsemble(stray[0]);
  signal?.throwIfAborted();
  const plan = await planEnsemble(given, memory, signal);
  const { dataset, cores, members } = plan;
  const results: MemberResult[] = [];
  const told = new Set<string>();
  const counted = counting(members.length, onCount);
  const work = members.map((options, m) =>
    counted((stop, onEpoch) => runMember(m + 1, options, { ...memory, dataset, cores }, stop, onEpoch)),
  );
  for await (const result of runInOrder(work, plan.atOnce, signal)) {
    if (results.length === 0) yield startEvent(given, plan, result, beganAt);
    results.push(result);
    for (const warning of result.warnings) {
      const isTold = told.has(warning.message) || told.has(warning.code);
      told.add(warning.message);
      // (Its figures differ from network to network.)
      if (warning.code === 'no_better_than_constant') told.add(warning.code);
      if (!isTold) yield warning;
    }
    yield result.event;
    if (result.failure !== undefined) break;
  }
  if (results.length === 0) throw signal?.reason;
  yield* end(given, plan, results, { beganAt, onTrained });
}

/** That of the first network, with the options of the ensemble. */
function startEvent(
  { ensemble = 1, save, checkpointDir }: CheckedOptions,
  { atOnce }: EnsemblePlan,
  { start: { resumed: _, ...start } }: MemberResult,
  beganAt: number,
): StartEvent {
  const own = { ensemble, save: save ?? null, checkpoint_dir: checkpointDir ?? null };
  return {
    ...start,
    time: new Date(beganAt).toISOString(),
    config: { ...start.config, ...own },
    ensemble: { members: ensemble, at_once: atOnce },
  };
}

interface Circumstances {
  readonly beganAt: number;
  readonly onTrained: Library['onTrained'];
}

async function* end(
  given: CheckedOptions,
  plan: EnsemblePlan,
  results: readonly MemberResult[],
  { beganAt, onTrained }: Circumstances,
): AsyncGenerator<EndEvent, void, undefined> {
  const failed = results.find((result) => result.failure !== undefined);
  let failure = failed && errors.memberFailed(failed.event.member, failed.event.seed, failed.failure);
  const stopped = results.find(({ event }) => event.stopped_by !== undefined);
  const isComplete =
    results.length === plan.members.length && results.every(({ event }) => event.status === 'completed');
  const outcome: { -readonly [name in keyof EndEvent]?: EndEvent[name] } = {};
  if (isComplete && !failure) {
    try {
      requireSameRecipe(results.map(({ start }) => start));
      const trained = ensembleOf(given, results);
      const metrics = await heldOutMetrics(networkOf(trained), plan, trained.model.config);
      Object.assign(outcome, metrics);
      outcome.ensemble = meanOfMembers(results.map(({ event }) => event));
      outcome.weights_sha256 = sha256Of(trained.read());
      if (given.save !== undefined) {
        const { file, problem } = await save(given.save, trained);
        outcome.saved = file;
        if (problem !== undefined) failure = errors.savedElsewhere(given.save, problem, file);
      }
      onTrained?.(trained);
    } catch (error) {
      failure = error as typeof failure;
    }
  }
  yield {
    event: 'end',
    status: failure !== undefined ? 'failed' : isComplete ? 'completed' : 'interrupted',
    epochs: Math.max(...results.map(({ event }) => event.epochs)),
    ...(stopped && { stopped_by: stopped.event.stopped_by }),
    ...outcome,
    seconds: (now() - beganAt) / 1000,
    ...(failure !== undefined && { message: reason(failure) }),
  };
  if (failure !== undefined) throw failure;
}

async function save(file: string, { model, read, epochs, step }: Trained) {
  try {
    return await saveModel(file, model, read(), epochs, step);
  } catch (error) {
    throw errors.saveFailed(file, error);
  }
}

/** The networks as what a run leaves. */
function ensembleOf({ ensemble = 1 }: CheckedOptions, results: readonly MemberResult[]): Trained {
  const values = joined(results.map(({ trained }) => trained!.values)) as Float32Array;
  const members = results.map(
    ({ event, trained }): MemberRecord => ({
      ...{ seed: event.seed, run: trained!.model.run },
      ...{ epochs: event.epochs, step: trained!.step },
    }),
  );
  const { model } = results[0]!.trained!;
  return {
    model: { ...model, config: { ...model.config, ensemble }, members },
    read: () => values,
    epochs: Math.max(...members.map(({ epochs }) => epochs)),
    step: Math.max(...members.map(({ step }) => step)),
    audit: undefined,
  };
}
