import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';

import { checkSpacing, checkText } from '../oauth/text.ts';
import { type AdminOutcome, done, malformed } from './admin.ts';

export type Schema = Record<string, unknown>;

/** What one endpoint takes: closed, so that a misspelt member is refused and not ignored. */
export function input<T>(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Input<T> {
  const schema = { type: 'object', additionalProperties: false, properties, required };
  // Compiled when it is first asked: there are hundreds, and most processes need few of them.
  let compiled: ValidateFunction | undefined;
  const read = (value: unknown) => {
    compiled ??= ajv.compile(schema);
    return compiled(value) ? done(value as T) : malformed((compiled.errors ?? []).map(tell).join('; '));
  };
  return Object.assign(read, { schema });
}

/** Reads what was sent, and shows the schema that it is read by. */
export type Input<T> = ((value: unknown) => AdminOutcome<T>) & { readonly schema: Schema };

interface Inputs {
  query?: { readonly schema: Schema };
  body?: { readonly schema: Schema };
}

const declared = new WeakMap<object, Inputs>();
const promised = new WeakMap<object, Schema>();

/** Says by which validators an answer reads its request: the description of the API (openapi.ts) is made of these. */
export function takes<Answer extends object>(answer: Answer, inputs: Inputs): Answer {
  declared.set(answer, inputs);
  return answer;
}

/** Says what an answer holds when it is done. A test looks at every answer of every test by it. */
export function gives<Answer extends object>(answer: Answer, shape: Schema): Answer {
  promised.set(answer, shape);
  return answer;
}

export const shapeOf = (answer: object): Schema | undefined => promised.get(answer);
export const inputsOf = (answer: object): Inputs => declared.get(answer) ?? {};

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true, ownProperties: true });
ajv.addFormat('plain', (text: string) => checkText(text) === undefined && checkSpacing(text) === undefined);
ajv.addFormat('email', fullFormats.email);
ajv.addFormat('uri', (text: string) => URL.canParse(text));

function tell({ instancePath, keyword, message, params }: ErrorObject): string {
  const at = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties') return `${params.additionalProperty} is not a member of this request`;
  if (keyword === 'required') return `${params.missingProperty} is required`;
  if (keyword === 'enum') return `${at} must be one of ${(params.allowedValues as string[]).join(', ')}`;
  if (keyword === 'format' && params.format === 'plain') return `${at} must be plain text in single spaces`;
  return `${at || 'the body'} ${message}`;
}

/** A text that a person will read. */
export const plain = (maxLength: number): Schema => ({ type: 'string', format: 'plain', minLength: 1, maxLength });
/** A name of something here: an id, a slug, an e-mail address. */
export const reference: Schema = { type: 'string', format: 'plain', minLength: 1, maxLength: 320 };
export const email: Schema = { type: 'string', format: 'email', maxLength: 254 };
export const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values });
export const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
export const listOf = (items: Schema, minItems: number, maxItems: number): Schema => ({
  type: 'array',
  items,
  minItems,
  maxItems,
  uniqueItems: true,
});
