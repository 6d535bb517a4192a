import type { Provider, UnknownObject } from 'oidc-provider';

import type { ClientRecord } from '../server/agents/clients.ts';
import { outwardId } from '../server/agents/document.ts';
import type { Catalogue } from '../server/catalogue/catalogue.ts';
import { actingThrough } from '../server/delegation/chain.ts';
import { tooWeak } from '../server/delegation/rules/authentication.ts';
import { sliceOf, type Want } from '../server/delegation/slice.ts';
import { allow, type Outcome, refuse } from '../server/oauth/refusal.ts';
import { parseDetails } from '../server/tasks/request.ts';
import {
  ACCESS_TOKEN_SECONDS,
  type Authentication,
  SIGN_IN_SECONDS,
  type Task,
  UNKNOWN_SIGN_IN,
} from '../server/tasks/task.ts';
import { elsewhereOnly } from './elsewhere.ts';
import type { Caller } from './grant.ts';
import type { Authorization } from './issue.ts';
import { oneResource, optional, scopesIn } from './parameters.ts';

export interface TaskTokenDependencies {
  issuer: string;
  catalogue: () => Catalogue;
}

/** What a token request asks of the task behind it: resource, scope and details, each optional. */
export interface TaskWant {
  resource: string | undefined;
  scopes: readonly string[] | undefined;
  details: string | undefined;
}

/** RFC 8707 §2.2, RFC 6749 §6, RFC 9396 §6: a token request may ask for less. */
export const parseTaskWant = (parameters: UnknownObject): TaskWant => ({
  resource: oneResource(parameters, 'resource'),
  scopes: scopesIn(parameters),
  details: optional(parameters, 'authorization_details'),
});

export const TASK_WANT_PARAMETERS = ['resource', 'scope', 'authorization_details'] as const;

/**
 * The token of a task for the client it was approved for: the leaf that was asked, or the root. An application's
 * sign-in has no actions and no actor; everything else names the acting agent (promise 1).
 */
export function tokenOfTask(
  task: Task,
  asked: TaskWant,
  requestedResources: readonly string[],
  caller: Caller,
  { issuer, catalogue }: TaskTokenDependencies,
): Outcome<Authorization> {
  const base = {
    organization: task.organization,
    subject: task.person,
    person: task.person,
    task: { id: task.id, hash: task.decisionHash, expiresAt: task.expiresAt, approvedAt: task.approvedAt },
    lineage: [],
    boundTo: caller.boundTo,
    authentication: authenticationOf(task),
    oidcScopes: task.oidcScopes.filter((scope) => scope === 'openid'),
  };
  if (task.agent === null) {
    if (asked.resource !== undefined && asked.resource !== issuer) {
      return refuse({ reason: 'resource_unknown', resource: asked.resource });
    }
    return allow({
      ...base,
      kind: 'root',
      slice: { audience: issuer, scopes: task.scopes, actions: [] },
      depth: 0,
      // An administrator at work does not sign in every five minutes; whoever they are is looked up at every call anyway.
      ...(caller.client.kind === 'command_line' && { seconds: SIGN_IN_SECONDS }),
    });
  }

  const seen = catalogue().seenBy(task.organization);
  const want = toWant(asked, requestedResources, issuer, seen);
  if (!want.ok) return want;
  const slice = sliceOf(task, want.value, seen, issuer);
  if (!slice.ok) return slice;
  const weak = tooWeak(slice.value.actions, base.authentication, seen, new Date());
  if (weak) return refuse(weak);
  return allow({
    ...base,
    kind: slice.value.audience === issuer ? 'root' : 'leaf',
    agent: task.agent,
    slice: slice.value,
    act: actingThrough({ issuer, agent: task.agent, client: outwardId(caller.client.clientId) }, undefined),
    depth: 1,
  });
}

export function toWant(
  { resource, scopes, details }: TaskWant,
  requestedResources: readonly string[],
  issuer: string,
  catalogue: Catalogue,
): Outcome<Want> {
  const parsed = details === undefined ? undefined : parseDetails(details, catalogue, undefined);
  if (parsed && !parsed.ok) return parsed;
  const placeOf = (one: string | undefined) => catalogue.resources.get(one ?? '')?.authorizationServer ?? undefined;
  const place = placeOf(resource);
  // Before anything is consumed: the code is still there for the root.
  if (resource !== undefined && place !== undefined) return elsewhereOnly(resource, place);
  // Several resources and no choice, or one that takes other tokens: the root, from which the rest is exchanged.
  const [only, ...more] = requestedResources;
  const isHere = more.length === 0 && only !== undefined && placeOf(only) === undefined;
  const audience = resource ?? (isHere ? only : issuer);
  return allow({ audience, scopes: scopes?.length ? scopes : undefined, actions: parsed?.value });
}

/**
 * How the person authenticated when they approved; exchange and refresh copy it, never renew it (TX-14). Left out where no
 * authentication of theirs stands for it, as where a group or a policy decided from behind (RFC 9068 §2.2.1).
 */
export function authenticationOf({ acr, amr, authTime }: Pick<Task, 'acr' | 'amr' | 'authTime'>): Authentication {
  const at = Math.floor(authTime.getTime() / 1000);
  return { ...(acr !== UNKNOWN_SIGN_IN.acr && { acr, amr }), ...(at > 0 && { auth_time: at }) };
}

/**
 * A refresh token, only where the client registered the grant and the task outlives the access token; none for one
 * use or for high and critical impact. It ends with the task and is bound to the client's key.
 */
export function refreshTokenFor(
  { RefreshToken }: Pick<Provider, 'RefreshToken'>,
  task: Task,
  { client, boundTo, confidential }: Caller,
  resources: readonly string[],
): (() => Promise<string | undefined>) | undefined {
  const seconds = Math.floor((task.expiresAt.getTime() - Date.now()) / 1000);
  const limited = task.actions.some(
    ({ max_uses, impact }) => max_uses !== null || impact === 'high' || impact === 'critical',
  );
  // A public client without a key would hold a lasting bearer value: rotation alone protects it (OA-28).
  if (limited || seconds <= ACCESS_TOKEN_SECONDS || !mayRefresh(client)) return undefined;
  return async () => {
    const token = new RefreshToken({
      clientId: outwardId(client.clientId),
      accountId: task.person,
      grantId: task.id,
      gty: confidential ? 'bound' : 'rotating',
      resource: [...resources],
      expiresIn: seconds,
    } as never);
    if (boundTo !== undefined) token.jkt = boundTo; // a certificate too: MT-04
    return token.save();
  };
}

const mayRefresh = ({ metadata }: ClientRecord): boolean =>
  (metadata.grant_types as string[] | undefined)?.includes('refresh_token') ?? false;
