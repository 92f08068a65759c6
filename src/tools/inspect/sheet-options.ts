/** What both sheets can be told. */
import type { Shape } from '../predict/picture.js';
import type { ThemeName } from './theme.js';

export interface SheetOptions {
  /** Pictures at most. */
  readonly count: number;
  readonly theme: ThemeName;
  /** Of the inputs as a picture. @default a square */
  readonly shape?: Shape | undefined;
  /** Pixels a value, to each side. @default what makes a picture some 84 pixels wide */
  readonly scale?: number | undefined;
}
