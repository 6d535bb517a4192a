import { errors, type UnknownObject } from 'oidc-provider';

import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { ExchangeRequest } from '../../server/delegation/exchange.ts';
import { allow, type Outcome } from '../../server/oauth/refusal.ts';
import { parseDetails } from '../../server/tasks/request.ts';
import { oneResource, optional, required, scopesIn } from '../parameters.ts';

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
export const ACCESS_TOKEN = `${TOKEN_TYPE}access_token`;
const JWT = `${TOKEN_TYPE}jwt`;

export interface ExchangeForm {
  subjectToken: string;
  issuedTokenType: string;
  audience: string | undefined;
  scopes: readonly string[] | undefined;
  details: string | undefined;
  requestedActor: string | undefined;
}

export const EXCHANGE_PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'requested_actor',
  'resource',
  'audience',
  'scope',
  'authorization_details',
] as const;

/** RFC 8693 §2.1. Access tokens of this server are exchanged; the authenticated client is the actor. */
export function parseExchange(parameters: UnknownObject): ExchangeForm {
  const subjectToken = required(parameters, 'subject_token');
  if (required(parameters, 'subject_token_type') !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest('subject_token_type must be an access token of this server');
  }
  const actor = optional(parameters, 'actor_token');
  const actorType = optional(parameters, 'actor_token_type');
  if ((actor === undefined) !== (actorType === undefined)) {
    throw new errors.InvalidRequest('actor_token and actor_token_type come together or not at all');
  }
  if (actor !== undefined) {
    throw new errors.InvalidRequest('leave actor_token out: the authenticated client is the actor');
  }
  const requested = optional(parameters, 'requested_token_type') ?? ACCESS_TOKEN;
  if (requested !== ACCESS_TOKEN && requested !== JWT) {
    throw new errors.InvalidRequest('requested_token_type must be an access token or a JWT');
  }
  return {
    subjectToken,
    issuedTokenType: requested,
    audience: oneResource(parameters, 'resource', 'audience'),
    scopes: scopesIn(parameters),
    details: optional(parameters, 'authorization_details'),
    requestedActor: optional(parameters, 'requested_actor'),
  };
}

/** The form's scopes and details, resolved to actions. */
export function resolveExchange(form: ExchangeForm, catalogue: Catalogue): Outcome<ExchangeRequest> {
  const parsed = form.details === undefined ? undefined : parseDetails(form.details, catalogue, undefined);
  if (parsed && !parsed.ok) return parsed;
  return allow({
    audience: form.audience,
    scopes: form.scopes?.length ? form.scopes : undefined,
    actions: parsed?.value,
    requestedActor: form.requestedActor,
  });
}
