/**
 * Recipes: named sets of defaults, which replace those of the options. Options that are given override a recipe.
 * docs/recipes.md says how they were chosen. bench/recipes.py compares `table` with other programs; bench/images.ts measures `image`.
 */

/** Values by option. */
type Recipe = Readonly<Record<string, unknown>>;

export const RECIPES = {
  /** The network and the steps of the reference program, which are the defaults for images. */
  reference: {
    ...{ hidden: [1000], activation: 'relu', init: 'uniform', epochs: 100, batchSize: 100 },
    ...{ optimizer: 'sgd', lr: 0.001, reduction: 'sum', momentum: 0, weightDecay: 0, schedule: 'constant' },
  },
  /** What it does not name is as the defaults for tables. */
  table: {
    ...{ scale: 'robust', hidden: [128], epochs: 256, dropout: 0.1, ema: 0.99 },
    ...{ validationSplit: 0.1, patience: 40, keepBest: true },
  },
  /** For images of digits, letters or clothes, without convolutions. Without augmentation, because what helps depends on the images. */
  image: {
    ...{ hidden: [1024, 1024], activation: 'relu', init: 'he', dropout: 0.35, inputDropout: 0.3, maxNorm: 2 },
    ...{ epochs: 40, batchSize: 256, optimizer: 'adam', lr: 0.002, reduction: 'mean', schedule: 'linear' },
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeName = keyof typeof RECIPES;
export const RECIPE_NAMES = Object.keys(RECIPES) as RecipeName[];
/** Refused for images. */
export const TABLE_RECIPES: readonly string[] = ['table'] satisfies RecipeName[];
/** Refused for tables. */
export const IMAGE_RECIPES: readonly string[] = ['image'] satisfies RecipeName[];

/** The default of an option by a recipe. @returns undefined if the recipe has none */
export function recipeDefault(recipe: RecipeName, option: string): unknown {
  return (RECIPES[recipe] as Recipe)[option];
}
