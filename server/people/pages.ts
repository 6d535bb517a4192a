import type { Context } from 'koa';

import type { Frame } from '../../views/layout.tsx';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest, readForm } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import type { Session } from './person.ts';

/** The signed-in person's session, loaded before any page. */
export const sessionOf = (ctx: Context): Session | undefined => stateOf(ctx.req).session;

/** The shell of a page: whose house it is, who is signed in, and the token of its forms. */
export function frameOf(ctx: Context, cookies: Cookies): Frame {
  const session = sessionOf(ctx);
  return {
    organizationName: session?.person.organizationName ?? 'Countersign',
    ...(session && {
      person: { name: session.person.name, email: session.person.email },
      csrf: cookies.csrf(ctx),
      console: session.person.roles.length > 0,
    }),
    requestId: stateOf(ctx.req).id,
  };
}

/** Clock times with weekday where it is another day, in the person's time zone (`ux.md` §4.3). */
export function clock(at: Date, timeZone: string, now: Date = new Date()): string {
  const day = (date: Date) => date.toLocaleDateString('en-GB', { timeZone });
  const time = at.toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  if (day(at) === day(now)) return time;
  return `${at.toLocaleDateString('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' })} ${time}`;
}

/** The session, or the way to sign in and back here. */
export function signedIn(ctx: Context): Session | undefined {
  const session = sessionOf(ctx);
  if (!session) toSignIn(ctx);
  return session;
}

/** To the sign-in page, and back here after. `fresh`: even with a session, because it is too old for this. */
export function toSignIn(ctx: Context, fresh = false): void {
  ctx.redirect(`/login?return_to=${encodeURIComponent(ctx.path)}${fresh ? '&fresh=1' : ''}`);
  ctx.status = 303;
}

/** @throws BadRequest when the form is not one of ours */
export async function checkedForm(ctx: Context, cookies: Cookies): Promise<Map<string, string>> {
  const form = await readForm(ctx.req);
  if (!cookies.csrfMatches(ctx, form.get('csrf')))
    throw new BadRequest('This form is no longer valid. Open the page again.', 403);
  return form;
}
