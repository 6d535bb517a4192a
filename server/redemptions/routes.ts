import type Router from '@koa/router';
import type { Context } from 'koa';

import type { ClientRecord, ClientStore } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { readToken, type TokenReader } from '../delegation/subject.ts';
import type { IssuedToken } from '../delegation/token.ts';
import { type BindingProofs, challenge, presentedToken, unprovenBinding } from '../http/bearer.ts';
import { readStrictJson } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import { json, problem } from '../http/respond.ts';
import {
  type BatchOutcome,
  type RedemptionRefusal,
  type RedemptionRequest,
  type RedemptionStore,
  redeem,
} from './redemption.ts';

export interface RedemptionDependencies {
  reader: TokenReader;
  clients: ClientStore;
  catalogue: () => Catalogue;
  store: RedemptionStore;
  proofs: BindingProofs;
}

/** What a resource server calls: reserve, report the outcome, report in batches. */
export function redemptionRoutes(router: Router, dependencies: RedemptionDependencies): void {
  router.post('/redemptions', async (ctx) => {
    const client = await resourceServerOf(ctx, dependencies);
    if (!client) return;
    const request = parseRedemption(await readStrictJson(ctx.req));
    if (typeof request === 'string') return problem(ctx, 400, 'invalid_request', request);
    const result = await redeem(request, client, dependencies);
    if (result.ok) {
      return json(
        ctx,
        {
          redemption_id: result.id,
          remaining: result.remaining,
          expires_at: result.expiresAt.toISOString(),
          ...(result.facts && { facts: result.facts }),
        },
        201,
      );
    }
    return problem(ctx, STATUS[result.reason] ?? 403, result.reason, result.detail);
  });

  router.post('/redemptions/:id/outcome', async (ctx) => {
    const client = await resourceServerOf(ctx, dependencies);
    if (!client) return;
    const outcome = parseOutcome(await readStrictJson(ctx.req));
    if (typeof outcome === 'string') return problem(ctx, 400, 'invalid_request', outcome);
    switch (await dependencies.store.close(String(ctx.params.id), client, outcome)) {
      case 'closed':
      case 'repeated':
        ctx.status = 204;
        return;
      case 'unknown':
        return problem(ctx, 404, 'not_found', 'no redemption of yours has this id');
      case 'conflict':
        return problem(ctx, 409, 'already_closed', 'the redemption was closed with another outcome');
      case 'expired':
        return problem(
          ctx,
          409,
          'too_late',
          'a reservation can be released within 10 minutes: report succeeded or failed',
        );
    }
  });

  router.post('/outcomes', async (ctx) => {
    const client = await resourceServerOf(ctx, dependencies);
    if (!client) return;
    const entries = parseOutcomes(await readStrictJson(ctx.req, BATCH_BYTES));
    if (typeof entries === 'string') return problem(ctx, 400, 'invalid_request', entries);
    await dependencies.store.report(entries, client.clientId);
    ctx.status = 202;
    ctx.body = '';
  });
}

/** What the caller has to change is a conflict; what it may not do is forbidden. */
const STATUS: Partial<Record<RedemptionRefusal, number>> = { key_reused: 409, released: 409 };

/** An access token of a resource server, audience this issuer, scope `redemptions`. */
async function resourceServerOf(
  ctx: Context,
  { reader, clients, proofs }: RedemptionDependencies,
): Promise<ClientRecord | undefined> {
  const presented = presentedToken(ctx);
  if (!presented) {
    ctx.set('WWW-Authenticate', 'Bearer');
    json(ctx, { error: 'invalid_token', error_description: 'an access token is required' }, 401);
    return undefined;
  }
  const read = await readToken(presented.value, reader);
  const refusal = read.ok ? await unprovenBinding(ctx, presented, read.value.boundTo, proofs) : 'invalid_token';
  if (!read.ok || refusal) {
    challenge(ctx, refusal ?? 'invalid_token');
    json(ctx, { error: refusal, error_description: 'the access token is not active, or not with this proof' }, 401);
    return undefined;
  }
  const token = read.value;
  // This scope in a token of a client's own is issued to resource servers alone, and the token ends with its client.
  const isResourceServer =
    token.kind === 'own' &&
    token.agent === null &&
    token.resource === reader.issuer &&
    token.scopes.includes('redemptions');
  const client = isResourceServer ? resourceServerWith(token) : await clients.find(token.clientId);
  if (client) Object.assign(stateOf(ctx.req), { client, authenticated: true });
  if (!isResourceServer || !client) {
    ctx.set('WWW-Authenticate', 'Bearer error="insufficient_scope", scope="redemptions"');
    json(ctx, { error: 'insufficient_scope', error_description: 'the scope redemptions is required' }, 403);
    return undefined;
  }
  return client;
}

/** What its token says of it; its registration is not needed here. */
const resourceServerWith = ({ clientId, organization }: IssuedToken): ClientRecord => ({
  clientId,
  kind: 'resource_server',
  organization,
  organizationDomains: [],
  agent: null,
  metadata: {},
});

function parseRedemption(body: unknown): RedemptionRequest | string {
  if (!isObject(body)) return 'the body must be a JSON object';
  const { token, action, parameters, idempotency_key: idempotencyKey, tool, request_id: requestId } = body;
  if (!isText(token, 16_384)) return 'token is required';
  if (!isText(action, 200)) return 'action is required';
  if (!isObject(parameters)) return 'parameters must be an object';
  if (!isText(idempotencyKey, 255)) return 'idempotency_key of at most 255 characters is required';
  if (tool !== undefined && !isText(tool, 200)) return 'tool must be a text of at most 200 characters';
  if (requestId !== undefined && !isText(requestId, 255)) return 'request_id must be a text of at most 255 characters';
  return { token, action, parameters, idempotencyKey, tool, requestId };
}

function parseOutcome(body: unknown) {
  if (!isObject(body)) return 'the body must be a JSON object';
  const { status, reference, affected } = body;
  if (status !== 'succeeded' && status !== 'failed' && status !== 'released')
    return 'status must be succeeded, failed or released';
  if (reference !== undefined && !isText(reference, 500)) return 'reference must be a text of at most 500 characters';
  if (
    affected !== undefined &&
    !(Number.isSafeInteger(affected) && (affected as number) >= 0 && (affected as number) < 2 ** 31)
  ) {
    return 'affected must be a whole number';
  }
  return { status, reference, affected: affected as number | undefined } as const;
}

const BATCH_LIMIT = 500;
/** 500 entries with every member as long as it may be. */
const BATCH_BYTES = 1024 * 1024;

function parseOutcomes(body: unknown): BatchOutcome[] | string {
  if (!Array.isArray(body) || body.length > BATCH_LIMIT) return `the body must be an array of at most ${BATCH_LIMIT}`;
  const entries: BatchOutcome[] = [];
  for (const [index, entry] of body.entries()) {
    const wrong = (what: string) => `entry ${index}: ${what}`;
    if (!isObject(entry)) return wrong('must be an object');
    const { jti, action, decision, status, reference, tool, request_id: requestId, at } = entry;
    if (!isText(jti, 100)) return wrong('jti is required');
    if (!isText(action, 200)) return wrong('action is required');
    if (decision !== 'accepted' && decision !== 'refused') return wrong('decision must be accepted or refused');
    if (status !== undefined && status !== 'succeeded' && status !== 'failed')
      return wrong('status must be succeeded or failed');
    if (reference !== undefined && !isText(reference, 500)) return wrong('reference must be a text');
    if (tool !== undefined && !isText(tool, 200)) return wrong('tool must be a text');
    if (requestId !== undefined && !isText(requestId, 255)) return wrong('request_id must be a text');
    if (!isText(at, 40) || !INSTANT.test(at) || Number.isNaN(Date.parse(at)))
      return wrong('at must be an RFC 3339 instant');
    entries.push({
      jti,
      action,
      decision,
      status,
      reference,
      tool,
      requestId: requestId ?? `${action} ${new Date(at).toISOString()}`,
      at: new Date(at),
    });
  }
  return entries;
}

const INSTANT = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, limit: number): value is string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
  typeof value === 'string' && value !== '' && value.length <= limit && !/[\u0000-\u001f]/.test(value);
