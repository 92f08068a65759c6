/** Which launchers are noticed, and in which environments nothing is to be refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, launchOf, launchText } from '../../../src/parallel/mpi/launcher.js';
import { type Folder, mnistPart } from '../../support/mnist-part.js';
import { runTrain } from '../../support/run-command.js';

/** What Slurm sets for a batch script of four tasks: it runs once. */
const BATCH_SCRIPT = {
  SLURM_JOB_ID: '17',
  SLURM_NTASKS: '4',
  SLURM_NPROCS: '4',
  SLURM_PROCID: '0',
  SLURM_LOCALID: '0',
};
/** And for one of the four tasks of a step. */
const STEP = { ...BATCH_SCRIPT, SLURM_PROCID: '2', SLURM_LOCALID: '2', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '4' };

const SEVERAL: readonly (readonly [string, Environment, string])[] = [
  ["Open MPI's mpirun", { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_RANK: '0' }, "Open MPI's mpirun started 4"],
  ["MPICH's mpirun", { PMI_SIZE: '3', PMI_RANK: '0' }, "MPICH's mpirun (Hydra) started 3"],
  ['srun', STEP, 'srun started 4'],
  ['srun --mpi=pmix', { ...STEP, PMIX_RANK: '2' }, 'srun started 4'],
  ['mpirun, whose daemons srun has started', { ...STEP, OMPI_COMM_WORLD_SIZE: '16' }, "Open MPI's mpirun started 16"],
  ['a launcher that tells only the rank', { PMIX_RANK: '1' }, 'a launcher that uses PMIx started at least 2'],
];

const ONE: readonly (readonly [string, Environment])[] = [
  ['no launcher', {}],
  ['a batch script', BATCH_SCRIPT],
  ['a shell in an allocation', { ...BATCH_SCRIPT, SLURM_STEP_ID: '4294967290', SLURM_STEP_NUM_TASKS: '1' }],
  ['mpirun -np 1', { OMPI_COMM_WORLD_SIZE: '1' }],
  ['mpirun -np 1 in a task of a step', { ...STEP, OMPI_COMM_WORLD_SIZE: '1' }],
  ['a variable that holds no number', { PMI_SIZE: 'none' }],
];

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(20, 10);
});
afterAll(() => data.remove());

describe('a launcher', () => {
  it.each(SEVERAL)('%s: several processes', (_, environment, what) => {
    expect(launchText(launchOf(environment)!)).toBe(`${what} processes`);
  });

  it.each(ONE)('%s: one process', (_, environment) => {
    expect(launchOf(environment)?.processes ?? 1).toBe(1);
  });
});

describe('the command', () => {
  const args = () => ['--data', data.path, '--hidden', '3', '--epochs', '1', '--batch-size', '10', '--threads', '1'];

  it('as one of several processes, without --mpi: refused, with the remedy', async () => {
    expect(await runTrain(args(), STEP)).toEqual({
      ...{ status: 2, stdout: '' },
      stderr:
        'train: srun started 4 processes; without --mpi, each would train the whole model and write the same files; ' +
        'add --mpi to train one model together, or --no-mpi to train one model in each process\n',
    });
  });

  it.each([
    ['as one of several processes, with --no-mpi', STEP, ['--no-mpi']],
    ['in a batch script', BATCH_SCRIPT, []],
  ])('%s: trains by itself', async (_, environment, more) => {
    const { status, stdout, stderr } = await runTrain([...args(), ...more], environment);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout.split('\n')[0]!)).not.toHaveProperty('ranks');
  });
});
