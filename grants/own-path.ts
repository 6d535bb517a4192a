import type { Context, Next } from 'koa';
import { errors, type UnknownObject } from 'oidc-provider';

import { authenticateCaller, type ClientAuthentication } from '../server/agents/authenticate.ts';
import { requiredKey } from '../server/agents/proven-key.ts';
import { formBody, giveBack } from '../server/http/form.ts';
import { json } from '../server/http/respond.ts';
import { answerTo, type Caller, type CallerChecks, type Grant, parametersOf, type RequestContext } from './grant.ts';
import type { Mint } from './issue.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a grant makes of its form is between its own functions
type OwnGrant = Grant<any, RequestContext>;

/** Answers the token endpoint for these grants; every other request goes on to the engine, as it came. */
export type OwnPath = (ctx: Context, next: Next) => Promise<void>;

/**
 * The token endpoint for the grants that need nothing of what the engine keeps (no code, no refresh token): the exchanges
 * of agents and their polls, which is what an authorization server for agents mostly answers. The same phases as every
 * grant, with the client authenticated by the function that introspection uses; the engine's way to the same place costs
 * half as much again as all the rest.
 */
export function ownPath(
  grants: readonly OwnGrant[],
  mint: Mint,
  checks: CallerChecks,
  authentication: Omit<ClientAuthentication, 'firstUse'>,
): OwnPath {
  const byType = new Map(grants.map((grant) => [grant.type, grant]));
  return async (ctx, next) => {
    let call: OwnCall | 'elsewhere' | 'answered' | undefined;
    try {
      call = await callIn(ctx);
      if (typeof call === 'object') {
        json(ctx, await answerTo(call.grant, call.parameters, call.caller, ctx, mint, checks));
      }
    } catch (error) {
      // A fault goes on, to be logged and answered as one.
      const isFault = !(error instanceof errors.OIDCProviderError) || error.statusCode >= 500;
      if (isFault && !(error instanceof errors.TemporarilyUnavailable)) throw error;
      if (error.statusCode === 503) ctx.set('Retry-After', '1');
      const { error: code, error_description, scope } = error as errors.OIDCProviderError & { scope?: string };
      json(ctx, { error: code, error_description, ...(scope !== undefined && { scope }) }, error.statusCode);
    }
    if (call === 'elsewhere') await next();
  };

  /**
   * Who calls, and for what. The body, its fields and what the client proved itself with end here: the answer may wait
   * for a person, and ten thousand may wait with it.
   */
  async function callIn(ctx: Context): Promise<OwnCall | 'elsewhere' | 'answered'> {
    const body = await formBody(ctx.req);
    if (body === undefined) return 'elsewhere';
    const fields = new URLSearchParams(body.toString('utf8'));
    const [type = '', ...more] = fields.getAll('grant_type');
    const grant = more.length === 0 ? byType.get(type) : undefined;
    if (!grant) {
      giveBack(ctx.req, body);
      return 'elsewhere';
    }
    const credentials = once(fields, [...CREDENTIALS, ...ABOUT]);
    const firstUse: ClientAuthentication['firstUse'] = (client, jti, expiresAt) =>
      checks.firstPresentation(ctx, client, jti, expiresAt);
    // A public client is let in to be told by the grant what it may not.
    const client = await authenticateCaller(ctx, credentials, { ...authentication, firstUse }, { publicClients: true });
    if (!client) return 'answered';
    if (!(client.metadata.grant_types as string[] | undefined)?.includes(grant.type)) {
      throw new errors.UnauthorizedClient('requested grant type is not allowed for this client');
    }
    const { organization, metadata } = client;
    const boundTo = await requiredKey(ctx, client, checks.keyProofs);
    const confidential = metadata.token_endpoint_auth_method !== 'none';
    const caller = { client, organization, boundTo, confidential };
    return { grant, parameters: parametersIn(fields, grant), caller };
  }
}

interface OwnCall {
  grant: OwnGrant;
  parameters: UnknownObject;
  caller: Caller;
}

const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];
/** Whose client it is, where a metadata document describes it: what the request is about says so. */
const ABOUT = ['grant_type', 'subject_token', 'assertion', 'auth_req_id'];

function parametersIn(fields: URLSearchParams, grant: OwnGrant): UnknownObject {
  const { repeatable = [] } = grant;
  const names = parametersOf(grant);
  const single = once(
    fields,
    names.filter((name) => !repeatable.includes(name)),
  );
  // RFC 6749 §3.3 and §5.2: this one has an error of its own.
  const scope = single.get('scope');
  if (scope !== undefined && !/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(scope)) {
    throw new errors.InvalidScope('scope contains invalid characters', undefined as unknown as string);
  }
  const several = repeatable.flatMap((name) => (fields.has(name) ? [[name, fields.getAll(name)] as const] : []));
  return Object.fromEntries([...single, ...several]);
}

/** Two values for one name are read differently by different readers (OA-13); one without a value was left out. */
function once(fields: URLSearchParams, names: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of names) {
    const [value, ...more] = fields.getAll(name);
    if (more.length > 0) throw new errors.InvalidRequest(`'${name}' parameter must not be provided twice`);
    if (value) values.set(name, value);
  }
  return values;
}
