/** A model without anything but its tensors, as another program would write it: one layer. */

/**
 * @param weight  [inputs, outputs]
 * @param bias    [outputs]
 */
export function tensorFile(weight: readonly (readonly number[])[], bias: readonly number[]): Buffer {
  const body = Float32Array.from([...weight.flat(), ...bias]);
  const middle = 4 * weight.flat().length;
  const header = JSON.stringify({
    'layers.0.weight': { dtype: 'F32', shape: [weight.length, bias.length], data_offsets: [0, middle] },
    'layers.0.bias': { dtype: 'F32', shape: [bias.length], data_offsets: [middle, body.byteLength] },
  });
  const text = header.padEnd(Math.ceil(header.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text), Buffer.from(body.buffer)]);
}
