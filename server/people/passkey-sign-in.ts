import type Router from '@koa/router';
import type { Context } from 'koa';

import { ENTRANCE } from '../../views/words/entrance.ts';
import { SHELL } from '../../views/words/shell.ts';
import type { Said } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { readForm } from '../http/form.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import type { Challenges } from './challenge.ts';
import { speakerFor } from './language.ts';
import type { Passkey, PasskeyUse } from './passkey.ts';
import type { Person } from './person.ts';
import { beginSession, type SignInDependencies } from './sign-in.ts';
import type { WebAuthn } from './webauthn.ts';

export interface PasskeySignIn extends SignInDependencies {
  cookies: Cookies;
  webAuthn: WebAuthn;
  challenges: Challenges;
  passkeys: {
    byCredential(credentialId: string): Promise<Passkey | undefined>;
    /** Of one person: also those that an authenticator does not offer by itself. */
    of(organization: string, person: string): Promise<Passkey[]>;
    /** False where it is gone, or a copy of it signed in between. */
    used(use: PasskeyUse): Promise<boolean>;
  };
  /** True for the first who presents this challenge. */
  firstUse(browser: string, challenge: string, expiresAt: Date): Promise<boolean>;
}

const PURPOSE = 'sign in';

/**
 * What the sign-in page asks an authenticator: any passkey of this deployment, for this browser.
 *
 * @param of who it has to be, where that was shown already
 */
export const passkeyRequest = async (
  ctx: Context,
  { webAuthn, challenges, cookies, passkeys }: Pick<PasskeySignIn, 'webAuthn' | 'challenges' | 'cookies' | 'passkeys'>,
  of?: Pick<Person, 'organization' | 'id'>,
): Promise<string> => {
  const known = of ? await passkeys.of(of.organization, of.id) : [];
  return JSON.stringify(await webAuthn.requestOptions(known, challenges.make(cookies.csrf(ctx), PURPOSE, Date.now())));
};

/** Signs in by a passkey alone (Web Authentication, user verification): it says itself whose it is. */
export function passkeySignInRoutes(
  router: Router,
  pages: PasskeySignIn,
  /** The sign-in page again, or on to where the person was going. */
  answer: {
    again(ctx: Context, error: Said, status: number): Promise<void>;
    onward(ctx: Context, session: { cookie: string; maxAgeSeconds: number }): Promise<void>;
  },
): void {
  const { cookies, limits, challenges, webAuthn, passkeys } = pages;
  router.post('/login/passkey', async (ctx) => {
    const form = await readForm(ctx.req);
    const { say } = speakerFor(ctx);
    if (!cookies.csrfMatches(ctx, form.get('csrf'))) return answer.again(ctx, say(SHELL.formEnded), 403);
    const assertion = form.get('assertion') ?? '';
    const credential = credentialIn(assertion);
    const waitSeconds = await limits.attempt(`passkey ${credential}`, ctx.ip);
    if (waitSeconds !== undefined) {
      ctx.set('Retry-After', String(waitSeconds));
      return answer.again(ctx, say(ENTRANCE.tooMany, { count: Math.ceil(waitSeconds / 60) }), 429);
    }
    // One sentence for whatever was wrong: a stranger learns of no passkey whether it is known.
    const refused = () => answer.again(ctx, say(ENTRANCE.notThisPasskey), 401);
    const passkey = await passkeys.byCredential(credential);
    if (!passkey) return refused();
    const browser = cookies.csrf(ctx);
    let challenge: { given: string; expiresAt: Date } | undefined;
    const read = await webAuthn.readAssertion(assertion, [passkey], (given) => {
      const expiresAt = challenges.accepts(given, browser, PURPOSE, Date.now());
      challenge = expiresAt && { given, expiresAt };
      return challenge !== undefined;
    });
    if (!read.ok || !challenge || !(await pages.firstUse(browser, challenge.given, challenge.expiresAt))) {
      await pages.evidence.record({
        organization: passkey.organization,
        type: 'person.sign_in_refused',
        decision: 'refused',
        reason: 'passkey',
        person: passkey.person,
        content: {
          passkey: passkey.id,
          address: ctx.ip,
          detail: read.ok ? 'the challenge was used already' : read.detail,
        },
      });
      return refused();
    }
    if (!(await passkeys.used(read.value))) return refused();
    const session = await beginSession(
      passkey.person,
      { acr: 'phr', amr: ['pop', 'user'], authenticatedAt: new Date(), address: ctx.ip },
      pages,
    );
    if (!session) return refused();
    await limits.succeeded(`passkey ${credential}`);
    await answer.onward(ctx, session);
  });
}

/** Which credential an answer says it is of; what it says is checked after. */
function credentialIn(assertion: string): string {
  const json = assertion.length > 16_384 ? undefined : parseStrictJson(assertion);
  const id = json?.ok ? (json.value as { id?: unknown } | null)?.id : undefined;
  return typeof id === 'string' && /^[\w-]{1,1400}$/.test(id) ? id : '';
}
