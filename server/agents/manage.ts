import type { Context, Next } from 'koa';
import { NOT_REGISTERED } from '../../views/words/console-registration-refused.ts';
import { presentedToken } from '../http/bearer.ts';
import { json } from '../http/respond.ts';
import { hashOf } from '../oauth/ids.ts';
import type { ClientStore } from './clients.ts';
import { tellHowItIsVouchedFor } from './handover.ts';
import { merged } from './registration-changes.ts';

export interface Registrations {
  clients: ClientStore;
  /** Is this the registration access token of this client? */
  isRegistrationToken(tokenHash: Buffer, clientId: string): Promise<boolean>;
  /** Counts one request under this key; seconds to wait where there were too many. */
  tooMany(key: string): Promise<number | undefined>;
}

/**
 * At the registration endpoint: so many in a minute with one initial access token, and so many from one address, whether
 * they are good or not. A token that leaked makes no flood of agents, and a stranger does not guess tokens.
 */
export function paceRegistrations({ tooMany }: Pick<Registrations, 'tooMany'>) {
  return async (ctx: Context, next: Next) => {
    const token = presentedToken(ctx);
    const keys = [`address ${ctx.ip}`, ...(token ? [`token ${hashOf(token.value).toString('base64url')}`] : [])];
    const waits = await Promise.all(keys.map(tooMany));
    const wait = Math.max(0, ...waits.flatMap((seconds) => seconds ?? []));
    if (wait === 0) {
      await next();
      return tellHowItIsVouchedFor(ctx);
    }
    ctx.set('Retry-After', String(wait));
    return json(ctx, { error: 'slow_down', error_description: NOT_REGISTERED.tooMany.en }, 429);
  };
}

/**
 * RFC 7592 for an agent that is not active: its registration can be read, so that its builder sees why, and not
 * changed. The engine alone would destroy the registration access token of a client it no longer finds.
 */
export function guardRegistration({ clients, isRegistrationToken }: Registrations) {
  return async (ctx: Context, next: Next) => {
    const clientId = String(ctx.params.clientId);
    const client = await clients.find(clientId);
    if (
      !client?.agent ||
      client.agent.status === 'active' ||
      client.agent.status === 'pending' ||
      ctx.method === 'GET'
    ) {
      await next();
      tellHowItIsVouchedFor(ctx);
      return tellWaiting(ctx, clientId, clients);
    }
    const presented = presentedToken(ctx);
    if (!presented || !(await isRegistrationToken(hashOf(presented.value), clientId))) {
      ctx.set('WWW-Authenticate', 'Bearer error="invalid_token"');
      return json(ctx, { error: 'invalid_token', error_description: 'invalid token provided' }, 401);
    }
    return json(
      ctx,
      { error: 'access_denied', error_description: `the agent is ${client.agent.status}: its owner has to resume it` },
      403,
    );
  };
}

/** RFC 7592 §3: the answer says what is registered, so what waits for the owner stands in it as it still is. */
async function tellWaiting(ctx: Context, clientId: string, clients: ClientStore): Promise<void> {
  const body = ctx.body as Record<string, unknown> | undefined;
  if (ctx.status !== 200 || body?.client_id !== clientId) return;
  const waiting = await clients.waitingChange(clientId);
  if (!waiting) return;
  ctx.body = {
    ...merged(body, waiting.before),
    pending_change: { id: waiting.id, members: Object.keys(waiting.proposed), waits_for: 'owner' },
  };
}
