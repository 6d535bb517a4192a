import { Ajv2020, type ErrorObject, type Format as TextFormat } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { canonicalJson } from '../oauth/canonical.ts';
import { FORMATS, type Format } from './format.ts';
import { LANGUAGES, type Text } from './language.ts';

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

/** What is wrong with a value, in words for an agent's builder; undefined when it fits. */
export type Check = (value: unknown) => string | undefined;

const STRICT = { strict: true, strictRequired: true, allowUnionTypes: true, ownProperties: true } as const;

/** Knows what a schema is, and keeps none: the schema of schemas takes as long to compile as a whole catalogue. */
const META = new Ajv2020(STRICT);

/**
 * Turns JSON Schemas into functions. Make one for each catalogue and let it go with it: the library keeps what it
 * compiled for as long as it lives. Throws when a schema is no schema.
 */
export function schemaCompiler(): (schema: JsonSchema) => Check {
  // Strict: an unknown keyword, a property without a type and the like are mistakes of a catalogue, not permissions.
  const ajv = new Ajv2020({ ...STRICT, validateSchema: false });
  ajv.addVocabulary(['x-label', 'x-format']);
  for (const [name, format] of Object.entries(TEXT_FORMATS)) ajv.addFormat(name, format);
  return (schema) => {
    if (!META.validateSchema(schema)) throw new Error(`schema is invalid: ${META.errorsText()}`);
    const validate = ajv.compile(schema);
    return (value) => (validate(value) ? undefined : explain(validate.errors?.[0]));
  };
}

/**
 * What a catalogue's schema may not do. It has to be closed and bounded, and every parameter shown in a way we know:
 * what a person is not shown cannot be asked for.
 */
export function schemaProblems(schema: JsonSchema, place = 'parameters', member = 'parameter'): string[] {
  const problems: string[] = [];
  const allowed = ['type', 'properties', 'required', 'additionalProperties', 'dependentRequired'];
  for (const keyword of Object.keys(schema)) {
    if (!allowed.includes(keyword)) problems.push(`${place}: keyword ${keyword} is not accepted`);
  }
  if (schema.type !== 'object') problems.push(`${place}: type must be object`);
  if (schema.additionalProperties !== false) problems.push(`${place}: additionalProperties must be false`);
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    problems.push(...propertyProblems(name, property).map((problem) => `${member} ${name}: ${problem}`));
  }
  return problems;
}

export const propertiesOf = (schema: JsonSchema): Record<string, JsonSchema> =>
  isObject(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};

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

function propertyProblems(name: string, schema: JsonSchema): string[] {
  if (!isObject(schema)) return ['must be an object'];
  const { 'x-label': label, 'x-format': format, ...rest } = schema;
  const problems: string[] = [];
  if (!/^[a-z][A-Za-z0-9_]{0,39}$/.test(name)) problems.push('name must be a word of letters, digits and _');
  if ((RESERVED as readonly string[]).includes(name)) problems.push('name is reserved');
  if (!isLabel(label)) problems.push('x-label is missing');
  if (!FORMATS.includes(format as Format)) return [...problems, `x-format must be one of ${FORMATS.join(', ')}`];
  const shape = SHAPES[format as Format](rest);
  if (shape !== undefined) problems.push(shape);
  return [...problems, ...patternProblems(rest)];
}

/** What the schema of a parameter must be, so that everything it lets through can be shown and compared. */
const SHAPES: Record<Format, (schema: JsonSchema) => string | undefined> = {
  text: (schema) => boundedText(schema, ['maxLength', 'minLength', 'pattern', 'enum']),
  id: (schema) => boundedText(schema, ['maxLength', 'minLength', 'pattern', 'enum']),
  email: (schema) =>
    schema.format === 'email' ? boundedText(schema, ['format', 'maxLength']) : 'must have format email',
  money: (schema) => (same(schema, MONEY) ? undefined : `must be exactly ${JSON.stringify(MONEY)}`),
  count: (schema) =>
    schema.type === 'integer' &&
    typeof schema.minimum === 'number' &&
    typeof schema.maximum === 'number' &&
    only(schema, ['type', 'minimum', 'maximum'])
      ? undefined
      : 'must be an integer with minimum and maximum',
  date: (schema) => (same(schema, { type: 'string', format: 'date' }) ? undefined : 'must be a string of format date'),
  instant: (schema) =>
    same(schema, { type: 'string', format: 'date-time' }) ? undefined : 'must be a string of format date-time',
  flag: (schema) => (same(schema, { type: 'boolean' }) ? undefined : 'must be a boolean'),
  list: (schema) => {
    if (!only(schema, ['type', 'items', 'minItems', 'maxItems', 'uniqueItems']) || schema.type !== 'array') {
      return 'must be an array with items, minItems, maxItems and uniqueItems';
    }
    const { minItems, maxItems, uniqueItems, items } = schema;
    if (typeof minItems !== 'number' || minItems < 1 || typeof maxItems !== 'number' || uniqueItems !== true) {
      return 'must have minItems of at least 1, maxItems and uniqueItems';
    }
    if (!isObject(items)) return 'must have items';
    return boundedText(items, ['format', 'maxLength', 'minLength', 'pattern', 'enum']);
  },
  changes: (schema) => {
    const { type, minProperties, maxProperties, propertyNames, additionalProperties: values } = schema;
    if (!only(schema, ['type', 'minProperties', 'maxProperties', 'propertyNames', 'additionalProperties'])) {
      return 'has keywords that are not accepted';
    }
    if (
      type !== 'object' ||
      typeof minProperties !== 'number' ||
      minProperties < 1 ||
      typeof maxProperties !== 'number'
    ) {
      return 'must be an object with minProperties of at least 1 and maxProperties';
    }
    if (!isObject(propertyNames) || longest(propertyNames) === undefined || typeof propertyNames.pattern !== 'string') {
      return 'must have propertyNames with pattern and maxLength';
    }
    if (!isObject(values) || longest(values) === undefined || !only(values, ['type', 'maxLength'])) {
      return 'must have additionalProperties with type and maxLength';
    }
    const types = [values.type].flat();
    return types.every((name) => ['string', 'number', 'boolean', 'null'].includes(String(name)))
      ? undefined
      : 'may only have texts, numbers, booleans and null as values';
  },
};

function boundedText(schema: JsonSchema, keywords: readonly string[]): string | undefined {
  if (schema.type !== 'string') return 'must be a string';
  if (!only(schema, ['type', ...keywords])) return `may only have ${keywords.join(', ')}`;
  const characters = longest(schema);
  if (characters === undefined) return 'must have maxLength';
  return characters <= 500 ? undefined : 'maxLength must be at most 500';
}

/**
 * A pattern of a catalogue runs on whatever an agent sends. A repeated group, or many free repetitions over a long
 * text, can take minutes in a backtracking engine.
 */
function patternProblems(schema: JsonSchema): string[] {
  const patterns = [schema, schema.items, schema.propertyNames].flatMap((part) =>
    isObject(part) && typeof part.pattern === 'string' ? [part.pattern] : [],
  );
  return patterns.flatMap((pattern) => {
    if (/\)[*+{?]/.test(pattern)) return [`pattern ${pattern} repeats a group`];
    if ((pattern.match(/[*+]|,\}/g)?.length ?? 0) > 2) return [`pattern ${pattern} has more than two free repetitions`];
    return pattern.startsWith('^') && pattern.endsWith('$')
      ? []
      : [`pattern ${pattern} must begin with ^ and end with $`];
  });
}

function explain(error: ErrorObject | undefined): string {
  if (error === undefined) return 'not accepted';
  const place = error.instancePath.slice(1).replaceAll('/', '.');
  const at = place === '' ? '' : `${place} `;
  switch (error.keyword) {
    case 'required':
    case 'dependentRequired':
      return `${at}misses ${error.params.missingProperty}`;
    case 'additionalProperties':
      return `${at}has an unknown member ${error.params.additionalProperty}`;
    default:
      return `${at}${(error.message ?? 'not accepted').replaceAll('"', "'")}`;
  }
}

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
