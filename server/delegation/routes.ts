import type { Context } from 'koa';

import { authenticateCaller, type ClientAuthentication } from '../agents/authenticate.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { outwardId } from '../agents/document.ts';
import type { Stop } from '../agents/liveness.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import { readForm } from '../http/form.ts';
import { json, oauthError } from '../http/respond.ts';
import { type Binding, confirmationOf } from '../oauth/binding.ts';
import type { TaskStore } from '../tasks/task.ts';
import { describeToken, INACTIVE, mayIntrospect, SIGNED_INTROSPECTION, signIntrospection } from './introspect.ts';
import { readToken, type TokenReader } from './subject.ts';

export interface TokenEndpointsDependencies {
  reader: TokenReader;
  authentication: ClientAuthentication;
  tasks: TaskStore;
  /** `about`: what the evidence can name beside the stop itself. */
  stop(stop: Stop, about: Partial<EvidenceEvent>): Promise<void>;
  refreshTokens: RefreshTokens;
}

/** Refresh tokens by their value, for the two endpoints that take any token. */
export interface RefreshTokens {
  find(
    value: string,
  ): Promise<
    { clientId: string; task: string; person: string; expiresAt: Date; boundTo: Binding | undefined } | undefined
  >;
  revoke(value: string): Promise<void>;
}

/** RFC 7662, RFC 9701. A short path of ours: three statements, and every kind of token. */
export async function introspect(ctx: Context, dependencies: TokenEndpointsDependencies): Promise<void> {
  const caller = await callerOf(ctx, dependencies, { publicClients: false });
  if (!caller) return;
  const { client, form } = caller;
  const value = form.get('token');
  if (!value) return oauthError(ctx, 400, 'invalid_request', 'token is required');
  const { reader } = dependencies;
  const read = await readToken(value, reader);
  const told = read.ok
    ? mayIntrospect(client, read.value) && describeToken(read.value, reader.issuer)
    : await introspectRefreshToken(value, client, dependencies);
  const answer = told || INACTIVE;
  if (ctx.accepts('application/json', SIGNED_INTROSPECTION) !== SIGNED_INTROSPECTION) return json(ctx, answer);
  json(ctx, answer);
  ctx.type = SIGNED_INTROSPECTION;
  ctx.body = signIntrospection(answer, client, reader);
}

/**
 * RFC 7009. One access token ends that token and what was derived from it; a refresh token ends its task. What is
 * unknown, or another client's, is answered like what is done (RV-02, RV-03: no oracle).
 */
export async function revoke(ctx: Context, dependencies: TokenEndpointsDependencies): Promise<void> {
  const caller = await callerOf(ctx, dependencies, { publicClients: true });
  if (!caller) return;
  const { client, form } = caller;
  const value = form.get('token');
  if (!value) return oauthError(ctx, 400, 'invalid_request', 'token is required');
  const done = () => {
    ctx.status = 200;
    ctx.body = '';
    ctx.set('Cache-Control', 'no-store');
  };
  const read = await readToken(value, dependencies.reader);
  if (read.ok) {
    const token = read.value;
    // Ancestors may revoke descendants: whoever handed authority on may take it back.
    const isAncestor = client.agent !== null && token.agents.includes(client.agent.id);
    if (token.clientId === client.clientId || isAncestor) {
      await dependencies.stop(
        {
          organization: token.organization,
          kind: 'token',
          subject: token.jti,
          by: client.clientId,
          reason: 'revoked',
        },
        {
          person: token.person ?? undefined,
          agent: token.agent ?? undefined,
          application: client.clientId,
          resource: token.resource,
          task: token.task ?? undefined,
          txn: token.txn,
        },
      );
    }
    return done();
  }
  const refreshToken = await dependencies.refreshTokens.find(value);
  if (refreshToken?.clientId === outwardId(client.clientId)) {
    await dependencies.refreshTokens.revoke(value);
    await dependencies.stop(
      {
        organization: client.organization,
        kind: 'task',
        subject: refreshToken.task,
        by: client.clientId,
        reason: 'revoked',
      },
      { person: refreshToken.person, agent: client.agent?.id, application: client.clientId },
    );
  }
  return done();
}

/** Who calls. A public client may revoke what it holds, and sees nothing (RFC 7009 §2.1, RFC 7662 §2.1). */
async function callerOf(
  ctx: Context,
  { authentication }: TokenEndpointsDependencies,
  options: { publicClients: boolean },
): Promise<{ client: ClientRecord; form: Map<string, string> } | undefined> {
  const form = await readForm(ctx.req);
  const client = await authenticateCaller(ctx, form, authentication, options);
  return client && { client, form };
}

async function introspectRefreshToken(
  value: string,
  client: ClientRecord,
  { refreshTokens, tasks, reader }: TokenEndpointsDependencies,
) {
  const token = await refreshTokens.find(value);
  if (token?.clientId !== outwardId(client.clientId) || token.expiresAt.getTime() <= Date.now()) return undefined;
  const task = await tasks.find(token.task);
  if (!task?.agent || !(await tasks.live(task.organization, task.person, task.agent)).some(({ id }) => id === task.id))
    return undefined;
  return {
    active: true,
    iss: reader.issuer,
    sub: token.person,
    client_id: token.clientId,
    exp: Math.floor(token.expiresAt.getTime() / 1000),
    ...(task.scopes.length > 0 && { scope: task.scopes.join(' ') }),
    ...(token.boundTo !== undefined && { cnf: confirmationOf(token.boundTo) }),
    task_id: token.task,
  };
}
