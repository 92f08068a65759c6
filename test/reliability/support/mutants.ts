/** Small changes to a module, one at a time, each of which a good test notices: found in the syntax tree of its JavaScript. */
import { parseAst } from 'vitest/node';

/** One change: the text from `start` to `end` becomes `replacement`. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What was changed, in a few words. */
  readonly what: string;
  /** Counted from 1, in the JavaScript. */
  readonly line: number;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [name: string]: unknown;
}

/** An operator, and what it is changed into. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
};

/** A method or function, and the one that is called in its place. */
const METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  indexOf: 'lastIndexOf',
};

/** @returns in the order of the text */
export function mutantsOf(text: string): Mutant[] {
  const mutants: Mutant[] = [];
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const add = (start: number, end: number, replacement: string, what: string) => {
    const line = lineStarts.findLastIndex((at) => at <= start) + 1;
    mutants.push({ start, end, replacement, what, line });
  };
  const textOf = ({ start, end }: Node) => text.slice(start, end);

  function visit(node: Node): void {
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression':
      case 'AssignmentExpression': {
        const [left, right] = [node.left as Node, node.right as Node];
        const operator = node.operator as string;
        // Text that is put together is not arithmetic.
        const isText = operator.startsWith('+') && [left, right].some(isTextual);
        const at = text.indexOf(operator, left.end);
        for (const other of isText ? [] : (OPERATORS[operator] ?? []))
          add(at, at + operator.length, other, `${operator} becomes ${other}`);
        break;
      }
      case 'UnaryExpression':
        if (node.operator === '!' || node.operator === '-')
          add(node.start, node.end, textOf(node.argument as Node), `${node.operator} is dropped`);
        break;
      case 'AwaitExpression':
        add(node.start, node.end, textOf(node.argument as Node), 'await is dropped');
        break;
      case 'UpdateExpression': {
        const operator = node.operator as string;
        const at = node.prefix ? node.start : node.end - 2;
        add(at, at + 2, operator === '++' ? '--' : '++', `${operator} is turned round`);
        break;
      }
      case 'Literal':
        if (typeof node.value === 'number') add(node.start, node.end, `(${node.value} + 1)`, `${node.value} plus 1`);
        else if (typeof node.value === 'boolean') add(node.start, node.end, `${!node.value}`, `${node.value} negated`);
        break;
      case 'IfStatement':
      case 'ConditionalExpression': {
        const test = node.test as Node;
        for (const value of ['true', 'false']) add(test.start, test.end, value, `a condition is always ${value}`);
        break;
      }
      case 'ExpressionStatement':
        if (!node.directive && !isSuper(node.expression as Node))
          add(node.start, node.end, ';', 'a statement is removed');
        break;
      case 'BreakStatement':
      case 'ContinueStatement':
        add(node.start, node.end, ';', 'a jump is removed');
        break;
      case 'CallExpression':
      case 'NewExpression': {
        const args = node.arguments as readonly Node[];
        const callee = node.callee as Node;
        // Their arguments can stand in any order.
        const isSymmetric = /^Math\.(min|max|hypot)$/.test(textOf(callee));
        for (const [i, one] of args.slice(0, -1).entries()) {
          const other = args[i + 1]!;
          const between = text.slice(one.end, other.start);
          const isSame = isSymmetric || textOf(one) === textOf(other);
          if (isSame || one.type === 'SpreadElement' || other.type === 'SpreadElement') continue;
          add(one.start, other.end, `${textOf(other)}${between}${textOf(one)}`, 'two arguments are exchanged');
        }
        const property = callee.property as Node | undefined;
        const other = callee.type === 'MemberExpression' && property && METHODS[textOf(property)];
        if (other) add(property.start, property.end, other, `${textOf(property)} becomes ${other}`);
        break;
      }
      default:
    }
    for (const child of childrenOf(node)) visit(child);
  }
  visit(parseAst(text) as unknown as Node);
  return mutants.sort((a, b) => a.start - b.start);
}

function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(each)) yield each;
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

function isTextual(node: Node): boolean {
  if (node.type === 'TemplateLiteral') return true;
  return node.type === 'Literal' && typeof node.value === 'string';
}

const isSuper = (node: Node) => node.type === 'CallExpression' && (node.callee as Node).type === 'Super';
