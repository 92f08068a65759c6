/** Parses untrusted JSON. Its size is checked first, because V8 aborts the process when its heap is full. */

export interface JsonLimits {
  /** Nesting depth of arrays and objects. */
  readonly depth: number;
  /** Number of arrays, objects and keys. */
  readonly nodes: number;
  /** Number of values in arrays and objects. */
  readonly values: number;
}

/**
 * The files that Lockstep reads are nested at most 5 levels deep. While they are parsed, 2^22 empty arrays take about 150 MB
 * and 2^24 numbers 400 MB; V8's heap limit is 2 GB or more.
 */
const USUAL: JsonLimits = { depth: 64, nodes: 2 ** 22, values: 2 ** 24 };

export class JsonLimitError extends Error {
  override readonly name = 'JsonLimitError';
}

/** @throws SyntaxError if it is not JSON, JsonLimitError if it exceeds a limit */
export function parseJson(text: string, limits: JsonLimits = USUAL): unknown {
  // Most texts are too short, with too few brackets, to exceed a limit.
  const isSmall = text.length <= limits.nodes && hasFewBrackets(text, limits.depth);
  if (!isSmall) requireWithin(text, limits);
  return JSON.parse(text) as unknown;
}

/** @returns null for undefined, and `fallback` for invalid JSON */
export function parseJsonOr(text: string | undefined, fallback: unknown): unknown {
  try {
    return text === undefined ? null : parseJson(text);
  } catch {
    return fallback;
  }
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

/** Position of the closing quote, or the end of the text. */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
