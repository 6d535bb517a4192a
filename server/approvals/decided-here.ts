import type { Context } from 'koa';

const COOKIE = 'countersign-decided';
/** Seconds. */
const REMEMBERED = 86_400;

/**
 * Notes in this browser, and for this request's address alone, that it was decided here: whoever finds a request decided
 * that they have open elsewhere is told that it was elsewhere (U3-7). It is a word on a page, and proves nothing.
 */
export function rememberDecided(ctx: Context, approval: string): void {
  const secure = ctx.protocol === 'https' ? '; Secure' : '';
  ctx.append(
    'Set-Cookie',
    `${COOKIE}=${approval}; Path=/r/${approval}; HttpOnly; SameSite=Lax; Max-Age=${REMEMBERED}${secure}`,
  );
}

export const wasDecidedHere = (ctx: Context, approval: string): boolean =>
  (ctx.get('Cookie') || '').split(';').some((pair) => pair.trim() === `${COOKIE}=${approval}`);
