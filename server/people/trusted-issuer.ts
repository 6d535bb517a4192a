import type { PublicJwk } from '../oauth/jws.ts';

/**
 * What an issuer's statements may be used for here: `identity` as the subject token of an exchange (RFC 8693),
 * `jwt-bearer` as an authorization grant (RFC 7523 §2.1), `id-jag` as an identity assertion of another authorization
 * server (draft-ietf-oauth-identity-assertion-authz-grant); `software-statement` about software that registers (RFC 7591
 * §2.3), `workload` about which workload runs, `attestation` about an instance of a client.
 */
export const PROFILES = ['identity', 'jwt-bearer', 'id-jag', 'software-statement', 'workload', 'attestation'] as const;
export type Profile = (typeof PROFILES)[number];

/** Asymmetric alone: with a shared key, whoever verifies could sign. */
export const ISSUER_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** Another issuer whose statements of who a person is count in one organization. */
export interface TrustedIssuer {
  organization: string;
  issuer: string;
  name: string;
  /** The `tenant` that its statements have to name; null where it speaks for nobody else. */
  tenant: string | null;
  jwksUri: string | null;
  jwks: { keys: PublicJwk[] } | null;
  algorithms: readonly string[];
  /** The claim that tells its people apart, for good. */
  subjectClaim: string;
  /** What its ID tokens may be for: a client of its own, and the agent here that this client is. */
  audiences: readonly { audience: string; agent: string | null }[];
  profiles: readonly Profile[];
  /** Empty: every agent. */
  agents: readonly string[];
  /** What anybody may get by it at all; empty: every action. */
  actions: readonly string[];
  /** Seconds after `iat` for which a statement counts. */
  longestSeconds: number;
  /** Its `acr` values in ours. */
  acr: Readonly<Record<string, 'pwd' | 'fed' | 'phr'>>;
}

export interface TrustedIssuerStore {
  find(organization: string, issuer: string): Promise<TrustedIssuer | undefined>;
  /** Who this is here, by issuer and subject and never by e-mail: an address is given away, and given anew. */
  person(organization: string, identifier: string): Promise<LinkedPerson | undefined>;
}

export interface LinkedPerson {
  id: string;
  active: boolean;
  /** The id of the link, which is ended by itself. */
  link: string;
}

/** The public keys of an issuer. */
export interface IssuerKeys {
  /**
   * Those that its `jwks_uri` names, as remembered. With `missing` they are fetched again, as often as is reasonable:
   * a key was not among them.
   *
   * @throws IssuerUnreachable when they were never had, or too long ago
   */
  remote(uri: string, missing?: 'missing'): Promise<readonly PublicJwk[]>;
}

export class IssuerUnreachable extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'IssuerUnreachable';
  }
}

/**
 * How a person of another issuer is named in `credentials`: by the claim as well, where it is not `sub`. Whoever
 * configures another claim for an issuer makes nobody somebody else: another claim's value is another name.
 */
export const upstreamIdentifier = (issuer: string, subject: string, claim: string): string =>
  JSON.stringify(claim === 'sub' ? [issuer, subject] : [issuer, subject, claim]);

/** Stop keys: everything that came of an issuer's statements, or of those about one person. */
export const issuerKey = (issuer: string): string => `issuer:${issuer}`;
export const linkSubject = (issuer: string, link: string): string => `${issuer}|${link}`;
