/**
 * Makes this rank fail where the others do not, loaded with `node --import`. BREAK says where: after `prepare`, which the
 * ranks do together (reading the checkpoint that rank 0 has sent), at the `start` of the threads, or by `drift`: MPI gives
 * this rank other sums.
 */

import { Control } from '../../src/parallel/control-words.js';
import { MpiLibrary } from '../../src/parallel/mpi/library.js';
import { World } from '../../src/parallel/mpi/world.js';

const BREAKS: Readonly<Record<string, () => void>> = {
  prepare: () => {
    World.prototype.broadcast = () => {
      throw new Error('it has not understood');
    };
  },
  start: () => {
    Control.prototype.grant = () => {
      throw new Error('no thread to be had');
    };
  },
  drift: () => {
    const { sum } = MpiLibrary.prototype;
    MpiLibrary.prototype.sum = function (values) {
      sum.call(this, values);
      values[0]! += 1;
    };
  },
};

BREAKS[process.env.BREAK ?? '']!();
