import { errors } from 'oidc-provider';

import { inEnglish, type Saying } from '../../views/words/saying.ts';

const SAID = new WeakMap<object, Saying>();

/** A registration that cannot be: to machines in English, and kept as it is said to a person (RFC 7591 §3.2.2). */
export function invalid(said: Saying): errors.InvalidClientMetadata {
  const error = new errors.InvalidClientMetadata(inEnglish(said));
  SAID.set(error, said);
  return error;
}

export function invalidRedirect(said: Saying): errors.CustomOIDCProviderError {
  const error = new errors.CustomOIDCProviderError('invalid_redirect_uri', inEnglish(said));
  SAID.set(error, said);
  return error;
}

/** Why a registration was refused, to a person; as machines are told where it has no words of its own. */
export const saidOf = (error: errors.OIDCProviderError): Saying | string =>
  SAID.get(error) ?? error.error_description ?? error.error;
