import { parseDocument, type YAMLError } from 'yaml';
import { YAML } from '../../views/words/console-lint.ts';
import { type Saying, saying } from '../../views/words/saying.ts';

export type ReadYaml = { ok: true; value: unknown } | { ok: false; problems: readonly Saying[] };

/**
 * YAML of the core schema, each name once. Every problem with its line.
 *
 * @param strict that of somebody else may hold what is only doubtful, a tag that nobody knows for example
 */
export function readYaml(text: string, { strict = true } = {}): ReadYaml {
  const document = parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: true, strict: true });
  const problems = [...document.errors, ...(strict ? document.warnings : [])].map(inWords);
  if (problems.length > 0) return { ok: false, problems };
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) };
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    const [, name] = /^Unresolved alias [^:]*: (.*)$/s.exec(cause.message) ?? [];
    return {
      ok: false,
      problems: [name === undefined ? saying(YAML.tooManyAliases) : saying(YAML.noAnchor, { name })],
    };
  }
}

function inWords({ code, linePos: [at] = [] as never }: YAMLError): Saying {
  const problem = saying(YAML[code]);
  return at ? saying(YAML.at, { line: String(at.line), column: String(at.col), problem }) : problem;
}
