import type { JsonSchema } from './schema.ts';

/** One operation as its author describes it. */
export interface Described {
  /** Of its name, in lower case; the last one says what is done. */
  words: readonly string[];
  /** Of HTTP, where there is one. */
  method?: string;
  /** The author's words about it. */
  says: string;
  properties: Readonly<Record<string, JsonSchema>>;
  required: ReadonlySet<string>;
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;
const DONE: Readonly<Record<string, string>> = {
  get: 'read',
  head: 'read',
  post: 'create',
  put: 'replace',
  patch: 'update',
  delete: 'delete',
};

/** Thrown where a small document means a large one: everything in it refers to everything. */
export class TooMuchReferred extends Error {}

/**
 * The operations of an OpenAPI 3.x document; undefined when it is none. References within the document are followed.
 *
 * @param most of which one more is read, so that whoever asked knows that there are more
 * @throws TooMuchReferred
 */
export function openApiOperations(document: unknown, most: number): Described[] | undefined {
  if (!isObject(document) || !/^3\.\d/.test(String(document.openapi)) || !isObject(document.paths)) return undefined;
  const resolve = resolverOf(document);
  const operations: Described[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    const place = resolve(item);
    for (const method of METHODS) {
      const operation = resolve(place[method]);
      if (Object.keys(operation).length === 0) continue;
      operations.push(operationOf(path, method, operation, place, resolve));
      if (operations.length > most) return operations;
    }
  }
  return operations;
}

type Resolve = (value: unknown) => JsonSchema;

function operationOf(
  path: string,
  method: string,
  operation: JsonSchema,
  place: JsonSchema,
  resolve: Resolve,
): Described {
  const properties: Record<string, JsonSchema> = Object.create(null); // a member may be called __proto__
  const required = new Set<string>();
  for (const one of [...listOf(place.parameters), ...listOf(operation.parameters)].map(resolve)) {
    // What a header or cookie carries is between the API and its client.
    if (typeof one.name !== 'string' || (one.in !== 'path' && one.in !== 'query')) continue;
    properties[one.name] = resolve(one.schema);
    if (one.required === true || one.in === 'path') required.add(one.name);
  }
  const content = resolve(resolve(operation.requestBody).content);
  const body = resolve(resolve(content['application/json']).schema);
  for (const part of [body, ...listOf(body.allOf).map(resolve)]) {
    for (const [name, schema] of Object.entries(resolve(part.properties))) {
      const { items, ...rest } = resolve(schema);
      properties[name] = items === undefined ? rest : { ...rest, items: resolve(items) };
    }
    for (const name of listOf(part.required).slice(0, MOST_REQUIRED)) {
      if (typeof name === 'string') required.add(name);
    }
  }
  const nouns = path.split('/').filter((segment) => segment !== '' && !segment.includes('{'));
  const words = nouns.flatMap(wordOf).filter((word) => !/^v\d+$/.test(word));
  const done = DONE[method] ?? method;
  const says = [operation.operationId, operation.summary, operation.description]
    .filter((text) => typeof text === 'string')
    .map((text) => text.slice(0, LONGEST_TEXT))
    .join('. ');
  return { words: [...(words.length > 0 ? words : ['root']), done], method, says, properties, required };
}

const MOST_REQUIRED = 1000;
/** Of a description, what its draft keeps of it. */
const LONGEST_TEXT = 2000;
/** What is looked at in all, in members and characters of references: some hundred times what an honest document needs. */
const MOST_WORK = 1_000_000;

/** Follows `#/…` references, as deep as any honest document goes; others are not fetched, and count as nothing. */
function resolverOf(document: JsonSchema): Resolve {
  let work = 0;
  return (value) => {
    let current = value;
    for (let hops = 0; hops < 20; hops += 1) {
      if (!isObject(current)) return {};
      const { $ref: reference } = current;
      work += 1 + (typeof reference === 'string' ? reference.length : 0);
      if (work > MOST_WORK) throw new TooMuchReferred();
      if (typeof reference !== 'string') return current;
      if (!reference.startsWith('#/')) return {};
      current = reference
        .slice(2)
        .split('/')
        .reduce<unknown>((at, name) => {
          const member = name.replaceAll('~1', '/').replaceAll('~0', '~');
          return isObject(at) && Object.hasOwn(at, member) ? at[member] : undefined;
        }, document);
    }
    return {};
  };
}

/** A name in snake, kebab or camel case as one word of a key. */
export const wordOf = (name: string): string[] => {
  const word = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '');
  return word === '' ? [] : [word];
};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
