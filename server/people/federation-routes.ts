import type Router from '@koa/router';
import type { Context } from 'koa';
import { errorPage } from '../../views/error.tsx';
import { resultPage } from '../../views/result.tsx';
import { signInSettingsPage } from '../../views/sign-in-settings.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { ENTRANCE } from '../../views/words/entrance.ts';
import { SIGN_IN } from '../../views/words/sign-in.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import { page } from '../http/respond.ts';
import { hashOf } from '../oauth/ids.ts';
import { beginAtProvider, type FederatedSignIn, type FederationDependencies, finishAtProvider } from './federation.ts';
import { checkedForm, frameOf, sessionOf, signedIn } from './pages.ts';
import { returnPath } from './return-path.ts';
import type { SignInProvider } from './sign-in-provider.ts';
import { UpstreamRefused } from './upstream.ts';

export interface FederationPages extends FederationDependencies {
  cookies: Cookies;
}

/** Signing in at an organization's own provider: the button, and the way back. */
export function federationRoutes(router: Router, pages: FederationPages): void {
  const { cookies, providers } = pages;
  signInSettingsRoutes(router, pages);

  router.post('/login/with/:provider', async (ctx) => {
    const form = await checkedForm(ctx, cookies);
    const provider = await providers.find(String(ctx.params.provider));
    if (!provider) return trouble(ctx, pages, 'gone');
    const session = sessionOf(ctx);
    // Whoever connects an account to themselves shows at the provider, now, that it is theirs: somebody else's could
    // be signed in there.
    // Nor does a session that is good for adding a passkey and nothing else get another way in.
    const connects =
      form.get('connect') === '1' &&
      session?.person.organization === provider.organization &&
      session?.addsPasskey === false;
    const fresh = connects || form.get('fresh') === '1';
    try {
      const url = await beginAtProvider(
        provider,
        {
          browser: cookies.csrf(ctx),
          returnTo: returnPath(form.get('return_to')),
          fresh,
          connects: connects ? session?.person.id : undefined,
        },
        pages,
      );
      // Never a redirect: `form-action 'self'` would stop it at the provider's door (D11).
      const frame = frameOf(ctx, cookies);
      const { say } = frame.speaker;
      const label = say(ENTRANCE.continueWith, { provider: provider.name });
      page(
        ctx,
        resultPage({
          frame,
          title: label,
          message: say(SIGN_IN.comeBack, { provider: provider.name }),
          status: 'info',
          continueTo: { url, label, automatic: true },
        }),
      );
    } catch (cause) {
      if (!(cause instanceof UpstreamRefused)) throw cause;
      trouble(ctx, pages, 'unreachable', provider);
    }
  });

  router.get('/login/callback/:provider', async (ctx) => {
    const provider = String(ctx.params.provider);
    const { state } = ctx.query;
    if (typeof state !== 'string') return trouble(ctx, pages, 'gone');
    const url = new URL(ctx.originalUrl, pages.issuer);
    const result = await finishAtProvider(
      { provider, state, url, browser: cookies.csrf(ctx), address: ctx.ip, person: sessionOf(ctx)?.person.id },
      pages,
    );
    if (!result.ok && result.confirming !== undefined) return notConfirmed(ctx, pages, result.confirming, result);
    if (!result.ok) return trouble(ctx, pages, result.why, result.provider);
    if ('session' in result) {
      const before = cookies.session(ctx);
      if (before !== undefined) await pages.sessions.end(hashOf(before)); // a new sign-in, a new session
      cookies.setSession(ctx, result.session.cookie, result.session.maxAgeSeconds);
    }
    ctx.redirect(result.returnTo);
    ctx.status = 303;
  });
}

/** How a person signs in: looked at and changed by themselves alone. */
function signInSettingsRoutes(router: Router, pages: FederationPages): void {
  const { cookies, providers } = pages;

  router.get('/settings/sign-in', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { organization, id, timeZone } = session.person;
    const { accounts, providers: offered } = await providers.accounts(organization, id);
    const frame = frameOf(ctx, cookies);
    page(
      ctx,
      signInSettingsPage({
        frame,
        csrf: cookies.csrf(ctx),
        accounts: accounts.map(({ id: account, issuer, name, since, signsIn }) => ({
          id: account,
          name: name ?? new URL(issuer).host,
          since: frame.speaker.clock(since, timeZone),
          signsIn,
        })),
        providers: offered,
      }),
    );
  });

  router.post('/settings/sign-in/:account/remove', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    await checkedForm(ctx, cookies);
    const { organization, id } = session.person;
    const done = await providers.disconnect(organization, id, String(ctx.params.account));
    if (done === 'last') throw new BadRequest('This is the only way in.', 409, SIGN_IN.onlyWayIn);
    ctx.redirect('/settings/sign-in');
    ctx.status = 303;
  });
}

/** A decision that the provider's answer does not confirm: it waits on, and is one click away. */
function notConfirmed(
  ctx: Context,
  { cookies }: FederationPages,
  request: string,
  { why, provider }: Extract<FederatedSignIn, { ok: false }>,
): void {
  const frame = frameOf(ctx, cookies);
  const { say } = frame.speaker;
  const means = { denied: SIGN_IN.cancelled, unreachable: CEREMONY.providerGone } as const;
  const message = why === 'denied' || why === 'unreachable' ? means[why] : CEREMONY.notConfirmedMeans;
  page(
    ctx,
    resultPage({
      frame,
      title: say(CEREMONY.notConfirmed),
      message: say(message, { provider: provider?.name ?? '' }),
      status: 'error',
      continueTo: { url: request, label: say(CEREMONY.backToRequest), automatic: false },
    }),
    why === 'unreachable' ? 503 : 403,
  );
}

type Trouble = Extract<FederatedSignIn, { ok: false }>['why'];

const TROUBLES = {
  gone: [400, SIGN_IN.ended, SIGN_IN.endedMeans, SIGN_IN.beginAgain],
  denied: [403, SIGN_IN.notSignedIn, SIGN_IN.cancelled, SIGN_IN.beginAgainOrElse],
  unreachable: [503, SIGN_IN.unreachable, SIGN_IN.unreachableMeans, SIGN_IN.tryLater],
  refused: [403, SIGN_IN.notSignedIn, SIGN_IN.refused, SIGN_IN.tryAgainOrTell],
  unknown_person: [403, SIGN_IN.unknownPerson, SIGN_IN.unknownPersonMeans, SIGN_IN.unknownPersonNext],
} as const satisfies Record<Trouble, readonly [number, PlainMessage, PlainMessage, PlainMessage]>;

function trouble(ctx: Context, { cookies }: FederationPages, why: Trouble, provider?: SignInProvider): void {
  const frame = frameOf(ctx, cookies);
  const { say } = frame.speaker;
  const [status, title, message, nextStep] = TROUBLES[why];
  page(
    ctx,
    errorPage({
      frame,
      title: say(title),
      message: say(message, { provider: provider?.name ?? '' }),
      nextStep: say(nextStep),
      requestId: stateOf(ctx.req).id,
    }),
    status,
  );
}
