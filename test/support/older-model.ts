/** A small model, as an earlier run has left it. */
import { encodeTensors } from '../../src/files/safetensors.js';

export function olderModel(): Buffer {
  return Buffer.concat(encodeTensors({ lockstep: 'model', note: 'older' }, []));
}
