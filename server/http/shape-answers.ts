import type { Context, Next } from 'koa';
import { inEnglish } from '../../views/words/saying.ts';

import { endpointOf } from './endpoints.ts';
import { stateOf } from './request-state.ts';

/**
 * What the engine says almost right: codes, members and headers that the standards ask for beyond it.
 *
 * @param isPublic is this authorization details type shared by every organization?
 */
export function shapeAnswers(issuer: string, isPublic: (type: string) => boolean) {
  return async (ctx: Context, next: Next) => {
    // Before the engine writes: its form_post page adds the hash of its one script to the policy it finds.
    if (endpointOf(ctx.path)?.browser) lockDown(ctx);
    await next();
    hideTypes(ctx);
    const body = ctx.body as Record<string, unknown> | undefined;
    if (typeof body !== 'object' || body === null) return;
    if (ctx.path.startsWith('/.well-known/')) return tellTheTruth(body, isPublic);
    if (typeof body.error !== 'string') return;

    const described = String(body.error_description ?? '');
    // RFC 6749 §5.2: the client may not use this grant (OA-24); the engine calls it a malformed request.
    if (body.error === 'invalid_request' && /is not allowed for this client$/.test(described))
      body.error = 'unauthorized_client';
    // RFC 9126 §2.1: a pushed request that points at another one is malformed.
    if (body.error === 'request_uri_not_supported' && ctx.path === '/request') {
      Object.assign(body, { error: 'invalid_request', error_description: 'request_uri must not be pushed' });
    }
    // One sentence for both, or a stranger learns which types another organization has.
    if (body.error === 'invalid_authorization_details' && TYPE_REFUSED.test(described)) {
      body.error_description = TYPE_REFUSED_WORDS;
    }
    // What is wrong with a document, its maker may hear; whom an organization lets in, nobody.
    const { documentRefusal: unknown } = stateOf(ctx.req);
    if (body.error === 'invalid_client' && unknown) {
      body.error_description = PUBLIC_REASONS.has(unknown.reason)
        ? `the metadata document: ${inEnglish(unknown.detail).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')}`
        : 'unknown to the organization that this request is about: a person there begins with it in a browser';
    }
    if (body.error === 'server_error') body.error_description = 'something went wrong here';
    ctx.set('Cache-Control', 'no-store');
    const { refusal, instead } = stateOf(ctx.req);
    if (instead) body.authorization_details = instead;
    if (refusal?.reason === 'consent_required') {
      body.interaction_uri = `${issuer}/r/${refusal.approval}`;
      body.authorization_details = refusal.details;
      body.expires_in = refusal.expiresIn;
    }
    if (refusal?.reason === 'authentication_insufficient') {
      // What the client has to ask of the person next (RFC 9470 §3).
      if (refusal.acr !== undefined) body.acr_values = refusal.acr;
      if (refusal.maxAge !== undefined) body.max_age = refusal.maxAge;
    }
    // Whatever is worth another try says when (RFC 9110 §10.2.3).
    if (refusal && 'retryAfter' in refusal) ctx.set('Retry-After', String(refusal.retryAfter));
  };
}

const PUBLIC_REASONS: ReadonlySet<string> = new Set(['invalid', 'unreachable', 'too_many']);

const TYPE_REFUSED =
  /^(unsupported authorization details type value|authorization details type .* is not allowed for this client)/;

const TYPE_REFUSED_WORDS = 'a type is unknown, or this client did not register it';

/** The same for an answer that goes to the client through the browser: by redirect, or by a form of the engine's. */
function hideTypes(ctx: Context): void {
  const location = ctx.response.get('Location');
  const url = location ? URL.parse(location) : null;
  if (!url) return;
  const [inQuery, inFragment] = [url.searchParams, new URLSearchParams(url.hash.slice(1))];
  for (const parameters of [inQuery, inFragment]) {
    if (!TYPE_REFUSED.test(parameters.get('error_description') ?? '')) continue;
    parameters.set('error_description', TYPE_REFUSED_WORDS);
    if (parameters === inFragment) url.hash = parameters.toString();
    ctx.set('Location', url.href);
    ctx.body = '';
  }
}

/** Metadata claims nothing that does not work (MD-08), and names nothing that belongs to one organization. */
function tellTheTruth(body: Record<string, unknown>, isPublic: (type: string) => boolean): void {
  const types = body.authorization_details_types_supported as string[];
  body.authorization_details_types_supported = types.filter(isPublic);
  // The same ways everywhere; the engine knows only those that it verifies itself.
  body.token_endpoint_auth_methods_supported = body.revocation_endpoint_auth_methods_supported;
  body.claims_supported = ['sub', 'iss', 'acr', 'amr', 'auth_time'];
}

/** Answers of the authorization endpoint: in no frame, no referrer, no cache; a form may go to the client. */
function lockDown(ctx: Context): void {
  ctx.set('X-Frame-Options', 'DENY');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set(
    'Content-Security-Policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
}
