import { setTimeout } from 'node:timers/promises';
import type Router from '@koa/router';
import type { Context } from 'koa';

import { recoverySignInPage } from '../../views/recovery-codes.tsx';
import { ENTRANCE } from '../../views/words/entrance.ts';
import { RECOVERY } from '../../views/words/recovery.ts';
import { SHELL } from '../../views/words/shell.ts';
import type { Said } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { readForm } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { speakerFor } from './language.ts';
import { frameOf } from './pages.ts';
import { type RecoveryCodeStore, readRecoveryCode, recoveryCodeHash } from './recovery-codes.ts';
import { beginSession, REFUSAL_MS, type SignInDependencies, type SignInResult, tryPasswordOf } from './sign-in.ts';

export interface RecoverySignIn extends SignInDependencies {
  cookies: Cookies;
  recoveryCodes: RecoveryCodeStore;
}

/** An administrator who lost every passkey: the password and a code on paper lead to the page where one is added. */
export function recoverySignInRoutes(router: Router, pages: RecoverySignIn): void {
  const { cookies } = pages;
  const show = (ctx: Context, typed: { error?: Said; email?: string }, status: number) => {
    const { speaker, organizationName } = frameOf(ctx, cookies);
    const frame = { speaker, organizationName };
    page(ctx, recoverySignInPage({ frame, csrf: cookies.csrf(ctx), ...typed }), status);
  };

  router.get('/login/recovery', (ctx) => show(ctx, {}, 200));

  router.post('/login/recovery', async (ctx) => {
    const form = await readForm(ctx.req);
    const { say } = speakerFor(ctx);
    const email = form.get('email') ?? '';
    const again = (error: Said, status: number) => show(ctx, { error, email }, status);
    if (!cookies.csrfMatches(ctx, form.get('csrf'))) return again(say(SHELL.formEnded), 403);
    const attempt = { email, password: form.get('password') ?? '', code: form.get('code') ?? '', address: ctx.ip };
    const begun = performance.now();
    const result = await tryCode(attempt, pages);
    if (!result.ok && 'waitSeconds' in result && result.waitSeconds !== undefined) {
      ctx.set('Retry-After', String(result.waitSeconds));
      return again(say(ENTRANCE.tooMany, { count: Math.ceil(result.waitSeconds / 60) }), 429);
    }
    if (!result.ok) {
      // As long for whatever was wrong.
      await setTimeout(Math.max(0, REFUSAL_MS - (performance.now() - begun)));
      return again(say(RECOVERY.notRight), 401);
    }
    cookies.setSession(ctx, result.cookie, result.maxAgeSeconds);
    ctx.redirect('/settings/security');
    ctx.status = 303;
  });
}

interface Attempt {
  email: string;
  password: string;
  code: string;
  address: string;
}

/**
 * The code takes the passkey's place and never the password's: paper that somebody finds opens nothing. Tries are counted
 * with those of the password.
 */
async function tryCode({ email, password, code, address }: Attempt, pages: RecoverySignIn): Promise<SignInResult> {
  const { evidence, limits, recoveryCodes } = pages;
  const known = await tryPasswordOf({ email, password, address }, pages);
  if ('ok' in known) return known;
  const { account, credential, person, refuse } = known;
  const { organization, id } = person;
  const event = { organization, person: id, content: { address } };
  if (credential.passwords === 'nobody' || !person.roles.includes('admin')) return refuse('recovery_code_not_used');

  // Whatever comes of it: somebody has the password of an administrator, and says that they have no passkey.
  await evidence.record({ ...event, type: 'person.alarm', decision: 'reported', reason: 'recovery_code' });
  const read = readRecoveryCode(code);
  const used = read !== undefined && (await recoveryCodes.use(organization, id, recoveryCodeHash(id, read), address));
  if (!used) return refuse('wrong_recovery_code');
  await limits.succeeded(account);
  const how = { acr: 'pwd', amr: ['pwd', 'otp'], authenticatedAt: new Date(), address };
  const session = await beginSession(id, { ...how, addsPasskey: true, recovers: true }, pages);
  return session ? { ok: true, ...session } : { ok: false };
}
