/** What arrays with a table's scaling are called in exported files. */
export const SUBTRACT = 'input_scaling.subtract';
export const DIVIDE_BY = 'input_scaling.divide_by';
