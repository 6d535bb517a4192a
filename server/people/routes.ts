import type Router from '@koa/router';
import type { Context } from 'koa';

import { homePage } from '../../views/home.tsx';
import { signInPage } from '../../views/sign-in.tsx';
import { signedOutPage } from '../../views/signed-out.tsx';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest, readForm } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { hashOf } from '../oauth/ids.ts';
import type { OfferedProvider } from './federation.ts';
import { frameOf, sessionOf } from './pages.ts';
import { type PasskeySignIn, passkeyRequest, passkeySignInRoutes } from './passkey-sign-in.ts';
import { returnPath } from './return-path.ts';
import { type BegunSession, signIn } from './sign-in.ts';

export interface PeoplePages extends PasskeySignIn {
  providers: { offered(organizationSlug: string | undefined): Promise<OfferedProvider[]> };
}

export function peopleRoutes(router: Router, pages: PeoplePages): void {
  const { cookies } = pages;
  const show = async (ctx: Context, typed: { error?: string; email?: string }, status: number) => {
    const { organization } = ctx.query;
    const providers = await pages.providers.offered(typeof organization === 'string' ? organization : undefined);
    const props = { frame: anonymous(ctx, cookies), csrf: cookies.csrf(ctx), action: formAction(ctx), ...typed };
    const asked = { returnTo: returnTo(ctx), fresh: ctx.query.fresh !== undefined };
    const passkey = { request: await passkeyRequest(ctx, pages), action: passkeyAction(ctx) };
    page(ctx, signInPage({ ...props, providers, ...asked, passkey }), status);
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
    page(
      ctx,
      homePage({
        frame: frameOf(ctx, cookies),
        signInUrl: '/login',
        documents: [
          { href: '/.well-known/oauth-authorization-server', label: 'Authorization server metadata' },
          { href: '/.well-known/openid-configuration', label: 'OpenID configuration' },
          { href: '/jwks', label: 'Public keys' },
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
    await show(ctx, {}, 200);
  });

  router.post('/login', async (ctx) => {
    const form = await readForm(ctx.req);
    const email = form.get('email') ?? '';
    const again = (error: string, status: number) => show(ctx, { error, email }, status);
    // Without the token another site could sign somebody in to its own account (login CSRF).
    if (!cookies.csrfMatches(ctx, form.get('csrf')))
      return again('This form is no longer valid. Please try again.', 403);
    const result = await signIn({ email, password: form.get('password') ?? '', address: ctx.ip }, pages);
    if (!result.ok && result.waitSeconds !== undefined) {
      ctx.set('Retry-After', String(result.waitSeconds));
      return again(`Too many tries. Wait ${Math.ceil(result.waitSeconds / 60)} minutes and try again.`, 429);
    }
    if (!result.ok) return again('The e-mail address or the password is not right.', 401);
    await onward(ctx, result);
  });

  router.post('/logout', async (ctx) => {
    const form = await readForm(ctx.req);
    if (!cookies.csrfMatches(ctx, form.get('csrf')))
      throw new BadRequest('This form is no longer valid. Open the page again.', 403);
    const session = sessionOf(ctx);
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
        frame: { organizationName: session?.person.organizationName ?? 'Countersign' },
        signInUrl: '/login',
      }),
    );
  });
}

/** The sign-in page names no person, not even the one whose session is being renewed. */
const anonymous = (ctx: Context, cookies: Cookies) => ({ organizationName: frameOf(ctx, cookies).organizationName });

const returnTo = (ctx: Context): string => returnPath(ctx.query.return_to);

const passkeyAction = (ctx: Context): string => `/login/passkey?return_to=${encodeURIComponent(returnTo(ctx))}`;

const formAction = (ctx: Context): string =>
  ctx.query.return_to === undefined ? '/login' : `/login?return_to=${encodeURIComponent(returnTo(ctx))}`;
