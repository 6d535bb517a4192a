import { STARTING } from '../../views/words/console-actions.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { type ActionDocument, IMPACTS, type Impact, VERBS, type Verb } from './action.ts';
import type { ResourceDocument } from './catalogue.ts';
import { parameterOf } from './draft-parameter.ts';
import { SCRATCH } from './lint.ts';
import { type Described, openApiOperations, TooMuchReferred } from './openapi.ts';
import type { JsonSchema } from './schema.ts';
import { mcpTools } from './tools.ts';
import { readYaml } from './yaml.ts';

/** Thrown when a description cannot be read at all, with why. */
export class DraftError extends Error {
  readonly said: Saying;
  constructor(said: Saying) {
    super(inEnglish(said));
    this.said = said;
  }
}

/**
 * A resource with a draft for each operation of an OpenAPI 3 document, or each tool of an MCP server's list. What the
 * description says about itself is somebody else's word: it decides no level, stands in no sentence, and waits as
 * `draft.says` for a person who reads it and writes their own.
 *
 * @throws DraftError when it is neither
 */
export function draftFrom({
  document,
  source,
  ...resource
}: {
  document: string;
  /** How the description is called where somebody may look it up. */
  source: string;
  resource: string;
  name: string;
  owner: string;
}): ResourceDocument {
  const read = parsed(document);
  const described = operationsOf(read) ?? mcpTools(read);
  if (described === undefined) throw new DraftError(saying(REFUSED.noDescription));
  if (described.length === 0) throw new DraftError(saying(REFUSED.noOperation));
  if (described.length > MOST) throw new DraftError(saying(REFUSED.manyOperations, { count: MOST }));
  const taken = new Set<string>();
  return {
    ...resource,
    actions: described.map((operation) => {
      const action = draftOf(operation, resource.name, source);
      let key = action.key;
      for (let number = 2; taken.has(key); number += 1) key = `${action.key}_${number}`;
      taken.add(key);
      return { ...action, key };
    }),
  };
}

const MOST = 500;

/** What somebody begins with who writes from scratch: previewed at once, and a draft until every text is theirs. */
export const startingText = (key: string, { say }: Speaker): string => `key: ${key}
version: 1
draft: { source: ${SCRATCH} } # ${say(STARTING.draft)}
verb: update # ${say(STARTING.or, { others: VERBS.filter((verb) => verb !== 'update').join(', ') })}
parameters:
  type: object
  additionalProperties: false
  required: [item]
  properties:
    item: { type: string, minLength: 1, maxLength: 40, x-label: Item, x-format: text }
critical: [item] # ${say(STARTING.critical)}
headline: change {item}
button: Allow change
effect: Changes something
undo: Cannot be undone here
facts:
  what: Change {item}
  system: "{@system}"
  data: "{item} only"
  changes: Yes, one item is changed
  impact: What this means to somebody
reversible: false
level: { default: high } # ${say(STARTING.or, { others: IMPACTS.filter((impact) => impact !== 'high').join(', ') })}
durations: { default: once, max: PT10M }
samples:
  - { item: chair }
`;

function operationsOf(document: unknown): Described[] | undefined {
  try {
    return openApiOperations(document, MOST);
  } catch (error) {
    if (error instanceof TooMuchReferred) throw new DraftError(saying(REFUSED.manyReferences));
    throw error;
  }
}

/** Most descriptions are JSON, which may be long: it is read a hundred times as fast as YAML. */
function parsed(text: string): unknown {
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
    }
  }
  const read = readYaml(text, { strict: false });
  if (!read.ok) throw new DraftError(read.problems[0] ?? saying(REFUSED.noDescription));
  return read.value;
}

function draftOf(
  { words, method, says, properties, required }: Described,
  system: string,
  source: string,
): ActionDocument {
  const verb = verbOf(words, method);
  const shown: Record<string, JsonSchema> = {};
  const sample: Record<string, unknown> = {};
  const lacks: string[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    const parameter = /^[a-z][A-Za-z0-9_]{0,39}$/.test(name) ? parameterOf(schema) : undefined;
    if (parameter === undefined) {
      lacks.push(inert(name, 60));
      continue;
    }
    shown[name] = parameter.schema;
    if (required.has(name)) sample[name] = parameter.sample;
  }
  const must = Object.keys(shown).filter((name) => required.has(name));
  const written = verb !== 'read' && verb !== 'summarise' && verb !== 'export';
  const isDate = (name: string) => ['date', 'instant'].includes(String(shown[name]?.['x-format']));
  const told = (name: string) => (isDate(name) ? `{${name}|full}` : `{${name}}`);
  const critical = must.slice(0, 2);
  const others = Object.keys(shown).filter((name) => !critical.includes(name) || isDate(name));
  return {
    key: [slug(system), ...(words.length > 1 ? words.slice(0, -1) : words), words.length > 1 ? words.at(-1) : verb]
      .join('.')
      .slice(0, 70)
      // A name that is cut behind a dot is none.
      .replace(/\.$/, ''),
    version: 1,
    verb,
    draft: { source, ...(says !== '' && { says: inert(says, 1900) }), ...(lacks.length > 0 && { lacks }) },
    parameters: {
      type: 'object',
      additionalProperties: false,
      ...(must.length > 0 && { required: must }),
      properties: shown,
    },
    critical,
    headline: `${verb} something${critical.map((name, index) => `${index === 0 ? ': ' : ', '}{${name}}`).join('')}`,
    button: 'Allow this',
    effect: written ? 'Changes something' : 'Reads only',
    ...(written && { undo: 'Cannot be undone here' }),
    facts: {
      what: 'Use one function of the system',
      system: '{@system}',
      data: [
        // Something stands there even when every value is left out.
        ...(others.some((name) => must.includes(name)) ? [] : ['What the function works on']),
        ...others.map((name) => (must.includes(name) ? `, ${told(name)}` : `[, ${told(name)}]`)),
      ].join(''),
      changes: written ? 'Yes, something is changed' : 'Nothing',
      impact: 'What this means to somebody',
    },
    reversible: !written,
    level: { default: LEVELS[verb] ?? 'high' },
    durations: { default: 'once', max: 'PT10M' },
    samples: [sample],
  };
}

/** Not lower than this before a person has thought about it. */
const LEVELS: { readonly [verb in Verb]?: Impact } = { read: 'medium', summarise: 'medium' };

/** Words of a name may make a verb graver; only the method, which the API itself obeys, makes it reading. */
function verbOf(words: readonly string[], method: string | undefined): Verb {
  const found = GRAVER.find(([pattern]) => words.some((word) => pattern.test(word)))?.[1];
  if (found !== undefined) return found;
  if (method === 'delete') return 'delete';
  return method === 'get' || method === 'head' ? 'read' : 'update';
}

const GRAVER: readonly [RegExp, Verb][] = [
  [/pay|refund|purchase|charge|checkout|invoice|transfer|buy|order/, 'purchase'],
  [/delete|remove|destroy|drop|purge|erase|wipe|truncate/, 'delete'],
  [/export|download|dump|backup/, 'export'],
  [/send|mail|message|notify|invite|publish|post_|tweet|share/, 'send'],
  [/approve|accept|sign|confirm/, 'approve'],
];

/** A foreign text without anything that a terminal or a page would obey. */
const inert = (text: string, most: number): string =>
  text
    .slice(0, most)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}]/gu, (character) =>
      character === '\n' ? ' ' : `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );

/** Lower-case words of a key. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '') || 'system';
