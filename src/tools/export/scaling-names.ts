/** Names of the arrays of scalings in exported files: a target is mean + deviation · output. */
export const SUBTRACT = 'input_scaling.subtract';
export const DIVIDE_BY = 'input_scaling.divide_by';
export const DEVIATION = 'targets.deviation';
export const MEAN = 'targets.mean';
