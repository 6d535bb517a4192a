import type { KeyObject } from 'node:crypto';

import { JWT_REFUSED, jsonRefused } from '../../views/words/json.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { type Binding, certificateBinding } from '../oauth/binding.ts';
import { isSignedBy, type Jws, type PublicJwk, parseJws, verificationKey } from '../oauth/jws.ts';
import { allow, type Outcome, type Refusal, refuse } from '../oauth/refusal.ts';
import { ambiguity } from '../oauth/strict-json.ts';
import { controlCharacter } from '../oauth/text.ts';
import {
  ISSUER_ALGORITHMS,
  type IssuerKeys,
  IssuerUnreachable,
  issuerKey,
  linkSubject,
  type Profile,
  type TrustedIssuer,
  type TrustedIssuerStore,
  upstreamIdentifier,
} from './trusted-issuer.ts';

/** As what a JWT of another issuer is presented: the declared type of a subject token, the kind of an assertion, or a hint. */
export type Presented = 'jwt' | 'id_token' | 'jwt-bearer' | 'id-jag' | 'login-hint';

export interface TrustedJwtDependencies {
  /** Ours. */
  issuer: string;
  issuers: TrustedIssuerStore;
  keys: IssuerKeys;
}

/** Who presents it. */
export interface Presenter {
  organization: string;
  clientId: string;
  agent: string;
}

/** What a JWT of a trusted issuer says, verified: who the person is here, and within what limits it may be used. */
export interface Statement {
  organization: string;
  person: string;
  /** The key that has to be proven for it to count. */
  boundTo: Binding | null;
  since: Date;
  expiresAt: Date;
  authentication: { acr: string; auth_time?: number };
  /** Stop keys: the issuer, and the link from its subject to the person. */
  lineage: readonly string[];
  /** The actions that this issuer's statements reach; undefined: all. */
  only: readonly string[] | undefined;
  /** What has to be remembered of an assertion, because it counts once; undefined for a subject token. */
  use: { issuer: string; jti: string; expiresAt: Date } | undefined;
  claims: Readonly<Record<string, unknown>>;
}

/**
 * The one place where a JWT of another issuer is believed. RFC 7523 §3, RFC 8725, OpenID Connect Core §3.1.3.7 and the
 * draft of identity assertions: the issuer is trusted by the presenter's organization, for this use; one of its keys
 * signed it; it is meant for us (an ID token: for the presenting agent, as that issuer knows it), now; and a link that
 * an administrator made says whom it is about. What is wrong is for the evidence; the client hears one sentence.
 */
export async function readTrustedJwt(
  value: string,
  presented: Presented,
  presenter: Presenter,
  { issuer: own, issuers, keys }: TrustedJwtDependencies,
): Promise<Outcome<Statement>> {
  const isAssertion = presented === 'jwt-bearer' || presented === 'id-jag';
  const invalid = (detail: string): Outcome<never> =>
    refuse({ reason: isAssertion ? 'assertion_invalid' : 'subject_token_invalid', detail });

  const jws = plainJws(value);
  if ('problem' in jws) return invalid(inEnglish(jws.problem));
  const { alg, typ } = jws.header;
  if (!ISSUER_ALGORITHMS.includes(alg as (typeof ISSUER_ALGORITHMS)[number])) return invalid('wrong alg');
  if (!TYPES[presented].includes(mediaType(typ))) return invalid('wrong typ');
  const { iss } = jws.payload;
  if (typeof iss !== 'string') return invalid('iss is required');
  // What we say ourselves comes back as a token of ours, or not at all (JAG-06).
  if (iss === own) return invalid('of this server itself');
  const trusted = await issuers.find(presenter.organization, iss);
  if (!trusted?.profiles.includes(PROFILE_OF[presented])) return invalid('of no issuer that is trusted for this');
  if (trusted.agents.length > 0 && !trusted.agents.includes(presenter.agent)) return invalid('not for this agent');
  if (!trusted.algorithms.includes(String(alg))) return invalid('an alg that this issuer does not use');

  const signed = await signedByIssuer(jws, trusted, keys).catch((cause) => {
    if (cause instanceof IssuerUnreachable) return cause;
    throw cause;
  });
  if (signed instanceof IssuerUnreachable) {
    const unreachable: Refusal = {
      reason: 'issuer_unreachable',
      issuer: iss,
      presented: isAssertion ? 'assertion' : 'subject_token',
    };
    return refuse(unreachable);
  }
  if (!signed) return invalid('not signed by a key of its issuer');

  const now = Date.now() / 1000;
  const problem =
    audienceProblem(jws.payload, presented, trusted, presenter, own) ??
    timeProblem(jws.payload, presented, trusted, now) ??
    contentProblem(jws.payload, presented, trusted, presenter);
  if (problem !== undefined) return invalid(problem);

  const claims = jws.payload;
  const subject = claims[trusted.subjectClaim];
  if (!isName(subject)) return invalid(`${trusted.subjectClaim} is required`);
  const boundTo = bindingOf(claims.cnf);
  if (boundTo === undefined) return invalid('bound in a way that is not understood');
  const person = await issuers.person(presenter.organization, upstreamIdentifier(iss, subject, trusted.subjectClaim));
  if (!person) return invalid('of nobody who is known here');
  if (!person.active) return invalid('the person is not active');
  // Whom the issuer takes this person for here; that it differs from the link is reason enough to stop (JAG-28).
  if (claims.aud_sub !== undefined && claims.aud_sub !== person.id) return invalid('aud_sub is another person');

  const [iat, exp] = [claims.iat as number, claims.exp as number];
  const expiresAt = new Date(Math.min(exp, iat + trusted.longestSeconds) * 1000);
  return allow({
    organization: presenter.organization,
    person: person.id,
    boundTo,
    // A clock that runs ahead must not outrun a stop.
    since: new Date(Math.min(iat, now) * 1000),
    expiresAt,
    authentication: {
      acr: Object.hasOwn(trusted.acr, String(claims.acr)) ? (trusted.acr[String(claims.acr)] ?? 'fed') : 'fed',
      ...(typeof claims.auth_time === 'number' && { auth_time: claims.auth_time }),
    },
    lineage: [issuerKey(iss), issuerKey(linkSubject(iss, person.link))],
    only: trusted.actions.length > 0 ? trusted.actions : undefined,
    use: isAssertion
      ? {
          issuer: `${presenter.organization} ${iss}`,
          jti: String(claims.jti),
          expiresAt: new Date((exp + CLOCK_SECONDS) * 1000),
        }
      : undefined,
    claims,
  });
}

const PROFILE_OF: Readonly<Record<Presented, Profile>> = {
  jwt: 'identity',
  id_token: 'identity',
  'jwt-bearer': 'jwt-bearer',
  'id-jag': 'id-jag',
  'login-hint': 'identity',
};

/**
 * What `typ` may say (RFC 8725 §3.11). An access token, a proof, a logout token or a client assertion that says what
 * it is passes as nothing else; an identity assertion has to say that it is one (JAG-21).
 */
const TYPES: Readonly<Record<Presented, readonly string[]>> = {
  jwt: ['', 'jwt'],
  id_token: ['', 'jwt'],
  'jwt-bearer': ['', 'jwt', 'authorization-grant+jwt'],
  'id-jag': ['oauth-id-jag+jwt'],
  // CIBA Core names no type; without one of its own, an ID token would pass as a hint (CB-14).
  'login-hint': ['login-hint+jwt'],
};

const mediaType = (typ: unknown): string =>
  typ === undefined ? '' : typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : 'no text';

const CLOCK_SECONDS = 60;
/** An identity assertion is made for the moment (JAG-23). */
const LONGEST_JAG_SECONDS = 300;
const LONGEST_JWT_CHARACTERS = 16_384;

/** One spelling of one JWT, with one meaning: whatever compares or remembers it sees what we see. */
export function plainJws(value: string): Jws | { problem: Saying } {
  if (value.length > LONGEST_JWT_CHARACTERS) return { problem: saying(JWT_REFUSED.long) };
  const jws = parseJws(value);
  if (!jws) return { problem: saying(JWT_REFUSED.noJwt) };
  const parts = value.split('.').map((part) => [part, Buffer.from(part, 'base64url')] as const);
  if (parts.some(([part, bytes]) => bytes.toString('base64url') !== part))
    return { problem: saying(JWT_REFUSED.encoding) };
  for (const [, bytes] of parts.slice(0, 2)) {
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes)) return { problem: saying(JWT_REFUSED.noUtf8) };
    const problem = ambiguity(text);
    if (problem !== undefined) return { problem: jsonRefused(problem) };
  }
  return jws;
}

/** Did a key of this issuer sign it? @throws IssuerUnreachable */
export async function signedByIssuer(jws: Jws, { jwksUri, jwks }: TrustedIssuer, keys: IssuerKeys): Promise<boolean> {
  const { kid } = jws.header;
  if (kid !== undefined && typeof kid !== 'string') return false;
  if (jwksUri === null) return signedByOne(jws, kid, jwks?.keys ?? []);
  if (signedByOne(jws, kid, await keys.remote(jwksUri))) return true;
  // Unknown until now: the issuer may have a new key.
  return signedByOne(jws, kid, await keys.remote(jwksUri, 'missing'));
}

/** Keys that are tried for one signature; a set of many keys without names is no way to make us work. */
const KEYS_TRIED = 10;

const signedByOne = (jws: Jws, kid: string | undefined, keys: readonly PublicJwk[]): boolean =>
  keys
    .filter((jwk) => kid === undefined || (jwk as { kid?: unknown }).kid === kid)
    .map((jwk) => keyOf(jwk, jws.header.alg))
    .filter((key) => key !== undefined)
    .slice(0, KEYS_TRIED)
    .some((key) => isSignedBy(jws, key));

const imported = new Map<string, KeyObject | undefined>();
const KEYS_REMEMBERED = 2000;

function keyOf(jwk: PublicJwk, alg: unknown): KeyObject | undefined {
  const content = `${alg} ${JSON.stringify(jwk)}`;
  if (!imported.has(content)) {
    if (imported.size >= KEYS_REMEMBERED) imported.clear();
    imported.set(content, verificationKey(jwk, alg));
  }
  return imported.get(content);
}

/** For us alone; an ID token for the presenting agent alone, by the name that it has at its issuer. */
function audienceProblem(
  { aud, azp }: Jws['payload'],
  presented: Presented,
  { audiences }: TrustedIssuer,
  { agent }: Presenter,
  own: string,
): string | undefined {
  // A statement for several is one that any of them could pass on.
  const [audience, ...others] = [aud].flat() as unknown[];
  if (typeof audience !== 'string' || others.length > 0) return 'aud must be one audience';
  if (presented !== 'id_token') return audience === own ? undefined : 'not for this server';
  const known = audiences.some((one) => one.audience === audience && (one.agent === null || one.agent === agent));
  if (!known) return 'not for this agent';
  return azp === undefined || azp === audience ? undefined : 'azp is another client';
}

function timeProblem(
  { iat, exp, nbf, auth_time: at }: Jws['payload'],
  presented: Presented,
  { longestSeconds }: TrustedIssuer,
  now: number,
): string | undefined {
  if (!isInstant(iat) || !isInstant(exp)) return 'iat and exp are required';
  const longest = presented === 'id-jag' ? Math.min(LONGEST_JAG_SECONDS, longestSeconds) : longestSeconds;
  if (exp <= now) return 'expired';
  if (iat > now + CLOCK_SECONDS) return 'iat is in the future';
  if (now - iat > longest) return 'too old';
  if (nbf !== undefined && !(isInstant(nbf) && nbf <= now + CLOCK_SECONDS)) return 'not valid yet';
  if (at !== undefined && !(isInstant(at) && at <= now + CLOCK_SECONDS)) return 'auth_time is in the future';
  const isAssertion = presented === 'jwt-bearer' || presented === 'id-jag';
  return isAssertion && exp - iat > longest ? 'it lives too long' : undefined;
}

function contentProblem(
  claims: Jws['payload'],
  presented: Presented,
  { tenant }: TrustedIssuer,
  { clientId, organization }: Presenter,
): string | undefined {
  // A logout or security event token says that something happened, not who somebody is.
  if ('events' in claims) return 'an event';
  // One subject at an issuer of many tenants is somebody else at each of them.
  if ((claims.tenant ?? null) !== tenant) return 'of another tenant';
  if (claims.aud_tenant !== undefined && claims.aud_tenant !== organization) return 'for another organization';
  if (presented === 'id-jag' && claims.client_id !== clientId) return 'for another client';
  const needsJti = presented !== 'jwt' && presented !== 'id_token';
  return needsJti && !isName(claims.jti) ? 'jti is required' : undefined;
}

/** RFC 7800 §3: undefined where it cannot be understood, and then nothing may be built on it. */
function bindingOf(cnf: unknown): Binding | null | undefined {
  if (cnf === undefined) return null;
  if (typeof cnf !== 'object' || cnf === null || Object.keys(cnf).length !== 1) return undefined;
  const { jkt, 'x5t#S256': certificate } = cnf as { jkt?: unknown; 'x5t#S256'?: unknown };
  const thumbprint = jkt ?? certificate;
  if (typeof thumbprint !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(thumbprint)) return undefined;
  return jkt === undefined ? certificateBinding(thumbprint) : thumbprint;
}

const isInstant = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < 1e11;

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 255 && controlCharacter(value) === undefined;
