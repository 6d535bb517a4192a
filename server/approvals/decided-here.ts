import type { Context } from 'koa';

const COOKIE = 'countersign-decided';
/** Seconds. */
const REMEMBERED = 86_400;

/**
 * Notes in this browser, and for the addresses of this request alone, that it was decided here. Whoever finds a request
 * decided that they have open elsewhere is told that it was elsewhere (U3-7); whoever has it open twice here is told what
 * they decided, also when the agent has its answer and the interaction is over (U2-7). It is a word on a page, and proves
 * nothing.
 */
export function rememberDecided(ctx: Context, approval: string): void {
  const secure = ctx.protocol === 'https' ? '; Secure' : '';
  const here = /^\/interaction\/[\w-]+$/.test(ctx.path) ? [ctx.path] : [];
  for (const path of [`/r/${approval}`, ...here]) {
    const rest = `Path=${path}; HttpOnly; SameSite=Lax; Max-Age=${REMEMBERED}${secure}`;
    ctx.append('Set-Cookie', `${COOKIE}=${approval}; ${rest}`);
  }
}

/** The approval that was decided at this address in this browser, as the browser says. */
export const decidedHere = (ctx: Context): string | undefined =>
  (ctx.get('Cookie') || '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === COOKIE)?.[1];

export const wasDecidedHere = (ctx: Context, approval: string): boolean => decidedHere(ctx) === approval;
