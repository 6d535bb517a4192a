import type { Sealing } from '../keys/seal.ts';
import { sha256url } from '../oauth/canonical.ts';
import { hashOf, newId, newSecret } from '../oauth/ids.ts';
import { valuesIn } from './role-mapping.ts';
import { type BegunSession, beginSession, type SignInDependencies } from './sign-in.ts';
import {
  identityOf,
  phishingResistant,
  provisioningProblem,
  type SignInProvider,
  type UpstreamIdentity,
} from './sign-in-provider.ts';
import { upstreamIdentifier } from './trusted-issuer.ts';
import { type Checks, type Upstream, UpstreamRefused } from './upstream.ts';

/** A sign-in between the button and the provider's answer. */
export interface UnderWay {
  organization: string;
  provider: string;
  sealed: string;
  returnTo: string;
  fresh: boolean;
  /** Who connects this identity to themselves. */
  connects: string | undefined;
  /** The decision that it confirms, instead of signing anybody in. */
  confirms: Confirms | undefined;
  startedAt: Date;
}

/** A decision that waits for its person to show once more that it is theirs. */
export interface Confirms {
  person: string;
  approval: string;
  /** Of the decision, after narrowing. */
  hash: string;
  /** RFC 3339: when the request began. */
  askedAt: string;
}

/** What the provider said for one decision; kept as its proof. */
export interface SignedInAgain {
  method: 'sign_in';
  provider: string;
  name: string;
  issuer: string;
  subject: string;
  /** Which claim of the provider's the subject is. */
  claim: string;
  acr: string;
  amr: readonly string[];
  /** Epoch seconds. */
  auth_time: number;
  /** SHA-256 over the decision's hash and the salt: the provider signed it, and so it names this decision. */
  nonce: string;
  salt: string;
}

export interface OfferedProvider {
  id: string;
  name: string;
  organizationName: string;
}

/** An identity elsewhere that belongs to a person. */
export interface Account {
  id: string;
  issuer: string;
  /** The provider's name, where it is one of the organization's. */
  name: string | null;
  since: Date;
  signsIn: boolean;
}

export interface SignInProviderStore {
  /** What the sign-in page offers: of the organization that is named, or what is offered to everybody. */
  offered(organizationSlug: string | undefined): Promise<OfferedProvider[]>;
  find(id: string): Promise<SignInProvider | undefined>;
  begin(stateHash: Buffer, browserHash: Buffer, underWay: UnderWay, expiresAt: Date): Promise<void>;
  /** Once, and only for the browser that began it. */
  take(stateHash: Buffer, browserHash: Buffer): Promise<UnderWay | undefined>;
  /**
   * The person whom this identity signs in. An identity that an administrator linked does so only while its person has
   * no other way in; from then on it is theirs.
   */
  personFor(organization: string, identifier: string): Promise<string | 'linked_only' | undefined>;
  /** Undefined where somebody has this e-mail address or identity already. */
  provision(
    provider: SignInProvider,
    person: { id: string; email: string; name: string },
    identifier: string,
  ): Promise<'made' | 'taken'>;
  /** How this person signs in elsewhere, and where they could. */
  accounts(organization: string, person: string): Promise<{ accounts: Account[]; providers: OfferedProvider[] }>;
  /** Not the last way in. */
  disconnect(organization: string, person: string, id: string): Promise<'disconnected' | 'last' | 'unknown'>;
  /** Whose identity it is, if it signs them in; looked at and not made so. */
  signsIn(organization: string, identifier: string): Promise<string | undefined>;
  /** Gives and takes the provider's roles by what it said of whoever signed in there; their other sessions end if they changed. */
  giveRoles(provider: SignInProvider, person: string, said: { claim: string; values: string[] }): Promise<void>;
  /** The person connects an identity to themselves. */
  connect(organization: string, person: string, identifier: string, provider: string): Promise<'connected' | 'taken'>;
}

export interface FederationDependencies extends SignInDependencies {
  issuer: string;
  providers: SignInProviderStore;
  upstream: Upstream;
  sealing: Sealing;
  /** Keeps what the provider said with the decision that waits for it; false where that one does not wait any more. */
  keepConfirmation(organization: string, confirms: Confirms, proof: SignedInAgain): Promise<boolean>;
}

/** Minutes that somebody may take at their provider. */
const UNDER_WAY_MINUTES = 10;

export const callbackOf = (issuer: string, provider: string): string => `${issuer}/login/callback/${provider}`;

/**
 * Sends the browser to the provider. What will tie the answer to this browser and this request (state, nonce, PKCE) is
 * made here and kept sealed; every provider has a callback address of its own, so that an answer of one cannot pass as
 * another's (mix-up, RFC 9700 §4.4).
 *
 * @throws UpstreamRefused when the provider cannot be reached
 */
export async function beginAtProvider(
  provider: SignInProvider,
  asked: {
    browser: string;
    returnTo: string;
    fresh: boolean;
    connects?: string | undefined;
    confirms?: Confirms | undefined;
  },
  { issuer, providers, upstream, sealing, sessionHours }: Omit<FederationDependencies, 'keepConfirmation'>,
): Promise<string> {
  const { confirms } = asked;
  const salt = newSecret();
  const checks: Checks & { salt: string } = {
    state: newSecret(),
    nonce: confirms === undefined ? newSecret() : nonceFor(confirms.hash, salt),
    verifier: newSecret(),
    maxAge: asked.fresh ? 0 : sessionHours * 3600,
    salt,
  };
  const startedAt = new Date();
  const redirectUri = callbackOf(issuer, provider.id);
  const contexts = confirms && phishingResistant(provider);
  const url = await upstream.begin(provider, { ...checks, redirectUri, ...(contexts && { contexts }) });
  await providers.begin(
    hashOf(checks.state),
    hashOf(asked.browser),
    {
      organization: provider.organization,
      provider: provider.id,
      sealed: sealing.seal(`sign-in ${checks.state}`, JSON.stringify(checks)),
      returnTo: asked.returnTo,
      fresh: asked.fresh,
      connects: asked.connects,
      confirms,
      startedAt,
    },
    new Date(startedAt.getTime() + UNDER_WAY_MINUTES * 60_000),
  );
  return url;
}

/** The nonce of a sign-in that confirms a decision. */
const nonceFor = (hash: string, salt: string): string => sha256url(`countersign decision\n${hash}\n${salt}`);

/** How a sign-in at a provider ended. */
export type FederatedSignIn =
  | { ok: true; session: BegunSession; returnTo: string }
  | { ok: true; connected: true; returnTo: string }
  | { ok: true; confirmed: true; returnTo: string }
  | {
      ok: false;
      why: 'gone' | 'denied' | 'unreachable' | 'refused' | 'unknown_person';
      provider?: SignInProvider;
      /** It was to confirm a decision: where that one is. */
      confirming?: string;
    };

/** The provider's answer, brought by the browser. Everything in it is somebody else's until it is checked. */
export async function finishAtProvider(
  answer: {
    provider: string;
    state: string;
    url: URL;
    browser: string;
    address: string;
    /** Who is signed in here. */
    person: string | undefined;
  },
  dependencies: FederationDependencies,
): Promise<FederatedSignIn> {
  const { providers, upstream, sealing, evidence } = dependencies;
  const underWay = await providers.take(hashOf(answer.state), hashOf(answer.browser));
  if (!underWay || underWay.provider !== answer.provider) return { ok: false, why: 'gone' };
  const provider = await providers.find(underWay.provider);
  if (!provider) return { ok: false, why: 'gone' };
  const refuse = async (
    why: 'denied' | 'unreachable' | 'refused' | 'unknown_person',
    detail: string,
  ): Promise<FederatedSignIn> => {
    const { confirms, connects } = underWay;
    await evidence.record({
      organization: provider.organization,
      type: confirms ? 'proof.refused' : 'person.sign_in_refused',
      decision: 'refused',
      reason: why,
      person: confirms?.person ?? connects,
      approval: confirms?.approval,
      content: {
        provider: provider.name,
        issuer: provider.issuer,
        address: answer.address,
        detail,
        decision_hash: confirms?.hash,
      },
    });
    return { ok: false, why, provider, ...(confirms && { confirming: underWay.returnTo }) };
  };

  const checks = JSON.parse(sealing.open(`sign-in ${answer.state}`, underWay.sealed)) as Checks & { salt: string };
  let claims: Record<string, unknown>;
  let identity: UpstreamIdentity | { problem: string };
  try {
    claims = await upstream.finish(provider, answer.url, checks);
    identity = identityOf(provider, claims, underWay.fresh ? underWay.startedAt : undefined);
  } catch (cause) {
    if (cause instanceof UpstreamRefused) return refuse(cause.kind, cause.message);
    throw cause;
  }
  if ('problem' in identity) return refuse('refused', identity.problem);

  const identifier = upstreamIdentifier(identity.issuer, identity.subject, provider.subjectClaim);
  if (underWay.confirms) {
    const { confirms, organization, returnTo } = underWay;
    const problem = await whyNotConfirmed(confirms, identity, identifier, answer.person, organization, dependencies);
    if (problem !== undefined) return refuse('refused', problem);
    const { issuer, subject, amr, authenticatedAt } = identity;
    const { nonce, salt } = checks;
    const proof: SignedInAgain = {
      method: 'sign_in',
      provider: provider.id,
      name: provider.name,
      issuer,
      subject,
      claim: provider.subjectClaim,
      acr: identity.said,
      amr,
      auth_time: Math.floor(authenticatedAt.getTime() / 1000),
      nonce,
      salt,
    };
    const kept = await dependencies.keepConfirmation(organization, confirms, proof);
    return kept ? { ok: true, confirmed: true, returnTo } : refuse('refused', 'the decision does not wait any more');
  }
  if (underWay.connects !== undefined) {
    const { organization, connects: person } = underWay;
    const connected = await providers.connect(organization, person, identifier, provider.id);
    if (connected === 'taken') return refuse('refused', 'the account belongs to somebody else here');
    return { ok: true, connected: true, returnTo: underWay.returnTo };
  }
  const person = await personFor(identity, identifier, provider, dependencies);
  if (typeof person !== 'string') return refuse('unknown_person', person.problem);
  const { roleMapping } = provider;
  // Before the session begins: what changes ends every session of theirs.
  if (roleMapping) {
    await providers.giveRoles(provider, person, { claim: roleMapping.claim, values: valuesIn(roleMapping, claims) });
  }
  const session = await beginSession(
    person,
    { ...identity, provider: provider.id, address: answer.address },
    dependencies,
  );
  return session ? { ok: true, session, returnTo: underWay.returnTo } : refuse('unknown_person', 'not active');
}

/**
 * Whoever signed in there is the person whose decision it is and whose browser it is, by an account that is theirs; they
 * did so after they were asked, and in a way that no imitated page gets out of them (U4-5).
 */
async function whyNotConfirmed(
  { person, askedAt }: Confirms,
  { acr, authenticatedAt }: UpstreamIdentity,
  identifier: string,
  atThisBrowser: string | undefined,
  organization: string,
  { providers }: Pick<FederationDependencies, 'providers'>,
): Promise<string | undefined> {
  if (acr !== 'phr') return 'its acr is not known to resist phishing';
  if (authenticatedAt.getTime() < Math.floor(Date.parse(askedAt) / 1000) * 1000) return 'older than the request';
  if (atThisBrowser !== person) return 'somebody else is signed in here';
  return (await providers.signsIn(organization, identifier)) === person ? undefined : 'the account of somebody else';
}

/** By issuer and subject alone: an address is given away and given anew, and any provider could write any (U1-2). */
async function personFor(
  identity: UpstreamIdentity,
  identifier: string,
  provider: SignInProvider,
  { providers }: FederationDependencies,
): Promise<string | { problem: string }> {
  const known = await providers.personFor(provider.organization, identifier);
  if (known === 'linked_only') return { problem: 'linked by an administrator to somebody who signs in another way' };
  if (known !== undefined) return known;
  const problem = provisioningProblem(provider, identity);
  if (problem !== undefined) return { problem };
  const { email = '', name } = identity;
  const person = { id: newId('usr'), email, name: [...(name?.trim() || email)].slice(0, 80).join('') };
  const made = await providers.provision(provider, person, identifier);
  return made === 'made' ? person.id : { problem: 'somebody has this e-mail address already' };
}
