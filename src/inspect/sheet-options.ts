/** What both sheets can be told. */
import type { ThemeName } from './theme.js';

export interface SheetOptions {
  /** Pictures at most. */
  readonly count: number;
  readonly theme: ThemeName;
  /** Height and width of the inputs as a picture, such as 28x28. @default a square */
  readonly shape?: string | undefined;
  /** Pixels a value, to each side. @default what makes a picture some 84 pixels wide */
  readonly scale?: number | undefined;
}
