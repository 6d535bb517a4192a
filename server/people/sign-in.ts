import { setTimeout } from 'node:timers/promises';
import type { Evidence } from '../evidence/evidence.ts';
import { hashOf, newSecret } from '../oauth/ids.ts';
import { passwordMatches } from './password.ts';
import type { Credential, PeopleStore, Person, SessionStore } from './person.ts';

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
  | { ok: false; waitSeconds?: number }
  /** The password was right, and is not enough any more: one of this person's passkeys is. */
  | { ok: false; passkeyOf: Pick<Person, 'organization' | 'id'> };

/**
 * Signs a local account in: a new session, whose cookie value is stored only as a hash. Whoever is refused waits a moment,
 * and as long for an account that is here, of which evidence is written, as for one that is not.
 */
export async function signIn(attempt: Attempt, dependencies: SignInDependencies): Promise<SignInResult> {
  const begun = performance.now();
  const result = await tryPassword(attempt, dependencies);
  const refused = !result.ok && !('passkeyOf' in result) && result.waitSeconds === undefined;
  if (refused) await setTimeout(Math.max(0, REFUSAL_MS - (performance.now() - begun)));
  return result;
}

/** Milliseconds: longer than comparing a password and writing a row. */
export const REFUSAL_MS = 250;

interface Attempt {
  email: string;
  password: string;
  address: string;
}

/** Somebody who typed the right password. */
export interface PasswordKnown {
  account: string;
  credential: Credential;
  person: Person;
  /** Evidence of why it is not enough, and the one answer. */
  refuse(reason: string): Promise<SignInResult>;
}

/**
 * The one place where a password is tried: counted first, and compared whether there is such an account or not. A wrong one
 * and somebody who is disabled are refused here.
 */
export async function tryPasswordOf(
  { email, password, address }: Attempt,
  { people, evidence, limits }: Pick<SignInDependencies, 'people' | 'evidence' | 'limits'>,
): Promise<PasswordKnown | SignInResult> {
  const account = email.trim().toLowerCase().slice(0, 320);
  const waitSeconds = await limits.attempt(account, address);
  if (waitSeconds !== undefined) return { ok: false, waitSeconds };
  const credential = await people.localCredential(account);
  const matches = await passwordMatches(password, credential?.secret);
  const person = credential && (await people.find(credential.person));
  if (!credential || !person) return { ok: false };
  const event = { organization: person.organization, person: person.id, content: { address } };
  const refuse = async (reason: string): Promise<SignInResult> => {
    await evidence.record({ ...event, type: 'person.sign_in_refused', decision: 'refused', reason });
    return { ok: false };
  };
  if (!matches) return refuse('wrong_password');
  if (person.status !== 'active') return refuse('disabled');
  return { account, credential, person, refuse };
}

async function tryPassword(attempt: Attempt, dependencies: SignInDependencies): Promise<SignInResult> {
  const { people, sessions, evidence, limits, sessionHours } = dependencies;
  const { address } = attempt;
  const known = await tryPasswordOf(attempt, dependencies);
  if ('ok' in known) return known;
  const { account, credential, person, refuse } = known;
  const event = { organization: person.organization, person: person.id, content: { address } };
  const administers = person.roles.includes('admin');
  const breakGlass = credential.passwords === 'administrators' && administers;
  if (credential.passwords !== 'everyone' && !breakGlass) return refuse('password_not_used');

  await limits.succeeded(account);
  // Whatever comes of it: the password for emergencies was used.
  if (breakGlass) {
    await evidence.record({ ...event, type: 'person.alarm', decision: 'reported', reason: 'break_glass' });
    await people.tellOfPassword(person.organization, person.id);
  }
  // Whoever administers needs more than a password from the second time on. What everybody knows guards nothing.
  const passkeyNext = breakGlass || (administers && !credential.demonstration);
  if (passkeyNext) {
    if (credential.hasPasskey) {
      await refuse('passkey_needed');
      return { ok: false, passkeyOf: person };
    }
    await people.passwordUsed(person.organization, person.id);
  }
  const session = await beginSession(
    person.id,
    {
      acr: 'pwd',
      amr: ['pwd'],
      authenticatedAt: new Date(),
      address,
      // It opens the door once. After that it adds a passkey, which opens it (ux.md §9).
      addsPasskey: passkeyNext && credential.usedBefore,
    },
    { people, sessions, evidence, sessionHours },
  );
  return session ? { ok: true, ...session } : { ok: false };
}

/** A session that has begun: its cookie, whose value is stored only as a hash. */
export interface BegunSession {
  cookie: string;
  maxAgeSeconds: number;
}

/** How somebody showed who they are. */
export interface SignedIn {
  acr: string;
  amr: readonly string[];
  authenticatedAt: Date;
  address: string;
  /** Where they did so, if not here: the provider's word ends the session as well. */
  provider?: string;
  issuer?: string;
  sub?: string;
  session?: string | undefined;
  addsPasskey?: boolean;
  recovers?: boolean;
}

/** The one way to a session, whoever vouches for the person; none for somebody who is not active. */
export async function beginSession(
  personId: string,
  {
    acr,
    amr,
    authenticatedAt,
    address,
    provider,
    issuer,
    sub,
    session,
    addsPasskey = false,
    recovers = false,
  }: SignedIn,
  { people, sessions, evidence, sessionHours }: Omit<SignInDependencies, 'limits'>,
): Promise<BegunSession | undefined> {
  const person = await people.find(personId);
  if (person?.status !== 'active') return undefined;
  await people.lapseRoles(person.organization, person.id);
  const cookie = newSecret();
  const maxAgeSeconds = sessionHours * 3600;
  await sessions.begin({
    idHash: hashOf(cookie),
    organization: person.organization,
    person: person.id,
    authenticatedAt,
    expiresAt: new Date(Date.now() + maxAgeSeconds * 1000),
    acr,
    amr,
    addsPasskey,
    recovers,
    ...(provider !== undefined && issuer !== undefined && sub !== undefined
      ? { upstream: { provider, issuer, subject: sub, session } }
      : {}),
  });
  await evidence.record({
    organization: person.organization,
    type: 'person.signed_in',
    decision: 'allowed',
    person: person.id,
    content: { address, acr, ...(provider !== undefined && { provider, issuer }) },
  });
  return { cookie, maxAgeSeconds };
}
