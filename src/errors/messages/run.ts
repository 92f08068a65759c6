/** The run: kernels, memory and threads. */
import { failure } from '../draft.js';
import { hasCode, reason } from '../reason.js';
import { gibibytes } from '../shown.js';

export const runErrors = {
  kernelUnavailable: (name: string, why: string) =>
    failure(`--kernel ${name}: ${why}; use --kernel auto, or another kernel`),
  outOfMemory: (bytes: number, cause: unknown) =>
    failure(`cannot allocate ${gibibytes(bytes)} of shared memory (${reason(cause)}); use a smaller run`, cause),
  diverged: (
    what: string,
    step: number,
    run: {
      /** The learning rate of this step. */
      readonly rate: number;
      readonly lr: number;
      readonly reduction: string;
      readonly hasCheckpoint: boolean;
    },
  ) =>
    failure(
      `${what} is not finite at step ${step} (learning rate ${run.rate}${run.rate === run.lr ? '' : ` by the schedule, --lr ${run.lr}`}): ` +
        'training diverged; try a smaller --lr' +
        (run.reduction === 'sum' ? ', or --reduction mean if the rate comes from another program' : '') +
        (run.hasCheckpoint ? ', perhaps from a checkpoint with --resume-anyway' : ''),
    ),
  notFiniteAtStart: (what: string, isTable: boolean) =>
    failure(
      `${what} is not finite before the first step: the inputs are too large for the network; ` +
        (isTable ? 'use --scale standard' : 'check the data'),
    ),
  addressSpace: (threads: number, needed: number, room: number) =>
    failure(
      `${threads} worker threads reserve up to ${gibibytes(needed)} of address space, but only ${gibibytes(room)} is available; ` +
        'use fewer --threads, or raise the limit (ulimit -v)',
    ),
  threadsUnavailable: (threads: number, cause: unknown) =>
    failure(`cannot start ${threads} worker threads (${reason(cause)}); use fewer --threads`, cause),
  threadDied: (worker: number, threads: number, where: string, cause: unknown) =>
    failure(
      `worker thread ${worker + 1} of ${threads} died ${where}: ${reason(cause)}; the run cannot continue without it`,
      cause,
    ),
  barrierStalled: (threads: number, steps: number, seconds: number) =>
    failure(
      `all ${threads} worker threads waited ${seconds.toFixed(0)} s at a barrier after step ${steps} for something already ` +
        'granted: a bug in Lockstep; please report it, and resume from the last checkpoint if there is one',
    ),
  threadStalled: (workers: readonly string[], threads: number, where: string, seconds: number) =>
    failure(
      `worker thread ${workers.join(' and ')} of ${threads} made no progress for ${seconds.toFixed(0)} s ${where}; ` +
        'the run cannot continue without it',
    ),
  dashboardPort: (port: number, cause: unknown, flag = '--dashboard') =>
    failure(
      `${flag} ${port}: ${
        hasCode(cause, 'EADDRINUSE')
          ? 'another program uses this port (perhaps the page of another run)'
          : `cannot serve the page (${reason(cause)})`
      }; choose another port, or 0 for any free port`,
      cause,
    ),
};
