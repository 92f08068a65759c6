/** The regularization and augmentation of a run in words, for its header. Events of earlier versions do not have these fields. */
import type { ConfigRecord } from '../config/options.js';

type Regularization = Pick<
  ConfigRecord,
  | 'dropout'
  | 'input_dropout'
  | 'label_smoothing'
  | 'l1'
  | 'max_norm'
  | 'shift'
  | 'rotate'
  | 'zoom'
  | 'flip'
  | 'input_noise'
>;

export function regularizationTexts(config: Partial<Regularization>): string[] {
  const { dropout = 0, input_dropout = 0, label_smoothing = 0, l1 = 0, max_norm = null } = config;
  const { shift = 0, rotate = 0, zoom = 0, flip = false, input_noise = 0 } = config;
  const texts = [
    dropout !== 0 && `dropout ${String(dropout)}`,
    input_dropout > 0 && `dropout of inputs ${input_dropout}`,
    label_smoothing > 0 && `label smoothing ${label_smoothing}`,
    l1 > 0 && `L1 penalty ${l1}`,
    max_norm !== null && `weight norms at most ${max_norm}`,
    shift > 0 && `shifts up to ${shift} pixels`,
    rotate > 0 && `rotations up to ${rotate}°`,
    zoom > 0 && `sizes changed by up to ${zoom}`,
    flip && 'half of the images mirrored',
    input_noise > 0 && `noise of ${input_noise} on inputs`,
  ];
  return texts.filter((text) => text !== false);
}
