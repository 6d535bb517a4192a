import type { Evidence } from '../evidence/evidence.ts';
import { hashOf, newSecret } from '../oauth/ids.ts';
import { passwordMatches } from './password.ts';
import type { PeopleStore, SessionStore } from './person.ts';

export interface SignInDependencies {
  people: PeopleStore;
  sessions: SessionStore;
  evidence: Evidence;
  limits: SignInLimits;
  sessionHours: number;
}

/** Attempts by account and by address, counted over all instances. */
export interface SignInLimits {
  /** Counts one attempt; answers the seconds to wait when there were too many. */
  attempt(account: string, address: string): Promise<number | undefined>;
  /** A correct password clears the account's count. */
  succeeded(account: string): Promise<void>;
}

export type SignInResult =
  | { ok: true; cookie: string; maxAgeSeconds: number }
  /** One answer for a wrong password, an unknown account and a disabled person. */
  | { ok: false; waitSeconds?: number };

/** Signs a local account in: a new session, whose cookie value is stored only as a hash. */
export async function signIn(
  { email, password, address }: { email: string; password: string; address: string },
  { people, sessions, evidence, limits, sessionHours }: SignInDependencies,
): Promise<SignInResult> {
  const account = email.trim().toLowerCase().slice(0, 320);
  const waitSeconds = await limits.attempt(account, address);
  if (waitSeconds !== undefined) return { ok: false, waitSeconds };

  const credential = await people.localCredential(account);
  const matches = await passwordMatches(password, credential?.secret);
  const person = credential && matches ? await people.find(credential.person) : undefined;
  if (person?.status !== 'active') return { ok: false };

  await limits.succeeded(account);
  const cookie = newSecret();
  const now = new Date();
  const maxAgeSeconds = sessionHours * 3600;
  await sessions.begin({
    idHash: hashOf(cookie),
    organization: person.organization,
    person: person.id,
    authenticatedAt: now,
    expiresAt: new Date(now.getTime() + maxAgeSeconds * 1000),
    acr: 'pwd',
    amr: ['pwd'],
  });
  await evidence.record({
    organization: person.organization,
    type: 'person.signed_in',
    decision: 'allowed',
    person: person.id,
    content: { address, acr: 'pwd' },
  });
  return { ok: true, cookie, maxAgeSeconds };
}
