export const INPUT_FORMS = ['columns', 'matrix'] as const;
/** Inputs of an ONNX graph. `columns`: one for each column of a table. `matrix`: only one, [batch, inputs]. */
export type InputForm = (typeof INPUT_FORMS)[number];
