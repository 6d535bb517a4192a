import type Router from '@koa/router';

import { readForm } from '../http/form.ts';
import { json } from '../http/respond.ts';
import { isSignedBy, parseJws, verificationKey } from '../oauth/jws.ts';
import type { SignInProvider } from './sign-in-provider.ts';
import { type IssuerKeys, IssuerUnreachable } from './trusted-issuer.ts';
import { type Upstream, UpstreamRefused } from './upstream.ts';

export interface EndedSessions {
  sessions: number;
  /** Questions that waited for the person. */
  approvals: number;
}

export interface UpstreamLogoutStore {
  end(
    organization: string,
    ended: { issuer: string; subject: string | undefined; session: string | undefined },
  ): Promise<EndedSessions>;
}

export interface ProviderLogoutDependencies {
  providers: { find(id: string): Promise<SignInProvider | undefined> };
  upstream: Upstream;
  keys: IssuerKeys;
  logouts: UpstreamLogoutStore;
  /** True the first time. */
  firstUse(issuer: string, jti: string, expiresAt: Date): Promise<boolean>;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LONGEST_SECONDS = 120;
const CLOCK_SECONDS = 60;

/**
 * Where a provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0 §2.5). Their sessions
 * here end, and whatever waits for their decision: a screen that somebody left must decide nothing.
 */
export function providerLogoutRoutes(router: Router, dependencies: ProviderLogoutDependencies): void {
  router.post('/logout/provider/:provider', async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const form = await readForm(ctx.req);
    const provider = await dependencies.providers.find(String(ctx.params.provider));
    const read = provider && (await readLogoutToken(form.get('logout_token') ?? '', provider, dependencies));
    if (!read || 'problem' in read) {
      const error_description = read && 'problem' in read ? read.problem : 'there is no such provider';
      return json(ctx, { error: 'invalid_request', error_description }, 400);
    }
    await dependencies.logouts.end(read.organization, read);
    ctx.status = 200;
    ctx.body = '';
  });
}

type Logout = { organization: string; issuer: string; subject: string | undefined; session: string | undefined };

/** §2.6, point by point: a logout token of this provider for us, of now, once, and nothing that looks like an ID token. */
async function readLogoutToken(
  value: string,
  provider: SignInProvider,
  { upstream, keys, firstUse }: ProviderLogoutDependencies,
): Promise<Logout | { problem: string }> {
  const jws = parseJws(value);
  if (!jws) return { problem: 'logout_token is not a JWT' };
  const { header, payload } = jws;
  const typ = String(header.typ ?? 'logout+jwt')
    .toLowerCase()
    .replace(/^application\//, '');
  if (typ !== 'logout+jwt' && typ !== 'jwt') return { problem: 'wrong typ' };
  try {
    const uri = await upstream.jwksUri(provider);
    const signed = async (missing?: 'missing') =>
      (await keys.remote(uri, missing)).some((jwk) => {
        if (header.kid !== undefined && (jwk as { kid?: unknown }).kid !== header.kid) return false;
        const key = verificationKey(jwk, header.alg);
        return key !== undefined && isSignedBy(jws, key);
      });
    if (!(await signed()) && !(await signed('missing'))) return { problem: 'not signed by the provider' };
  } catch (cause) {
    if (cause instanceof IssuerUnreachable || cause instanceof UpstreamRefused) {
      return { problem: 'the keys of the provider cannot be read' };
    }
    throw cause;
  }
  const { iss, aud, iat, exp, jti, events, nonce, sub, sid } = payload as Record<string, unknown>;
  const now = Date.now() / 1000;
  if (iss !== provider.issuer) return { problem: 'wrong iss' };
  if (![aud].flat().includes(provider.clientId)) return { problem: 'wrong aud' };
  if (typeof iat !== 'number' || iat > now + CLOCK_SECONDS) return { problem: 'wrong iat' };
  const until = typeof exp === 'number' ? exp : iat + LONGEST_SECONDS;
  if (until < now - CLOCK_SECONDS || iat < now - LONGEST_SECONDS - CLOCK_SECONDS) return { problem: 'too old' };
  if (nonce !== undefined) return { problem: 'a logout token has no nonce' };
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT))
    return { problem: 'wrong events' };
  const subject = typeof sub === 'string' ? sub : undefined;
  const session = typeof sid === 'string' ? sid : undefined;
  if (subject === undefined && session === undefined) return { problem: 'it names nobody' };
  if (typeof jti !== 'string' || jti === '') return { problem: 'jti is missing' };
  const remembered = new Date((until + CLOCK_SECONDS + LONGEST_SECONDS) * 1000);
  if (!(await firstUse(`${provider.organization} ${iss}`, jti, remembered))) return { problem: 'it was used already' };
  return { organization: provider.organization, issuer: iss, subject, session };
}
