/** Names of the scaling arrays in exported files. */
export const SUBTRACT = 'input_scaling.subtract';
export const DIVIDE_BY = 'input_scaling.divide_by';
