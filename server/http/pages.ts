import type { Context } from 'koa';

import type { Frame } from '../../views/layout.tsx';
import type { Session } from '../people/person.ts';
import type { Cookies } from './cookies.ts';
import { stateOf } from './request-state.ts';

/** The signed-in person's session, loaded before any page. */
export const sessionOf = (ctx: Context): Session | undefined => stateOf(ctx.req).session;

/** The shell of a page: whose house it is, who is signed in, and the token of its forms. */
export function frameOf(ctx: Context, cookies: Cookies): Frame {
  const session = sessionOf(ctx);
  return {
    organizationName: session?.person.organizationName ?? 'Countersign',
    ...(session && { person: { name: session.person.name, email: session.person.email }, csrf: cookies.csrf(ctx) }),
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
