import { errors, type UnknownObject } from 'oidc-provider';

import { type ClientRecord, registeredTypes } from '../../server/agents/clients.ts';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { ExchangeRequest } from '../../server/delegation/exchange.ts';
import { allow, type Outcome, refuse } from '../../server/oauth/refusal.ts';
import { parseDetails } from '../../server/tasks/request.ts';
import { carriedElsewhere, type ElsewhereDependencies, type Placed } from '../elsewhere.ts';
import type { Caller } from '../grant.ts';
import type { Authorization } from '../issue.ts';
import { oneResource, optional, required, scopesIn } from '../parameters.ts';

/** RFC 8693 §3. */
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const SUBJECT_TYPES = ['access_token', 'id_token', 'jwt'] as const;
const ACTOR_TYPES = ['jwt', 'access_token'] as const;
const REQUESTED_TYPES = ['access_token', 'jwt', 'id-jag'] as const;

export interface ExchangeForm {
  subject: { value: string; type: (typeof SUBJECT_TYPES)[number] };
  actor: { value: string; type: (typeof ACTOR_TYPES)[number] } | undefined;
  requested: (typeof REQUESTED_TYPES)[number];
  /** For which the identity assertion is, where one is asked: `audience` means the server then, and not the resource. */
  authorizationServer: string | undefined;
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

export const urnOf = (type: string): string => `${TOKEN_TYPE}${type}`;

/** RFC 8693 §2.1. @throws errors.InvalidRequest, errors.InvalidTarget */
export function parseExchange(parameters: UnknownObject): ExchangeForm {
  const subject = required(parameters, 'subject_token');
  const subjectType = oneOf('subject_token_type', required(parameters, 'subject_token_type'), SUBJECT_TYPES);
  const actor = optional(parameters, 'actor_token');
  const actorType = optional(parameters, 'actor_token_type');
  if ((actor === undefined) !== (actorType === undefined)) {
    throw new errors.InvalidRequest('actor_token and actor_token_type come together or not at all');
  }
  // One token that speaks for both sides says nothing about either (SPL-06).
  if (actor === subject) throw new errors.InvalidRequest('subject_token and actor_token are the same');
  const requested = oneOf(
    'requested_token_type',
    optional(parameters, 'requested_token_type') ?? urnOf('access_token'),
    REQUESTED_TYPES,
  );
  const isAssertion = requested === 'id-jag';
  const authorizationServer = isAssertion ? oneResource(parameters, 'audience') : undefined;
  if (isAssertion && authorizationServer === undefined) throw new errors.InvalidRequest('audience is required');
  return {
    subject: { value: subject, type: subjectType },
    actor: actor === undefined ? undefined : { value: actor, type: oneOf('actor_token_type', actorType, ACTOR_TYPES) },
    requested,
    authorizationServer,
    audience: oneResource(parameters, 'resource', ...(isAssertion ? [] : ['audience'])),
    scopes: scopesIn(parameters),
    details: optional(parameters, 'authorization_details'),
    requestedActor: optional(parameters, 'requested_actor'),
  };
}

function oneOf<Type extends string>(name: string, value: string | undefined, types: readonly Type[]): Type {
  const found = types.find((type) => urnOf(type) === value);
  if (found === undefined) throw new errors.InvalidRequest(`${name} must be one of ${types.map(urnOf).join(', ')}`);
  return found;
}

/** The form's scopes and details, resolved to actions. */
export function resolveExchange(
  form: ExchangeForm,
  client: ClientRecord,
  catalogue: Catalogue,
): Outcome<ExchangeRequest> {
  const parsed =
    form.details === undefined ? undefined : parseDetails(form.details, catalogue, registeredTypes(client));
  if (parsed && !parsed.ok) return parsed;
  return allow({
    audience: form.audience,
    scopes: form.scopes?.length ? form.scopes : undefined,
    actions: parsed?.value,
    requestedActor: form.requestedActor,
  });
}

/**
 * Where an identity assertion is asked without a resource: the one at that server to which what is asked leads, or
 * else what is held.
 */
export function targetAt(
  { authorizationServer }: ExchangeForm,
  request: ExchangeRequest,
  held: readonly { resource: string }[],
  catalogue: Catalogue,
): ExchangeRequest {
  if (authorizationServer === undefined || request.audience !== undefined) return request;
  const byScope = (request.scopes ?? []).flatMap((scope) => catalogue.byScope(scope) ?? []);
  const asked = [...byScope, ...(request.actions ?? [])];
  const places = new Set(
    (asked.length > 0 ? asked : held)
      .map(({ resource }) => resource)
      .filter((resource) => catalogue.resources.get(resource)?.authorizationServer === authorizationServer),
  );
  const [only, ...more] = places;
  return more.length === 0 && only !== undefined ? { ...request, audience: only } : request;
}

/** What may be given, as the kind of token that the form asks for. */
export async function asAsked<Decided extends Placed>(
  decided: Decided,
  { requested, authorizationServer }: ExchangeForm,
  caller: Caller,
  dependencies: ElsewhereDependencies,
): Promise<Outcome<Decided & Pick<Authorization, 'elsewhere'>>> {
  // Whoever insists on a JWT reads it; the tokens of such a resource are for asking about (RFC 8693 §2.1).
  const format = dependencies.catalogue().resources.get(decided.slice.audience)?.tokenFormat;
  if (requested === 'jwt' && format === 'opaque') return refuse({ reason: 'token_type_unavailable' });
  return carriedElsewhere(decided, authorizationServer, caller, dependencies);
}
