import { Ajv2020, type ErrorObject, type Format as TextFormat } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { PLACE, SCHEMA } from '../../views/words/console-lint.ts';
import { TYPES, VALUE } from '../../views/words/console-values.ts';
import { asSent, either, inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import { FORMATS, type Format } from './format.ts';
import { LANGUAGES, type Text } from './language.ts';
import { patternProblem } from './pattern.ts';
import { at } from './problem.ts';

export type JsonSchema = Record<string, unknown>;
export type ParameterSchema = JsonSchema & { 'x-label': Text; 'x-format': Format };

/** The one shape of money: a decimal in a string, because a float cannot hold a cent. */
export const MONEY = {
  type: 'object',
  additionalProperties: false,
  required: ['currency', 'value'],
  properties: {
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    value: { type: 'string', pattern: '^\\d{1,12}\\.\\d{2}$' },
  },
};

/**
 * What is wrong with a value; undefined when it fits.
 *
 * @param under of this place within it, which nobody who reads it has to hear about
 */
export type Check = (value: unknown, under?: string) => Saying | undefined;

const STRICT = { strict: true, strictRequired: true, allowUnionTypes: true, ownProperties: true } as const;

/** Why something is no JSON Schema. */
export class NoSchema extends Error {
  readonly said: Saying;
  constructor(said: Saying) {
    super(inEnglish(said));
    this.name = 'NoSchema';
    this.said = said;
  }
}

/** Turns a JSON Schema into a function. @throws NoSchema */
export function compileSchema(schema: JsonSchema): Check {
  meta ??= new Ajv2020(STRICT);
  if (!meta.validateSchema(schema)) throw new NoSchema(explain(meta.errors?.[0], ''));
  try {
    return compiled(schema);
  } catch (cause) {
    // What the library holds against it beyond that has a text in English, and only machines are told it.
    throw new NoSchema(asSent(cause instanceof Error ? cause.message : String(cause), saying(SCHEMA.unusable)));
  }
}

/** The same when it is first asked, for what is known to be a schema: most processes ask few of them. */
export function whenAsked(schema: JsonSchema): Check {
  let check: Check | undefined;
  return (value, under) => {
    check ??= compiled(schema);
    return check(value, under);
  };
}

/** Knows what a schema is: to compile the schema of schemas takes as long as a whole catalogue. */
let meta: Ajv2020 | undefined;

/** By the schema itself: a catalogue is compiled whenever one action of it is written or published. */
const checks = new Map<string, Check>();
const MOST_CHECKS = 1000;

function compiled(schema: JsonSchema): Check {
  const key = canonicalJson(schema);
  const known = checks.get(key);
  if (known) return known;
  // Strict: an unknown keyword, a property without a type and the like are mistakes of a catalogue, not permissions. One
  // for each schema: the library keeps what it compiled for as long as it lives.
  const ajv = new Ajv2020({ ...STRICT, meta: false, validateSchema: false });
  ajv.addVocabulary(['x-label', 'x-format']);
  for (const [name, format] of Object.entries(TEXT_FORMATS)) ajv.addFormat(name, format);
  const validate = ajv.compile(schema);
  const check: Check = (value, under = '') => (validate(value) ? undefined : explain(validate.errors?.[0], under));
  const [oldest] = checks.keys();
  if (checks.size >= MOST_CHECKS && oldest !== undefined) checks.delete(oldest);
  checks.set(key, check);
  return check;
}

/**
 * What a catalogue's schema may not do. It has to be closed and bounded, and every parameter shown in a way we know:
 * what a person is not shown cannot be asked for.
 */
export function schemaProblems(
  schema: JsonSchema,
  place = 'parameters',
  member: keyof typeof PLACE & ('parameter' | 'fact') = 'parameter',
): Saying[] {
  const problems: Saying[] = [];
  const wrong = (problem: Saying) => problems.push(at(place, problem));
  const allowed = ['type', 'properties', 'required', 'additionalProperties', 'dependentRequired'];
  for (const keyword of Object.keys(schema)) {
    if (!allowed.includes(keyword)) wrong(saying(SCHEMA.keyword, { keyword }));
  }
  if (schema.type !== 'object') wrong(saying(SCHEMA.typeObject));
  if (schema.additionalProperties !== false) wrong(saying(SCHEMA.closed));
  const named = isObject(schema.properties) ? schema.properties : {};
  const { required = [] } = schema;
  for (const name of Array.isArray(required) ? required : []) {
    if (typeof name === 'string' && !Object.hasOwn(named, name)) wrong(saying(SCHEMA.requiredUnknown, { name }));
  }
  for (const [name, property] of Object.entries(named)) {
    const of = saying(PLACE[member], { name });
    problems.push(...propertyProblems(name, property as JsonSchema).map((problem) => at(of, problem)));
  }
  return problems;
}

/** Those that are schemas; of any other it is said what is wrong with it. */
export const propertiesOf = (schema: JsonSchema): Record<string, JsonSchema> =>
  Object.fromEntries(
    Object.entries(isObject(schema.properties) ? schema.properties : {}).filter(
      (entry): entry is [string, JsonSchema] => isObject(entry[1]),
    ),
  );

/** Longest text that a schema lets through, in characters; undefined where nothing bounds it. */
export function longest(schema: JsonSchema): number | undefined {
  if (Array.isArray(schema.enum)) return Math.max(0, ...schema.enum.map((value) => [...String(value)].length));
  return typeof schema.maxLength === 'number' ? schema.maxLength : undefined;
}

/** Members of a detail that are not parameters: RFC 9396 §2 and ours. */
export const RESERVED = [
  'type',
  'locations',
  'actions',
  'datatypes',
  'identifier',
  'privileges',
  'purpose',
  'access',
  'impact',
  'expires_at',
  'max_uses',
] as const;

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/;
const dateTime = fullFormats['date-time'] as { validate: (text: string) => boolean };

const TEXT_FORMATS: Record<string, TextFormat> = {
  date: fullFormats.date,
  email: fullFormats.email,
  // Stricter than RFC 3339: one spelling of separator and zone, and no leap second, which `Date` cannot hold.
  'date-time': {
    type: 'string',
    validate: (text: string) => RFC3339.test(text) && dateTime.validate(text) && !Number.isNaN(Date.parse(text)),
  },
};

function propertyProblems(name: string, schema: JsonSchema): Saying[] {
  if (!isObject(schema)) return [saying(SCHEMA.object)];
  const { 'x-label': label, 'x-format': format, ...rest } = schema;
  const problems: Saying[] = [];
  if (!/^[a-z][A-Za-z0-9_]{0,39}$/.test(name)) problems.push(saying(SCHEMA.name));
  // What every object has already, `constructor` for one, would be found where nobody put it.
  if ((RESERVED as readonly string[]).includes(name) || name in {}) problems.push(saying(SCHEMA.reserved));
  if (!isLabel(label)) problems.push(saying(SCHEMA.noLabel));
  if (!FORMATS.includes(format as Format))
    return [...problems, saying(SCHEMA.formats, { formats: FORMATS.join(', ') })];
  const shape = SHAPES[format as Format](rest);
  if (shape !== undefined) problems.push(shape);
  return [...problems, ...patternProblems(rest)];
}

/** What the schema of a parameter must be, so that everything it lets through can be shown and compared. */
const SHAPES: Record<Format, (schema: JsonSchema) => Saying | undefined> = {
  text: (schema) => boundedText(schema, ['maxLength', 'minLength', 'pattern', 'enum']),
  id: (schema) => boundedText(schema, ['maxLength', 'minLength', 'pattern', 'enum']),
  email: (schema) =>
    schema.format === 'email' ? boundedText(schema, ['format', 'maxLength']) : saying(SCHEMA.emailFormat),
  money: (schema) => (same(schema, MONEY) ? undefined : saying(SCHEMA.exactly, { schema: JSON.stringify(MONEY) })),
  count: (schema) =>
    schema.type === 'integer' &&
    typeof schema.minimum === 'number' &&
    typeof schema.maximum === 'number' &&
    only(schema, ['type', 'minimum', 'maximum'])
      ? undefined
      : saying(SCHEMA.count),
  date: (schema) => (same(schema, { type: 'string', format: 'date' }) ? undefined : saying(SCHEMA.date)),
  instant: (schema) => (same(schema, { type: 'string', format: 'date-time' }) ? undefined : saying(SCHEMA.instant)),
  flag: (schema) => (same(schema, { type: 'boolean' }) ? undefined : saying(SCHEMA.flag)),
  list: (schema) => {
    if (!only(schema, ['type', 'items', 'minItems', 'maxItems', 'uniqueItems']) || schema.type !== 'array') {
      return saying(SCHEMA.array);
    }
    const { minItems, maxItems, uniqueItems, items } = schema;
    if (typeof minItems !== 'number' || minItems < 1 || typeof maxItems !== 'number' || uniqueItems !== true) {
      return saying(SCHEMA.arrayBounds);
    }
    if (!isObject(items)) return saying(SCHEMA.items);
    return boundedText(items, ['format', 'maxLength', 'minLength', 'pattern', 'enum']);
  },
  changes: (schema) => {
    const { type, minProperties, maxProperties, propertyNames, additionalProperties: values } = schema;
    if (!only(schema, ['type', 'minProperties', 'maxProperties', 'propertyNames', 'additionalProperties'])) {
      return saying(SCHEMA.keywords);
    }
    if (
      type !== 'object' ||
      typeof minProperties !== 'number' ||
      minProperties < 1 ||
      typeof maxProperties !== 'number'
    ) {
      return saying(SCHEMA.changes);
    }
    if (!isObject(propertyNames) || longest(propertyNames) === undefined || typeof propertyNames.pattern !== 'string') {
      return saying(SCHEMA.propertyNames);
    }
    if (!isObject(values) || longest(values) === undefined || !only(values, ['type', 'maxLength'])) {
      return saying(SCHEMA.values);
    }
    const types = [values.type].flat();
    return types.every((name) => ['string', 'number', 'boolean', 'null'].includes(String(name)))
      ? undefined
      : saying(SCHEMA.valueTypes);
  },
};

function boundedText(schema: JsonSchema, keywords: readonly string[]): Saying | undefined {
  if (schema.type !== 'string') return saying(SCHEMA.string);
  if (!only(schema, ['type', ...keywords])) return saying(SCHEMA.only, { keywords: keywords.join(', ') });
  const characters = longest(schema);
  if (characters === undefined) return saying(SCHEMA.maxLength);
  return characters <= 500 ? undefined : saying(SCHEMA.tooLong);
}

function patternProblems(schema: JsonSchema): Saying[] {
  return [schema, schema.items, schema.propertyNames].flatMap((part) => {
    if (!isObject(part) || typeof part.pattern !== 'string') return [];
    // It runs before a list of values is looked at: that list bounds nothing.
    if (typeof part.maxLength !== 'number') return [saying(SCHEMA.maxLength)];
    const { pattern, maxLength } = part;
    const problem = patternProblem(pattern, maxLength);
    return problem === undefined ? [] : [saying(SCHEMA[problem], { pattern })];
  });
}

function explain(error: ErrorObject | undefined, under: string): Saying {
  const place = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const within =
    place === under ? '' : under !== '' && place.startsWith(`${under}.`) ? place.slice(under.length + 1) : place;
  return (EXPLAIN[error?.keyword ?? ''] ?? EXPLAIN.other)(within === '' ? '' : `${within} `, error?.params ?? {});
}

type Explain = (at: string, params: Record<string, unknown>) => Saying;

const misses: Explain = (at, { missingProperty }) => saying(VALUE.misses, { at, name: String(missingProperty) });
type Bound = 'atLeast' | 'atMost' | `${'characters' | 'items' | 'properties'}At${'Least' | 'Most'}`;
const limited =
  (bound: Bound): Explain =>
  (at, { limit }) =>
    saying(VALUE[bound], { at, limit: String(limit) });

/** "string,null" as JSON Schema names them to machines, in words to a person. */
const oneOfTypes = (types: readonly string[]): Saying =>
  asSent(
    types.join(','),
    either(types.map((type) => (Object.hasOwn(TYPES, type) ? saying(TYPES[type as keyof typeof TYPES]) : type))),
  );

/** What the library says of a value, by the keyword that refused it. */
const EXPLAIN: { readonly [keyword: string]: Explain; readonly other: Explain } = {
  other: (at) => saying(VALUE.notAccepted, { at }),
  required: misses,
  dependentRequired: misses,
  additionalProperties: (at, { additionalProperty }) =>
    saying(VALUE.unknownMember, { at, name: String(additionalProperty) }),
  type: (at, { type }) => saying(VALUE.type, { at, type: oneOfTypes([type].flat() as string[]) }),
  enum: (at) => saying(VALUE.oneOf, { at }),
  const: (at) => saying(VALUE.constant, { at }),
  pattern: (at, { pattern }) => saying(VALUE.pattern, { at, pattern: String(pattern).replaceAll('"', "'") }),
  format: (at, { format }) => saying(VALUE.format, { at, format: String(format) }),
  minimum: limited('atLeast'),
  maximum: limited('atMost'),
  minLength: limited('charactersAtLeast'),
  maxLength: limited('charactersAtMost'),
  minItems: limited('itemsAtLeast'),
  maxItems: limited('itemsAtMost'),
  minProperties: limited('propertiesAtLeast'),
  maxProperties: limited('propertiesAtMost'),
  uniqueItems: (at, { i, j }) => saying(VALUE.twice, { at, first: String(j), second: String(i) }),
  oneOf: (at) => saying(VALUE.oneShape, { at }),
  propertyNames: (at) => saying(VALUE.memberName, { at }),
};

const isLabel = (label: unknown): boolean =>
  typeof label === 'string'
    ? label !== ''
    : isObject(label) &&
      'en' in label &&
      Object.entries(label).every(
        ([language, text]) =>
          (LANGUAGES as readonly string[]).includes(language) && typeof text === 'string' && text !== '',
      );

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const only = (schema: JsonSchema, keywords: readonly string[]): boolean =>
  Object.keys(schema).every((keyword) => keywords.includes(keyword));
const same = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);
