import type { Schema } from './input.ts';

/**
 * What answers are made of. Closed objects: what a schema does not name is not sent, and a test looks at every answer.
 */
export const text: Schema = { type: 'string' };
export const number: Schema = { type: 'number' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const truth: Schema = { type: 'boolean' };
/** RFC 3339. */
export const instant: Schema = { type: 'string', format: 'date-time' };
export const address: Schema = { type: 'string', format: 'uri' };
/** Whatever it is, it is not ours to say: metadata of a client, parameters of an action. */
export const anything: Schema = {};
export const anyObject: Schema = { type: 'object' };

export const one = (...values: readonly string[]): Schema => ({ type: 'string', enum: [...values] });
export const always = (value: string | boolean | number): Schema => ({ const: value });
export const many = (items: Schema): Schema => ({ type: 'array', items });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
export const maybe = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const either = (...schemas: readonly Schema[]): Schema => ({ anyOf: [...schemas] });

/** @param may members that are not always there */
export const object = (must: Readonly<Record<string, Schema>>, may: Readonly<Record<string, Schema>> = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties: { ...must, ...may },
  required: Object.keys(must),
});

/** An object with further members. */
export const withMembers = (
  { properties, required, ...schema }: Schema,
  must: Readonly<Record<string, Schema>>,
  may: Readonly<Record<string, Schema>> = {},
): Schema => ({
  ...schema,
  properties: { ...(properties as object), ...must, ...may },
  required: [...(required as string[]), ...Object.keys(must)],
});

/** One page of a list; `next` is where the following one begins, null after the last. */
export const pageOfMany = (member: string, row: Schema, may: Readonly<Record<string, Schema>> = {}): Schema =>
  object({ [member]: many(row), next: maybe(text) }, may);

export const named: Schema = object({ id: text, name: maybe(text) }, { email: maybe(text) });
export const stillLive: Schema = object({ resource: text, live_until: instant, count }, { name: text });
/** Members of whatever ended something. */
export const ended = { stopped_at: instant, tokens: many(stillLive) } as const;
