import type Router from '@koa/router';
import type { JWK } from 'jose';

import { postgresEnrolments } from '../adapters/postgres/enrolments.ts';
import { postgresPasskeySignIns } from '../adapters/postgres/passkeys.ts';
import { postgresOwnRecoveries } from '../adapters/postgres/recoveries.ts';
import { postgresRecoveryCodes } from '../adapters/postgres/recovery-codes.ts';
import { postgresSignInLimits } from '../adapters/postgres/sign-in-limits.ts';
import { postgresSignInProviders, postgresUpstreamLogouts } from '../adapters/postgres/sign-in-providers.ts';
import { upstreamProviders } from '../adapters/upstream.ts';
import type { Parts } from './parts.ts';
import { enrolRoutes } from './people/enrol.ts';
import { federationRoutes } from './people/federation-routes.ts';
import { providerLogoutRoutes } from './people/provider-logout.ts';
import { recoverySignInRoutes } from './people/recovery-sign-in.ts';
import { securityRoutes } from './people/security.ts';

/** How people sign in, here and at their organization's provider, and what they see of it under "Security". */
export function openSigningIn(parts: Parts) {
  const { config, issuer, database, sealing, cookies, evidence, people, sessions, replays, webAuthn } = parts;
  const recoveryCodes = postgresRecoveryCodes(database);
  const signIn = {
    people,
    sessions,
    evidence,
    cookies,
    host: new URL(issuer).host,
    limits: postgresSignInLimits(database),
    sessionHours: config.sessionHours,
    providers: postgresSignInProviders(database, sealing),
    passkeys: postgresPasskeySignIns(database),
    webAuthn,
    challenges: parts.passkeyChallenges,
    firstUse: (by: string, challenge: string, expiresAt: Date) =>
      replays.firstUse('passkey challenge', by, challenge, expiresAt, 'lasting'),
  };
  const upstream = upstreamProviders(parts.fetch, parts.keys.privateJwks.keys[0] as JWK);
  const federation = { ...signIn, issuer, upstream, sealing, keepConfirmation: parts.personApprovals.keepSignIn };
  const security = {
    passkeys: parts.passkeys,
    people,
    sessions,
    sessionIdleSeconds: config.sessionIdleMinutes * 60,
    recoveries: postgresOwnRecoveries(database),
    recoveryCodes,
    webAuthn,
    challenges: parts.passkeyChallenges,
    firstUse: (person: string, challenge: string, expiresAt: Date) =>
      replays.firstUse('passkey challenge', person, challenge, expiresAt),
    evidence,
    cookies,
    waitHours: config.passkeyWaitHours,
  };
  return {
    signIn,
    upstream,
    federation,
    routes(router: Router) {
      federationRoutes(router, federation);
      providerLogoutRoutes(router, {
        providers: signIn.providers,
        upstream,
        keys: parts.trustedIssuers.keys,
        logouts: postgresUpstreamLogouts(database),
        firstUse: (by, jti, expiresAt) => replays.firstUse('logout token', by, jti, expiresAt, 'lasting'),
      });
      enrolRoutes(router, { enrolments: postgresEnrolments(database), cookies });
      securityRoutes(router, security);
      recoverySignInRoutes(router, { ...signIn, recoveryCodes });
    },
  };
}
