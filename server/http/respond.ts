import { createHash } from 'node:crypto';
import type { Context } from 'koa';

/** Headers of every page (`ux.md` §11.2): nothing from elsewhere, in no frame, into no cache. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; worker-src 'self'",
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'publickey-credentials-get=(self), camera=(), microphone=(), geolocation=(), payment=()',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * A person's own pages: whoever opened their window has no hold of it. Not those of a request in the browser, nor the way
 * to sign in: they may stand in a popup of the client's, which any value of this header cuts off from it (§11.2).
 */
const OWN_PAGES = /^\/(?:inbox|agents|owned|receipts|settings)(?:\/|$)/u;
const isOwnPage = ({ path, query }: Context): boolean =>
  OWN_PAGES.test(path) && !String(query.return_to ?? '').startsWith('/interaction/');

/** One HTML page. */
export function page(ctx: Context, html: string, status = 200): void {
  ctx.status = status;
  ctx.set(PAGE_HEADERS);
  if (isOwnPage(ctx)) ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
  ctx.vary('Accept-Language');
  ctx.type = 'html';
  ctx.body = html;
}

/**
 * A page as it once was: to look at, and nothing more. No script runs, no form is sent, and it is of no origin, so that
 * whatever a page of ours ever said cannot act in our name today.
 */
export function inert(ctx: Context, html: string): void {
  page(ctx, html);
  ctx.set(
    'Content-Security-Policy',
    "sandbox; default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  ctx.set('Repr-Digest', `sha-256=:${createHash('sha256').update(html).digest('base64')}:`); // RFC 9530
}

/** JSON, never cached. */
export function json(ctx: Context, body: object, status = 200): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.body = body;
}

/** An OAuth error of an endpoint of ours (RFC 6749 §5.2). */
export function oauthError(ctx: Context, status: number, error: string, description: string): void {
  if (status === 401) ctx.set('WWW-Authenticate', `Bearer error="${error}"`);
  json(ctx, { error, error_description: description }, status);
}

/** A problem document (RFC 9457) of an endpoint of ours that is not OAuth's. */
export function problem(ctx: Context, status: number, reason: string, detail: string, more: object = {}): void {
  json(ctx, { type: 'about:blank', title: reason, status, reason, detail, ...more }, status);
  ctx.type = 'application/problem+json';
}

/** An open page looks whether anything became of what it shows (views/static): nobody did anything at the browser. */
export const looksAgain = (ctx: Context): boolean => ctx.get('X-Countersign-Refresh') !== '';
