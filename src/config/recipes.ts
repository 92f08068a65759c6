/**
 * Recipes: named sets of defaults, which replace those of the options. Options that are given override a recipe. Some values
 * depend on the table. bench/recipes.py compares the recipe `table` with other programs: docs/recipes.md.
 */
import type { TableTraits } from './option.js';

/** Values by option. A function returns undefined where the option's own default applies. */
type Recipe = Readonly<Record<string, unknown>>;

/** With fewer rows, a network learns the bins by heart. */
const MANY = 1000;

export const RECIPES = {
  /** The network and the steps of the reference program, which are the defaults for images. */
  reference: {
    ...{ hidden: [1000], activation: 'relu', init: 'uniform', epochs: 100, batchSize: 100 },
    ...{ optimizer: 'sgd', lr: 0.001, reduction: 'sum', momentum: 0, weightDecay: 0, schedule: 'constant' },
  },
  /** Network and steps are the defaults for tables. */
  table: {
    scale: ({ areNumbers, rows = 0 }: TableTraits) => (areNumbers && rows >= MANY ? 'piecewise-linear' : 'robust'),
    ...{ validationSplit: 0.2, keepBest: true },
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeName = keyof typeof RECIPES;
export const RECIPE_NAMES = Object.keys(RECIPES) as RecipeName[];
/** Refused for images. */
export const TABLE_RECIPES: readonly string[] = ['table'] satisfies RecipeName[];

/**
 * The default of an option by a recipe. @returns undefined if the recipe has none
 *
 * @param table  undefined for images
 */
export function recipeDefault(recipe: RecipeName, option: string, table: TableTraits | undefined): unknown {
  const value = (RECIPES[recipe] as Recipe)[option];
  return typeof value === 'function' ? table && (value as (table: TableTraits) => unknown)(table) : value;
}
