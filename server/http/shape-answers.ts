import type { Context, Next } from 'koa';

import { stateOf } from './request-state.ts';

const POST_ONLY = /^\/(token|request|backchannel|token\/introspection|token\/revocation|redemptions|outcomes|reg)$/;

/** What the engine says almost right: codes, members and headers that the standards ask for beyond it. */
export function shapeAnswers(issuer: string) {
  return async (ctx: Context, next: Next) => {
    if (POST_ONLY.test(ctx.path) && ctx.method !== 'POST' && ctx.method !== 'OPTIONS') {
      ctx.set('Allow', 'POST, OPTIONS');
      ctx.status = 405; // OA-20
      ctx.body = { error: 'invalid_request', error_description: 'this endpoint takes POST only' };
      return;
    }
    await next();
    const body = ctx.body as Record<string, unknown> | undefined;
    if (ctx.type === 'text/html' && !ctx.response.get('Content-Security-Policy')) lockDown(ctx);
    if (typeof body !== 'object' || body === null) return;
    if (ctx.path.startsWith('/.well-known/')) return tellTheTruth(body);
    if (typeof body.error !== 'string') return;

    const described = String(body.error_description ?? '');
    // RFC 6749 §5.2: the client may not use this grant (OA-24); the engine calls it a malformed request.
    if (body.error === 'invalid_request' && /is not allowed for this client$/.test(described))
      body.error = 'unauthorized_client';
    ctx.set('Cache-Control', 'no-store');
    const { refusal } = stateOf(ctx.req);
    if (refusal?.reason === 'consent_required') {
      body.interaction_uri = `${issuer}/r/${refusal.approval}`;
      body.authorization_details = refusal.details;
      body.expires_in = refusal.expiresIn;
    }
    if (refusal?.reason === 'too_many_questions') ctx.set('Retry-After', String(refusal.retryAfter));
  };
}

/** Metadata claims nothing that does not work (MD-08). */
function tellTheTruth(body: Record<string, unknown>): void {
  if ('backchannel_user_code_parameter_supported' in body) body.backchannel_user_code_parameter_supported = false;
}

/** Pages of the engine's (errors, form_post): in no frame, no referrer, no cache; the form may go to the client. */
function lockDown(ctx: Context): void {
  ctx.set('X-Frame-Options', 'DENY');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
}
