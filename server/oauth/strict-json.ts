/** A JSON text that has one meaning, or what is wrong with it. */
export type ParsedJson = { ok: true; value: unknown } | { ok: false; problem: JsonProblem };

/** As data: whoever refuses it says it, to a machine in English and to a person in their language. */
export type JsonProblem =
  | { kind: 'noJson' }
  | { kind: 'deep'; levels: number }
  | { kind: 'twice' | 'refusedMember'; member: string }
  | { kind: 'inexact'; number: string };

/** Levels of arrays and objects in an outside text; {@link depthProblem} holds values that came parsed to the same. */
export const DEPTH_LIMIT = 6;

/**
 * JSON without its two ambiguities. A repeated member name is refused: `JSON.parse` takes the last one, another
 * parser on the way takes the first, and the person would approve what the API does not execute (RFC 8259 §4).
 * A number that a double cannot hold is refused for the same reason (RFC 8785 §3.2.2.3).
 */
export function parseStrictJson(text: string): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return { ok: false, problem: { kind: 'noJson' } };
    throw cause;
  }
  const problem = ambiguity(text) ?? depthProblem(value);
  return problem === undefined ? { ok: true, value } : { ok: false, problem };
}

/** Says so when a value is nested deeper than any shape of ours. */
export function depthProblem(value: unknown): JsonProblem | undefined {
  return isDeeper(value, DEPTH_LIMIT) ? { kind: 'deep', levels: DEPTH_LIMIT } : undefined;
}

/** Looks at no more levels than these. */
export const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

// The text is known to be JSON, so tokens suffice: strings, punctuation, and everything else between them.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** What a JSON text leaves open: a member that appears twice, a number that a double cannot hold. */
export function ambiguity(text: string): JsonProblem | undefined {
  const open: (Set<string> | undefined)[] = []; // the names of each open object; undefined for an array
  let previous = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const name = JSON.parse(previous) as string;
      const names = open.at(-1);
      if (names?.has(name)) return { kind: 'twice', member: shown(name) };
      // An own `__proto__` turns into a prototype as soon as some code copies members by assignment.
      if (name === '__proto__') return { kind: 'refusedMember', member: name };
      names?.add(name);
    } else if (/^-?\d/.test(token) && !exact(token)) return { kind: 'inexact', number: shown(token) };
    previous = token;
  }
  return undefined;
}

/** Names are an attacker's words, and what says them is stored and shown: nothing in them is invisible or turns a line round. */
const shown = (name: string): string =>
  name
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .slice(0, 60);

const exact = (token: string): boolean => {
  const number = Number(token);
  if (!Number.isFinite(number)) return false;
  if (Number.isInteger(number)) return Number.isSafeInteger(number) && digitsOf(token) === digitsOf(String(number));
  // So many tell every double from its neighbours; with more, it was another number.
  return digitsOf(token).length <= 17;
};

/** Those that count. */
const digitsOf = (token: string): string =>
  token
    .replace(/e.*$/i, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
