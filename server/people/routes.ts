import type Router from '@koa/router';
import type { Context } from 'koa';

import { homePage } from '../../views/home.tsx';
import { signInPage } from '../../views/sign-in.tsx';
import { signedOutPage } from '../../views/signed-out.tsx';
import { ENTRANCE } from '../../views/words/entrance.ts';
import { ERRORS } from '../../views/words/errors.ts';
import { LANGUAGES } from '../../views/words/language.ts';
import { SHELL } from '../../views/words/shell.ts';
import type { Said } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest, readForm } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { hashOf } from '../oauth/ids.ts';
import type { OfferedProvider } from './federation.ts';
import { inSameLanguage, speakerFor } from './language.ts';
import { checkedForm, frameOf, sessionOf, signedIn } from './pages.ts';
import { type PasskeySignIn, passkeyRequest, passkeySignInRoutes } from './passkey-sign-in.ts';
import type { Person } from './person.ts';
import { returnPath } from './return-path.ts';
import { type BegunSession, signIn } from './sign-in.ts';

export interface PeoplePages extends PasskeySignIn {
  /** The issuer's, as people see it in the address bar. */
  host: string;
  providers: { offered(organizationSlug: string | undefined): Promise<OfferedProvider[]> };
}

export function peopleRoutes(router: Router, pages: PeoplePages): void {
  const { cookies } = pages;
  const show = async (
    ctx: Context,
    { of, ...typed }: { error?: Said; email?: string; of?: Pick<Person, 'organization' | 'id'> | undefined },
    status: number,
  ) => {
    const { organization } = ctx.query;
    const providers = await pages.providers.offered(typeof organization === 'string' ? organization : undefined);
    const props = { frame: anonymous(ctx, cookies), csrf: cookies.csrf(ctx), action: formAction(ctx), ...typed };
    const asked = { returnTo: returnTo(ctx), fresh: ctx.query.fresh !== undefined };
    const passkey = { request: await passkeyRequest(ctx, pages, of), action: passkeyAction(ctx) };
    page(ctx, signInPage({ ...props, host: pages.host, providers, ...asked, passkey }), status);
  };
  const onward = async (ctx: Context, session: BegunSession) => {
    const before = cookies.session(ctx);
    if (before !== undefined) await pages.sessions.end(hashOf(before)); // a new sign-in, a new session
    cookies.setSession(ctx, session.cookie, session.maxAgeSeconds);
    ctx.redirect(returnTo(ctx));
    ctx.status = 303;
  };
  passkeySignInRoutes(router, pages, { again: (ctx, error, status) => show(ctx, { error }, status), onward });
  router.get('/', (ctx) => {
    if (sessionOf(ctx)) {
      ctx.redirect('/inbox');
      ctx.status = 303;
      return;
    }
    const { say } = speakerFor(ctx);
    page(
      ctx,
      homePage({
        frame: frameOf(ctx, cookies),
        signInUrl: inSameLanguage(ctx, '/login'),
        documents: [
          { href: '/.well-known/oauth-authorization-server', label: say(ENTRANCE.serverMetadata) },
          { href: '/.well-known/openid-configuration', label: say(ENTRANCE.openidConfiguration) },
          { href: '/jwks', label: say(ENTRANCE.publicKeys) },
        ],
      }),
    );
  });

  router.get('/login', async (ctx) => {
    const session = sessionOf(ctx);
    if (session && ctx.query.fresh === undefined) {
      ctx.redirect(returnTo(ctx));
      ctx.status = 303;
      return;
    }
    // Somebody who is signed in, and has to show a passkey for what comes next.
    if (session && ctx.query.passkey !== undefined) {
      return show(ctx, { error: speakerFor(ctx).say(ENTRANCE.passkeyForThis), of: session.person }, 200);
    }
    await show(ctx, {}, 200);
  });

  router.post('/login', async (ctx) => {
    const form = await readForm(ctx.req);
    const email = form.get('email') ?? '';
    const { say } = speakerFor(ctx);
    const again = (error: Said, status: number) => show(ctx, { error, email }, status);
    // Without the token another site could sign somebody in to its own account (login CSRF).
    if (!cookies.csrfMatches(ctx, form.get('csrf'))) return again(say(SHELL.formEnded), 403);
    const result = await signIn({ email, password: form.get('password') ?? '', address: ctx.ip }, pages);
    if (!result.ok && 'passkeyOf' in result) {
      return show(ctx, { error: say(ENTRANCE.passkeyToo), email, of: result.passkeyOf }, 401);
    }
    if (!result.ok && result.waitSeconds !== undefined) {
      ctx.set('Retry-After', String(result.waitSeconds));
      return again(say(ENTRANCE.tooMany, { count: Math.ceil(result.waitSeconds / 60) }), 429);
    }
    if (!result.ok) return again(say(ENTRANCE.notRight), 401);
    await onward(ctx, result);
  });

  router.post('/language', (ctx) => chooseLanguage(ctx, pages));

  router.post('/logout', async (ctx) => {
    const form = await readForm(ctx.req);
    if (!cookies.csrfMatches(ctx, form.get('csrf')))
      throw new BadRequest('This form is no longer valid. Open the page again.', 403, ERRORS.formEnded);
    const session = sessionOf(ctx);
    const speaker = speakerFor(ctx);
    const value = cookies.session(ctx);
    if (value !== undefined) await pages.sessions.end(hashOf(value));
    cookies.setSession(ctx, undefined);
    if (session) {
      await pages.evidence.record({
        organization: session.person.organization,
        type: 'person.signed_out',
        decision: 'allowed',
        person: session.person.id,
      });
    }
    page(
      ctx,
      signedOutPage({
        frame: { speaker, organizationName: session?.person.organizationName ?? 'Countersign' },
        signInUrl: '/login',
      }),
    );
  });
}

/** Their own language from now on, and back to the page they chose it on. */
async function chooseLanguage(ctx: Context, { people, cookies }: PeoplePages): Promise<void> {
  const session = signedIn(ctx);
  if (!session) return;
  const form = await checkedForm(ctx, cookies);
  const language = LANGUAGES.find((one) => one === form.get('language'));
  if (!language) throw new BadRequest('language is none of ours');
  await people.setLanguage(session.person.organization, session.person.id, language);
  // Also asked for by the address: the request behind the page may name another language, and comes first.
  ctx.redirect(`${returnPath(form.get('return_to'))}?ui_locales=${language}`);
  ctx.status = 303;
}

/** The sign-in page names no person, not even the one whose session is being renewed. */
const anonymous = (ctx: Context, cookies: Cookies) => {
  const { speaker, organizationName } = frameOf(ctx, cookies);
  return { speaker, organizationName, ...(ctx.method === 'GET' && { returnTo: formAction(ctx, false) }) };
};

const returnTo = (ctx: Context): string => returnPath(ctx.query.return_to);

const passkeyAction = (ctx: Context): string =>
  inSameLanguage(ctx, `/login/passkey?return_to=${encodeURIComponent(returnTo(ctx))}`);

function formAction(ctx: Context, sameLanguage = true): string {
  const path = ctx.query.return_to === undefined ? '/login' : `/login?return_to=${encodeURIComponent(returnTo(ctx))}`;
  return sameLanguage ? inSameLanguage(ctx, path) : path;
}
