/** Options of both sheets. */
import type { Shape } from '../predict/picture.js';
import type { ThemeName } from './theme.js';

export interface SheetOptions {
  /** Maximum number of images. */
  readonly count: number;
  readonly theme: ThemeName;
  /** Shape of the inputs as an image. @default a square */
  readonly shape?: Shape | undefined;
  /** Width of a value in pixels. @default images about 84 pixels wide */
  readonly scale?: number | undefined;
}
