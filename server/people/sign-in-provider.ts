import type { RoleMapping } from './role-mapping.ts';

/** An OpenID Connect provider at which an organization's people sign in. */
export interface SignInProvider {
  organization: string;
  organizationDomains: readonly string[];
  id: string;
  name: string;
  issuer: string;
  clientId: string;
  /** Undefined: we authenticate with our own signing key (`private_key_jwt`). */
  clientSecret: string | undefined;
  scopes: readonly string[];
  /** The claim that tells its people apart, for good. */
  subjectClaim: string;
  emailClaim: string;
  nameClaim: string;
  /** Authentication contexts of which one has to come back; empty: any. */
  requiredAcr: readonly string[];
  /** Ways to authenticate (RFC 8176) of which one has to come back; empty: any. */
  requiredAmr: readonly string[];
  /** Its authentication contexts in our words. */
  acr: Readonly<Record<string, Strength>>;
  /** Whoever comes for the first time becomes a person here. */
  provisions: boolean;
  /** The roles that it gives, once two administrators agreed. */
  roleMapping: RoleMapping | null;
}

export type Strength = 'pwd' | 'fed' | 'phr';

/** What the provider said of whoever signed in; verified. */
export interface UpstreamIdentity {
  issuer: string;
  /** `sub`, by which the provider ends sessions; the subject by which the person is known may be another claim. */
  sub: string;
  subject: string;
  email: string | undefined;
  emailVerified: boolean;
  name: string | undefined;
  acr: Strength;
  /** The context in the provider's own words; empty where it names none. */
  said: string;
  amr: readonly string[];
  authenticatedAt: Date;
  /** The provider's session (OpenID Connect Back-Channel Logout §2.1). */
  session: string | undefined;
}

/**
 * What an ID token that was verified says of the person, or why it is not enough. Its `acr` counts by this
 * organization's table, and as "signed in elsewhere" where it is not named there.
 */
export function identityOf(
  provider: SignInProvider,
  claims: Readonly<Record<string, unknown>>,
  /** A fresh sign-in was asked, at this instant: an older one is no answer (U4-5). */
  freshSince?: Date,
): UpstreamIdentity | { problem: string } {
  const subject = textIn(claims, provider.subjectClaim);
  const sub = textIn(claims, 'sub');
  if (subject === undefined || sub === undefined) return { problem: `${provider.subjectClaim} is missing` };
  const { auth_time: at } = claims;
  if (typeof at !== 'number') return { problem: 'auth_time is missing' };
  if (freshSince && at * 1000 < freshSince.getTime() - CLOCK_MS) return { problem: 'it is no fresh sign-in' };
  const acr = textIn(claims, 'acr');
  if (provider.requiredAcr.length > 0 && !provider.requiredAcr.includes(acr ?? '')) {
    return { problem: `acr ${acr ?? 'none'} is none of ${provider.requiredAcr.join(', ')}` };
  }
  const { amr: said } = claims;
  const amr = Array.isArray(said) ? said.filter((one): one is string => typeof one === 'string') : undefined;
  if (provider.requiredAmr.length > 0 && !provider.requiredAmr.some((one) => amr?.includes(one))) {
    return { problem: `amr has none of ${provider.requiredAmr.join(', ')}` };
  }
  return {
    issuer: provider.issuer,
    sub,
    subject,
    email: textIn(claims, provider.emailClaim),
    emailVerified: claims.email_verified === true,
    name: textIn(claims, provider.nameClaim),
    acr: acr !== undefined && Object.hasOwn(provider.acr, acr) ? (provider.acr[acr] ?? 'fed') : 'fed',
    said: acr ?? '',
    amr: amr?.slice(0, 10) ?? ['fed'],
    // A clock that runs ahead makes no sign-in fresher than now.
    authenticatedAt: new Date(Math.min(at * 1000, Date.now())),
    session: textIn(claims, 'sid'),
  };
}

/** Why nobody comes into being by this first sign-in; undefined when somebody may. */
export function provisioningProblem(
  { provisions, organizationDomains }: SignInProvider,
  { email, emailVerified }: UpstreamIdentity,
): string | undefined {
  if (!provisions) return 'nobody is linked to this account';
  if (email === undefined || !emailVerified) return 'the provider names no verified e-mail address';
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return organizationDomains.some((own) => own.toLowerCase() === domain)
    ? undefined
    : `${domain} is no domain of the organization`;
}

/** Its authentication contexts that no imitated page gets out of somebody, as this organization says. */
export const phishingResistant = ({ acr, requiredAcr }: Pick<SignInProvider, 'acr' | 'requiredAcr'>): string[] =>
  Object.keys(acr).filter((one) => acr[one] === 'phr' && (requiredAcr.length === 0 || requiredAcr.includes(one)));

const CLOCK_MS = 5000;
const LONGEST = 255;

function textIn(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST && value.isWellFormed()
    ? value
    : undefined;
}
