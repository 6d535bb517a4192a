import { errors } from 'oidc-provider';

import { ENGINE_REFUSED, NOT_REGISTERED } from '../../views/words/console-registration-refused.ts';
import { either, inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import type { PlainMessage } from '../../views/words/words.ts';

const SAID = new WeakMap<object, Saying>();

/** A registration that cannot be: to machines in English, and kept as it is said to a person (RFC 7591 §3.2.2). */
export const invalid = (said: Saying) => saidBy(new errors.InvalidClientMetadata(inEnglish(said)), said);

export const invalidRedirect = (said: Saying) =>
  saidBy(new errors.CustomOIDCProviderError('invalid_redirect_uri', inEnglish(said)), said);

export const invalidStatement = (said: Saying) => saidBy(new errors.InvalidSoftwareStatement(inEnglish(said)), said);

export const unapprovedStatement = (said: Saying) =>
  saidBy(new errors.UnapprovedSoftwareStatement(inEnglish(said)), said);

/** An organization has as many agents as its operator allows. RFC 7591 knows no code for it. */
export function tooManyAgents(most: number): errors.AccessDenied {
  const said = saying(NOT_REGISTERED.full, { most: String(most) });
  return Object.assign(saidBy(new errors.AccessDenied(inEnglish(said)), said), { status: 403, statusCode: 403 });
}

function saidBy<E extends object>(error: E, said: Saying): E {
  SAID.set(error, said);
  return error;
}

/** Why a registration was refused, to a person: by a rule of ours as it says it, by the engine in words of ours. */
export const saidOf = (error: errors.OIDCProviderError): Saying =>
  SAID.get(error) ?? saidAs({ error: error.error, error_description: error.error_description });

/**
 * The same where nothing is there but what a machine was told. The code alone where there are no words for it: a sentence
 * in another language would stand on somebody's page.
 */
export function saidAs({ error, error_description: told }: { error: string; error_description?: unknown }): Saying {
  for (const [pattern, message] of KNOWN) {
    const found = pattern.exec(String(told));
    if (found) return sayWith(message, slotsOf(found));
  }
  return saying(NOT_REGISTERED.answered, { code: error });
}

/** Which slots a message of a table has is not known to the types. */
const sayWith = saying as unknown as (message: PlainMessage, slots: Record<string, string | Saying>) => Saying;

const slotsOf = ({ groups = {} }: RegExpExecArray): Record<string, string | Saying> =>
  Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, name === 'values' ? eitherOf(value) : value]),
  );

/** The engine's "'a', 'b', or 'c'". */
const eitherOf = (values: string): Saying => either([...values.matchAll(/'([^']*)'/g)].map(([, value = '']) => value));

/** What stands in a slot, which is the name of a member unless it is said here. */
const SLOTS: Readonly<Record<string, string>> = {
  values: "'[^']*'.*",
  host: '[^ ]+',
  scheme: '[a-z]+',
  grant: '[a-z:-]+',
  most: '\\d+',
};

const patternOf = ({ en }: PlainMessage): RegExp => {
  const pieces = en.split(/\{(\w+)\}/).map((piece, index) => {
    if (index % 2 === 0) return piece.replace(/[().]/g, '\\$&');
    return `(?<${piece}>${SLOTS[piece] ?? '[a-z_]+'})`;
  });
  return new RegExp(`^${pieces.join('')}$`);
};

const KNOWN = [...Object.values(ENGINE_REFUSED), NOT_REGISTERED.full, NOT_REGISTERED.tooMany].map(
  (message) => [patternOf(message), message] as const,
);
