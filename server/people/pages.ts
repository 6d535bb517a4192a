import type { Context } from 'koa';

import type { Frame } from '../../views/layout.tsx';
import { ERRORS } from '../../views/words/errors.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest, type FormOptions, readForm } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import { speakerFor } from './language.ts';
import type { Session } from './person.ts';

/** The signed-in person's session, loaded before any page. */
export const sessionOf = (ctx: Context): Session | undefined => stateOf(ctx.req).session;

/** The shell of a page: its language, whose house it is, who is signed in, and the token of its forms. */
export function frameOf(ctx: Context, cookies: Cookies): Frame {
  const session = sessionOf(ctx);
  const speaker = speakerFor(ctx);
  return {
    speaker,
    organizationName: session?.person.organizationName ?? 'Countersign',
    ...(session && {
      person: { name: session.person.name, email: session.person.email },
      zone: speaker.zone(new Date(), session.person.timeZone),
      csrf: cookies.csrf(ctx),
      console: session.person.roles.length > 0,
    }),
    requestId: stateOf(ctx.req).id,
    // What answered a form cannot be asked for again.
    ...(ctx.method === 'GET' && { returnTo: ctx.path }),
  };
}

/** A clock time in English, for pages that are not written in other languages yet. */
export const clock = (at: Date, timeZone: string, now?: Date): string => speakerOf('en').clock(at, timeZone, now);

/** The session, or the way to sign in and back here. */
export function signedIn(ctx: Context): Session | undefined {
  const session = sessionOf(ctx);
  if (!session) toSignIn(ctx);
  return session;
}

/**
 * To the sign-in page, and back here after. `fresh`: even with a session, because it is too old for this; `passkey`: or
 * because it began in a weaker way.
 */
export function toSignIn(ctx: Context, fresh: boolean | 'passkey' = false): void {
  const { language } = speakerFor(ctx);
  // The request's own language is known here, and not there.
  const locale = stateOf(ctx.req).uiLocales === undefined ? '' : `&ui_locales=${language}`;
  ctx.redirect(
    `/login?return_to=${encodeURIComponent(ctx.path)}${fresh === false ? '' : '&fresh=1'}${fresh === 'passkey' ? '&passkey=1' : ''}${locale}`,
  );
  ctx.status = 303;
}

/** @throws BadRequest when the form is not one of ours */
export async function checkedForm(ctx: Context, cookies: Cookies, options?: FormOptions): Promise<Map<string, string>> {
  const form = await readForm(ctx.req, options);
  if (!cookies.csrfMatches(ctx, form.get('csrf')))
    throw new BadRequest('This form is no longer valid. Open the page again.', 403, ERRORS.formEnded);
  return form;
}
