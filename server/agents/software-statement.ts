import { STATEMENT_REFUSED } from '../../views/words/console-registration-refused.ts';
import { saying } from '../../views/words/saying.ts';
import { type IssuerKeys, IssuerUnreachable, type TrustedIssuerStore } from '../people/trusted-issuer.ts';
import { plainJws, signedByIssuer } from '../people/trusted-jwt.ts';
import { invalidStatement, unapprovedStatement } from './refused.ts';
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
  const jws = plainJws(typeof statement === 'string' ? statement : '');
  if ('problem' in jws) throw invalidStatement(saying(STATEMENT_REFUSED.unfit, { problem: jws.problem }));
  const { iss } = jws.payload;
  const trusted = typeof iss === 'string' ? await issuers.find(organization, iss) : undefined;
  if (!trusted?.profiles.includes('software-statement')) {
    throw unapprovedStatement(saying(STATEMENT_REFUSED.untrusted));
  }
  const typ = String(jws.header.typ ?? 'jwt').toLowerCase();
  if (typ !== 'jwt' && typ !== 'software-statement+jwt') throw invalid('typ');
  if (!trusted.algorithms.includes(String(jws.header.alg))) throw invalid('alg');
  const signed = await signedByIssuer(jws, trusted, keys).catch((cause) => {
    if (cause instanceof IssuerUnreachable) throw invalid('unreachable');
    throw cause;
  });
  if (!signed) throw invalid('signature');
  const now = Date.now() / 1000;
  const { exp, nbf, aud } = jws.payload;
  if (exp !== undefined && !(typeof exp === 'number' && exp > now)) throw invalid('expired');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + 60)) throw invalid('early');
  if (aud !== undefined && ![aud].flat().includes(own)) throw invalid('audience');
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

const invalid = (problem: Exclude<keyof typeof STATEMENT_REFUSED, 'unfit'>) =>
  invalidStatement(saying(STATEMENT_REFUSED[problem]));
