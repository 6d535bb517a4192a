import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';

import { descriptionOf } from '../../server/admin/routes.ts';
import type { Answer, Json } from './agent.ts';

/** One operation of the document that describes the admin API. */
export interface Operation {
  method: string;
  /** As the document writes it: `/agents/{agent}`. */
  path: string;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
for (const name of ['date-time', 'email'] as const) ajv.addFormat(name, fullFormats[name]);
ajv.addFormat('uri', (text: string) => URL.canParse(text));
ajv.addFormat('plain', true);

const document = descriptionOf('https://as.example') as Json;
export const operations: readonly Operation[] = Object.entries(document.paths as Record<string, object>).flatMap(
  ([path, methods]) => Object.keys(methods).map((method) => ({ method, path })),
);

const compiled = new Map<string, ValidateFunction>();
/** Operations of which some answer was looked at, in this file of tests. */
export const seen = new Set<string>();
export const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/**
 * Holds an answer to the document: every test that calls the admin API does so by it, whatever else it is about.
 *
 * @throws Error naming what does not fit
 */
export function holdToDocument(method: string, address: string, answer: Answer): void {
  const operation = operationAt(method, address.split('?')[0] ?? '');
  if (!operation || answer.status === 304) return;
  const { responses } = document.paths[operation.path][operation.method];
  const response = responses[answer.status];
  const problem = (text: string) =>
    new Error(`${method} ${address} ${answer.status}: ${text}: ${JSON.stringify(answer.body).slice(0, 600)}`);
  if (!response) throw problem('the document names no such status');
  const [type] = Object.keys(response.content);
  if (!answer.headers.get('content-type')?.startsWith(type ?? '')) throw problem(`not ${type}`);
  const check = validator(`${nameOf(operation)} ${answer.status}`, response.content[type ?? ''].schema);
  if (!check(answer.body)) throw problem(ajv.errorsText(check.errors));
  if (answer.status < 300) seen.add(nameOf(operation));
}

function validator(name: string, schema: Json): ValidateFunction {
  const known = compiled.get(name);
  if (known) return known;
  const made = ajv.compile({ ...schema, components: document.components });
  compiled.set(name, made);
  return made;
}

function operationAt(method: string, address: string): Operation | undefined {
  const fits = operations.filter(({ method: one, path }) => {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
    return one === method.toLowerCase() && pattern.test(address);
  });
  // `/policies/lint` rather than a thing of that name.
  return fits.toSorted((one, other) => one.path.split('{').length - other.path.split('{').length)[0];
}
