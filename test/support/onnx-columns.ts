/**
 * Runs an ONNX graph with an input for each column, for one row. An interpreter of the operators from their description
 * (https://onnx.ai/onnx/operators/), as strict about types as onnxruntime, with nothing imported from src/.
 */
import { BOOL, DOUBLE, FLOAT, INT64, type OnnxFile, type OnnxNode, STRING } from './onnx-file.js';

/** [1, width], or [width]. Truths are 0 and 1. */
interface Row {
  readonly type: number;
  readonly values: readonly (number | string)[];
}

export type OnnxCell = number | string;

/** What the graph gives: by name, all that it computes. */
export function runOnColumns(file: OnnxFile, cells: readonly OnnxCell[]): Map<string, readonly (number | string)[]> {
  const known = new Map<string, Row>(file.tensors);
  for (const [i, { name, type }] of file.inputs.entries()) {
    if ((typeof cells[i] === 'string') !== (type === STRING)) throw new Error(`${name} is not of its type`);
    set(known, name, { type, values: [cells[i]!] });
  }
  for (const node of file.nodes) {
    const rows = node.inputs.map((name) => {
      const row = known.get(name);
      if (!row) throw new Error(`${name} is not known`);
      return row;
    });
    const [weight] = node.operator === 'Gemm' ? [file.tensors.get(node.inputs[1]!)!.shape] : [];
    const row = compute(node, rows, weight);
    set(
      known,
      node.outputs[0]!,
      row.type === FLOAT ? { ...row, values: row.values.map((x) => Math.fround(Number(x))) } : row,
    );
  }
  for (const { name, type } of file.outputs) {
    if (known.get(name)?.type !== type) throw new Error(`output ${name} is not of its type`);
  }
  return new Map([...known].map(([name, { values }]) => [name, values]));
}

function set(known: Map<string, Row>, name: string, row: Row): void {
  if (name === '' || known.has(name)) throw new Error(`the name ${name} is empty, or has two meanings`);
  known.set(name, row);
}

const UNARY = {
  Abs: Math.abs,
  Sign: Math.sign,
  Neg: (x: number) => -x,
  Sqrt: Math.sqrt,
  Log: Math.log,
};

function compute({ operator, attributes, domain }: OnnxNode, rows: readonly Row[], shape?: readonly number[]): Row {
  const [a, b, c] = rows;
  if (domain !== (operator === 'LabelEncoder' ? 'ai.onnx.ml' : '')) throw new Error(`${operator} of ${domain}`);
  const number = (i: number, row = a!) => Number(row.values[row.values.length === 1 ? 0 : i]);
  const each = (type: number, of: (i: number) => number | string): Row => {
    const width = Math.max(...rows.map(({ values }) => values.length));
    const isRagged = rows.some(({ values }) => values.length !== width && values.length !== 1);
    if (isRagged) throw new Error(`${operator} of rows of other widths`);
    return { type, values: Array.from({ length: width }, (_, i) => of(i)) };
  };
  const same = (types: readonly number[], x = a!, y = b!) => {
    if (x.type !== y.type || !types.includes(x.type)) throw new Error(`${operator} of types ${x.type} and ${y.type}`);
    return x.type;
  };
  const arithmetic = (of: (x: number, y: number) => number) => {
    const type = same([FLOAT, DOUBLE, INT64]);
    return each(type, (i) => of(number(i), number(i, b)));
  };
  switch (operator) {
    case 'Concat':
      if (attributes.axis !== 1 || rows.some(({ type }) => type !== a!.type)) throw new Error('Concat');
      return { type: a!.type, values: rows.flatMap(({ values }) => values) };
    case 'Gather':
      if (b!.type !== INT64) throw new Error('Gather without integers');
      return {
        type: a!.type,
        values: b!.values.map((k) => {
          const value = a!.values[Number(k)];
          if (value === undefined) throw new Error(`Gather beyond its ${a!.values.length} columns`);
          return value;
        }),
      };
    case 'IsNaN':
      if (a!.type !== DOUBLE) throw new Error('IsNaN');
      return each(BOOL, (i) => Number(Number.isNaN(number(i))));
    case 'Equal':
      same([DOUBLE, INT64]);
      return each(BOOL, (i) => Number(number(i) === number(i, b)));
    case 'Less':
      same([INT64]);
      return each(BOOL, (i) => Number(number(i) < number(i, b)));
    case 'Greater':
      same([DOUBLE]);
      return each(BOOL, (i) => Number(number(i) > number(i, b)));
    case 'GreaterOrEqual':
      same([DOUBLE]);
      return each(BOOL, (i) => Number(number(i) >= number(i, b)));
    case 'Min':
      return arithmetic(Math.min);
    case 'Max':
      return arithmetic(Math.max);
    case 'Abs':
    case 'Sign':
    case 'Neg':
    case 'Sqrt':
    case 'Log':
      if (a!.type !== DOUBLE) throw new Error(operator);
      return each(DOUBLE, (i) => UNARY[operator](number(i)));
    case 'MatMul':
      if (same([DOUBLE]) !== DOUBLE || a!.values.length !== b!.values.length) throw new Error('MatMul');
      return { type: DOUBLE, values: [a!.values.reduce<number>((sum, x, i) => sum + Number(x) * number(i, b), 0)] };
    case 'Or':
      same([BOOL]);
      return each(BOOL, (i) => number(i) | number(i, b));
    case 'Where': {
      if (a!.type !== BOOL) throw new Error('Where without a condition');
      const type = same([FLOAT, DOUBLE, INT64, STRING], b, c);
      return each(type, (i) => {
        const { values } = number(i) === 1 ? b! : c!;
        return values[values.length === 1 ? 0 : i]!;
      });
    }
    case 'Cast': {
      const to = attributes.to as number;
      return each(to, (i) => (to === BOOL ? Number(number(i) !== 0) : number(i)));
    }
    case 'Add':
      return arithmetic((x, y) => x + y);
    case 'Sub':
      return arithmetic((x, y) => x - y);
    case 'Mul':
      return arithmetic((x, y) => x * y);
    case 'Div':
      return arithmetic((x, y) => (a!.type === INT64 ? Math.trunc(x / y) : x / y));
    case 'Mod':
      same([INT64]);
      return each(INT64, (i) => {
        const rest = number(i) % number(i, b);
        return rest < 0 ? rest + number(i, b) : rest;
      });
    case 'LabelEncoder': {
      const keys = attributes.keys_strings as readonly string[];
      const codes = attributes.values_int64s as readonly number[];
      if (new Set(keys).size !== keys.length || keys.length !== codes.length) throw new Error('LabelEncoder');
      if (a!.type !== STRING) throw new Error('LabelEncoder of numbers');
      const code = new Map(keys.map((key, i) => [key, codes[i]!]));
      return each(INT64, (i) => code.get(String(a!.values[i])) ?? (attributes.default_int64 as number));
    }
    case 'ReduceMax':
      if (a!.type !== FLOAT || String(attributes.axes) !== '1') throw new Error('ReduceMax');
      return { type: FLOAT, values: [Math.max(...a!.values.map(Number))] };
    case 'ArgMax': {
      const values = a!.values.map(Number);
      return { type: INT64, values: [values.indexOf(Math.max(...values))] };
    }
    case 'Reshape':
      return a!;
    case 'Gemm': {
      const [height, width] = shape!;
      if (rows.some(({ type }) => type !== FLOAT) || a!.values.length !== height) throw new Error('Gemm');
      const sums = c!.values.map(Number);
      for (const [i, x] of a!.values.entries()) {
        for (let j = 0; j < width!; j++) sums[j]! += Number(x) * Number(b!.values[i * width! + j]);
      }
      return { type: FLOAT, values: sums };
    }
    case 'Relu':
      return each(FLOAT, (i) => (Number.isNaN(number(i)) ? Number.NaN : Math.max(0, number(i))));
    case 'Softmax': {
      if (attributes.axis !== 1) throw new Error('Softmax');
      const values = a!.values.map(Number);
      const powers = values.map((x) => Math.exp(x - Math.max(...values)));
      const sum = powers.reduce((total, power) => total + power, 0);
      return { type: FLOAT, values: powers.map((power) => power / sum) };
    }
    default:
      throw new Error(`operator ${operator}`);
  }
}
