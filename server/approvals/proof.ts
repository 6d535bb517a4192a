import type { Impact } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Description } from '../catalogue/describe.ts';
import type { SignedInAgain } from '../people/federation.ts';
import type { Person, Session } from '../people/person.ts';
import type { VerifiedAssertion } from '../people/webauthn.ts';
import { isProven } from '../tasks/ask.ts';
import type { Approval } from './approval.ts';
import type { ApprovalPages } from './pages.ts';

/** What a decision takes beside the click. */
export interface Ceremony {
  /** The value that matters most is typed or ticked. */
  value: boolean;
  /** The person signs the hash of their decision. */
  passkey: boolean;
}

/**
 * By impact, and by what else asks for a passkey: the client (`acr_values`), the action, the person, who cannot see the
 * number, or that somebody decides for another. Nothing asks for less than the impact does.
 */
export const ceremonyFor = (
  { impact, quorum }: { impact: Impact; quorum: number },
  { passkey, hurried }: { passkey: boolean; hurried: boolean },
): Ceremony => ({
  value: isProven(impact) || (hurried && impact === 'medium'),
  passkey: passkey || isProven(impact) || quorum > 1,
});

/** Is the value that matters most touched for this action? */
export const isTouchedFor = (
  { impact, critical }: Pick<Description, 'impact' | 'critical'>,
  { hurried }: { hurried: boolean },
): boolean => isProven(impact) || (hurried && impact === 'medium' && critical.length > 0);

/** This person said yes too quickly to have read it, more than once today: the next page is read (ux.md §3.2). */
export const isHurried = async (
  impact: Impact,
  { organization, id }: Pick<Person, 'organization' | 'id'>,
  { prompts }: Pick<ApprovalPages, 'prompts'>,
): Promise<boolean> => {
  if (impact !== 'medium') return false;
  const { count, limit } = await prompts.fastDecisions(organization, id);
  return limit > 0 && count >= limit;
};

/** The client or the action wants to know that it was a passkey (RFC 9470, OpenID Connect Core §3.1.2.1). */
export function asksForPasskey({ oidc, actions }: Approval, catalogue: Catalogue): boolean {
  const wanted = oidc.acrValues?.split(' ') ?? [];
  return (
    (wanted.length > 0 && wanted.every((acr) => acr === 'phr')) ||
    actions.some(({ action, version }) => catalogue.version(action, version)?.authentication?.acr === 'phr')
  );
}

/**
 * May a fresh sign-in at the organization's provider take the passkey's place? For high impact alone: what takes two
 * people takes two passkeys, and where a passkey was asked for by name nothing else is one.
 */
export const mayConfirmBySignIn = (
  { impact, quorum }: { impact: Impact; quorum: number },
  { passkey }: { passkey: boolean },
): boolean => impact === 'high' && quorum === 1 && !passkey;

/** How a person showed that a decision is theirs, and the session that it happened in. */
export type Proof = { session: Pick<Session, 'acr' | 'amr' | 'authenticatedAt'>; at: Date } & (
  | { method: 'session' | 'passkey' }
  | { method: 'sign_in'; signIn: Pick<SignedInAgain, 'amr' | 'auth_time'> }
);

/** What tokens say about it, and the evidence. */
export interface Strength {
  acr: string;
  amr: readonly string[];
  authTime: Date;
}

/**
 * The one place that says how strong a proof is. A passkey proves possession of a key and that its person unlocked it
 * (RFC 8176 `pop`, `user`); a session says how its sign-in was made. A sign-in that was renewed elsewhere for this very
 * decision is the provider's word, and weaker than a passkey whatever the provider says of it.
 */
export function strengthOf(proof: Proof): Strength {
  const { acr, amr, authenticatedAt } = proof.session;
  switch (proof.method) {
    case 'passkey':
      return { acr: 'phr', amr: [...new Set([...amr, 'pop', 'user'])], authTime: proof.at };
    case 'sign_in':
      return { acr: 'fed', amr: proof.signIn.amr, authTime: new Date(proof.signIn.auth_time * 1000) };
    case 'session':
      return { acr, amr, authTime: authenticatedAt };
  }
}

/** What the evidence keeps: enough to verify the signature again, by anybody, after the passkey is gone. */
export const evidenceOf = ({ passkey, signed }: VerifiedAssertion): Record<string, unknown> => ({
  method: 'passkey',
  passkey: passkey.id,
  name: passkey.name,
  public_key: Buffer.from(passkey.publicKey).toString('base64url'),
  device_bound: passkey.deviceBound,
  ...signed,
});
