import { type Document, isScalar, Lexer, LineCounter, type Pair, parseDocument, visit, type YAMLError } from 'yaml';
import { YAML } from '../../views/words/console-lint.ts';
import { HOSTILE } from '../../views/words/console-values.ts';
import { jsonRefused } from '../../views/words/json.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { checkTexts, type TextProblem } from '../oauth/text.ts';
import { at } from './problem.ts';

export type ReadYaml = { ok: true; value: unknown } | { ok: false; problems: readonly Saying[] };

/**
 * YAML of the core schema, each name once. Every problem with its line.
 *
 * @param strict that of somebody else may hold what is only doubtful, a tag that nobody knows for example
 */
export function readYaml(text: string, { strict = true } = {}): ReadYaml {
  const lines = new LineCounter();
  const document = yamlDocument(text, lines);
  if (document === undefined) return { ok: false, problems: [saying(YAML.tooLong)] };
  const problems = [...document.errors, ...(strict ? document.warnings : [])].map(inWords);
  if (problems.length === 0) problems.push(...repeated(document, lines));
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, MOST_PROBLEMS) };
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const problem = strict ? beyondJson(value) : undefined;
    return problem === undefined ? { ok: true, value } : { ok: false, problems: [problem] };
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    const [, name] = /^Unresolved alias [^:]*: (.*)$/s.exec(cause.message) ?? [];
    return {
      ok: false,
      problems: [name === undefined ? saying(YAML.tooManyAliases) : saying(YAML.noAnchor, { name })],
    };
  }
}

/**
 * What the text says, whatever is wrong with it. Undefined where to read it would keep everybody else waiting: what takes
 * its time is the number of pieces, and there are some ten times as many as in any catalogue.
 */
export function yamlDocument(text: string, lineCounter = new LineCounter()): Document.Parsed | undefined {
  let pieces = 0;
  for (const _ of new Lexer().lex(text)) {
    pieces += 1;
    if (pieces > MOST_PIECES) return undefined;
  }
  // The library compares each name with each; {@link repeated} looks at each once.
  return parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: false, strict: true, lineCounter });
}

/** YAML says more than JSON: what could be neither hashed nor stored, half a character or `.nan` for example. */
function beyondJson(value: unknown): Saying | undefined {
  const broken = checkTexts(value, '', unstorable);
  if (broken) return at(broken.field, saying(HOSTILE[broken.problem]));
  const number = numbersIn(value).find(
    (one) => !Number.isFinite(one) || (Number.isInteger(one) && !Number.isSafeInteger(one)),
  );
  return number === undefined ? undefined : jsonRefused({ kind: 'inexact', number: String(number) });
}

const numbersIn = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
};

const unstorable = (text: string): TextProblem | undefined =>
  text.isWellFormed() ? (text.includes('\0') ? 'a control character' : undefined) : 'half a character';

const MOST_PIECES = 60_000;
const MOST_PROBLEMS = 100;

/** Names that stand twice in one map: which of them counts is another parser's guess. */
function repeated(document: Document.Parsed, lines: LineCounter): Saying[] {
  const problems: Saying[] = [];
  visit(document, {
    Map(_, { items }) {
      const names = new Set<string>();
      for (const { key } of items as Pair[]) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (names.has(name)) problems.push(placed(saying(YAML.DUPLICATE_KEY), lines.linePos(key.range?.[0] ?? 0)));
        names.add(name);
      }
    },
  });
  return problems;
}

const inWords = ({ code, linePos: [start] = [] as never }: YAMLError): Saying => placed(saying(YAML[code]), start);

const placed = (problem: Saying, start: { line: number; col: number } | undefined): Saying =>
  start ? saying(YAML.at, { line: String(start.line), column: String(start.col), problem }) : problem;
