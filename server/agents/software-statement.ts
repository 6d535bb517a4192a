import { errors } from 'oidc-provider';

import { type IssuerKeys, IssuerUnreachable, type TrustedIssuerStore } from '../people/trusted-issuer.ts';
import { plainJws, signedByIssuer } from '../people/trusted-jwt.ts';
import type { Metadata } from './registration.ts';

export interface StatementDependencies {
  /** Ours. */
  issuer: string;
  issuers: TrustedIssuerStore;
  keys: IssuerKeys;
}

/**
 * RFC 7591 §2.3: what the issuer of the statement says of the software counts, whatever the registration says beside
 * it. Only of an issuer that the organization trusts for this (DCR-06).
 *
 * @returns the metadata that the statement sets
 * @throws errors.UnapprovedSoftwareStatement of nobody who is trusted here
 * @throws errors.InvalidSoftwareStatement that its issuer did not sign, or not for here and now
 */
export async function readSoftwareStatement(
  statement: unknown,
  organization: string,
  { issuer: own, issuers, keys }: StatementDependencies,
): Promise<Metadata> {
  const jws = typeof statement === 'string' ? plainJws(statement) : 'not a JWT';
  if (typeof jws === 'string') throw invalid(`software_statement is ${jws}`);
  const { iss } = jws.payload;
  const trusted = typeof iss === 'string' ? await issuers.find(organization, iss) : undefined;
  if (!trusted?.profiles.includes('software-statement')) {
    throw new errors.UnapprovedSoftwareStatement(
      'no issuer of this name is trusted here for software statements: an administrator adds it to the trusted issuers',
    );
  }
  const typ = String(jws.header.typ ?? 'jwt').toLowerCase();
  if (typ !== 'jwt' && typ !== 'software-statement+jwt') throw invalid('software_statement has another typ');
  if (!trusted.algorithms.includes(String(jws.header.alg))) throw invalid('software_statement has another alg');
  const signed = await signedByIssuer(jws, trusted, keys).catch((cause) => {
    if (cause instanceof IssuerUnreachable) throw invalid('the keys of its issuer cannot be had now: try again later');
    throw cause;
  });
  if (!signed) throw invalid('software_statement is not signed by a key of its issuer');
  const now = Date.now() / 1000;
  const { exp, nbf, aud } = jws.payload;
  if (exp !== undefined && !(typeof exp === 'number' && exp > now)) throw invalid('software_statement has expired');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + 60))
    throw invalid('software_statement is not valid yet');
  if (aud !== undefined && ![aud].flat().includes(own)) throw invalid('software_statement is for another server');
  return Object.fromEntries(Object.entries(jws.payload).filter(([name]) => !OF_THE_JWT.has(name)));
}

/** Claims of the statement itself; a statement inside a statement says nothing. */
const OF_THE_JWT: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'software_statement',
]);

const invalid = (description: string) => new errors.InvalidSoftwareStatement(description);
