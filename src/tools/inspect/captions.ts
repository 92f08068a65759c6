/** Titles of the sheets. */
import path from 'node:path';
import type { ModelData } from '../../checkpoints/model-file.js';
import { parseJson } from '../../files/json.js';

/** File name, widths and training data, as far as they are known. */
export function titleOf({ file, layers, metadata }: Pick<ModelData, 'file' | 'layers' | 'metadata'>): string {
  const parts = [path.basename(file), layers.join('-')];
  const { epochs } = metadata;
  const dataset = nameIn(metadata.dataset);
  if (dataset !== undefined) parts.push(`trained on ${path.basename(dataset)}`);
  if (epochs !== undefined) parts.push(`${epochs} epoch${epochs === '1' ? '' : 's'}`);
  return parts.join(' · ');
}

function nameIn(dataset = ''): string | undefined {
  try {
    const { name } = parseJson(dataset) as { readonly name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
