/** The only place where JSON of strangers is parsed: what it would cost is bounded before it is. */

export interface JsonLimits {
  /** Arrays and objects in one another. */
  readonly depth: number;
  /** Arrays, objects and keys, together. */
  readonly nodes: number;
  /** Values in arrays and objects, together. */
  readonly values: number;
}

/**
 * Nothing that Lockstep reads is nested deeper than 5 levels. As many empty arrays take about 150 MB, as many numbers 400 MB
 * while they are parsed: V8 ends the whole process where its heap, of 2 GB or more, is full.
 */
const USUAL: JsonLimits = { depth: 64, nodes: 2 ** 22, values: 2 ** 24 };

/** JSON, perhaps, but too much of it. */
export class JsonLimitError extends Error {
  override readonly name = 'JsonLimitError';
}

/**
 * @throws SyntaxError if it is not JSON, JsonLimitError if it is beyond a limit
 */
export function parseJson(text: string, limits: JsonLimits = USUAL): unknown {
  // Most texts are lines so short, and with so few brackets, that they cannot be beyond any limit.
  const isSmall = text.length <= limits.nodes && hasFewBrackets(text, limits.depth);
  if (!isSmall) requireWithin(text, limits);
  return JSON.parse(text) as unknown;
}

function hasFewBrackets(text: string, most: number): boolean {
  let count = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (++count > most) return false;
  }
  return true;
}

function requireWithin(text: string, limits: JsonLimits): void {
  let depth = 0;
  let nodes = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '"':
        i = endOfString(text, i);
        break;
      case '[':
      case '{':
        nodes++;
        if (++depth > limits.depth) throw new JsonLimitError(`nested more than ${limits.depth} levels deep`);
        break;
      case ']':
      case '}':
        depth--;
        break;
      case ':':
        nodes++;
        break;
      case ',':
        if (++values >= limits.values) throw new JsonLimitError(`more than ${limits.values} values`);
        break;
    }
    if (nodes > limits.nodes) throw new JsonLimitError(`more than ${limits.nodes} arrays, objects and keys`);
  }
}

/** Where its closing quote is; the end of the text if it has none. */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
