import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import {
  calculateJwkThumbprint,
  EmbeddedJWK,
  errors,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';

/** Who calls, for whom, and what they may do: all that a route needs to know. */
export interface Caller {
  token: string;
  jti: string;
  /** The person it is for (`usr_…`). */
  person: string;
  /** The agent that acts (`agt_…`), and those it acts through, nearest first. */
  agents: readonly string[];
  client: string;
  task: string | undefined;
  scopes: readonly string[];
  details: readonly Detail[];
}

/** One object of `authorization_details` (RFC 9396), with what the person granted. */
export interface Detail extends Record<string, unknown> {
  type: string;
  locations: readonly string[];
  access: 'read' | 'write';
  impact: 'low' | 'medium' | 'high' | 'critical';
  max_uses: number | null;
}

/** An answer to a request that may not go on (RFC 6750 §3.1, RFC 9449 §7.1). */
export interface Refusal {
  status: 400 | 401 | 403 | 404 | 409;
  error?: string;
  description: string;
  /** Of the authorization server, when it was asked. */
  reason?: string;
  /** The scope that would do. */
  scope?: string | undefined;
  /** The sign-in that would do (RFC 9470 §3). */
  signIn?: SignIn | undefined;
}

/** How, and how lately in seconds, the person has to have signed in. */
export interface SignIn {
  acr?: string;
  maxAge?: number;
}

export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.description);
    this.refusal = refusal;
  }
}

export interface TokenRules {
  issuer: string;
  /** The identifier of this API: the only audience it accepts. */
  resource: string;
  /** Where this API is reached: what a proof must have been made for. */
  url: string;
  keys: JWTVerifyGetKey;
  /** What this API asks of the person's sign-in, if anything. */
  signIn?: SignIn;
  /** Is a proof without a nonce of ours sent back for one? Otherwise nonces are offered, and what is old is refused. */
  requireNonce?: boolean;
}

const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519'];
const KEYS_UNREACHABLE = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'];
/** Seconds that a proof is fresh, either way. */
const PROOF_SECONDS = 60;

/** Checks the access token of a request, and the proof of its key. Throws Refused. */
export function tokenChecks(
  rules: TokenRules,
): (request: IncomingMessage, response: ServerResponse) => Promise<Caller> {
  const firstUse = onceWithin(2 * PROOF_SECONDS);
  const nonces = noncesOfOurs();
  return async (request, response) => {
    if (request.headers.dpop !== undefined) response.setHeader('dpop-nonce', nonces.current()); // RFC 9449 §9
    const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
    // Who sends nothing is told what to bring, and nothing else.
    if (token === '') throw new Refused({ status: 401, description: 'an access token is required' });
    const claims = await verifyToken(token, rules);

    // Every token here is bound to its holder's key: a stolen one, sent as Bearer or with another key, is worth nothing.
    const { jkt, 'x5t#S256': x5t } = (claims.cnf ?? {}) as { jkt?: string; 'x5t#S256'?: string };
    if (jkt !== undefined && scheme.toLowerCase() === 'dpop') {
      await verifyProof(request, token, jkt, rules, nonces, firstUse);
    } else if (x5t === undefined || scheme.toLowerCase() !== 'bearer' || certificateOf(request) !== x5t) {
      throw invalid('the token has to be sent with the proof of its key');
    }
    if (isTooWeak(claims, rules.signIn)) {
      const description = 'the person has to sign in again, or another way';
      throw new Refused({
        status: 401,
        error: 'insufficient_user_authentication',
        description,
        signIn: rules.signIn,
      });
    }
    return callerOf(token, claims);
  };
}

/** RFC 9470 §3: the token is good, and the sign-in behind it is not what this API asks. */
const isTooWeak = ({ acr, auth_time }: JWTPayload, asked: SignIn = {}): boolean =>
  (asked.acr !== undefined && acr !== asked.acr) ||
  (asked.maxAge !== undefined && Date.now() / 1000 - Number(auth_time ?? 0) > asked.maxAge);

/** RFC 9068 §4: type, signature, issuer, audience and expiry. */
async function verifyToken(token: string, { issuer, resource, keys }: TokenRules): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      typ: 'at+jwt', // no ID token, no client assertion
      issuer,
      audience: resource,
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
    });
    return payload;
  } catch (error) {
    // The keys could not be fetched: our trouble, not the caller's.
    if (!(error instanceof errors.JOSEError) || KEYS_UNREACHABLE.includes(error.code)) throw error;
    throw invalid(error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid here');
  }
}

/**
 * RFC 8705 §3: the thumbprint of the certificate whose key the client proved in the handshake. Where TLS ends at a proxy,
 * read what the proxy says (RFC 9440), and only where nobody else can say it.
 */
const certificateOf = ({ socket }: IncomingMessage): string | undefined => {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return certificate && createHash('sha256').update(certificate.raw).digest('base64url');
};

/** RFC 9449 §4.3: a proof by the token's key, for this method, this address and this token, fresh and never seen. */
async function verifyProof(
  request: IncomingMessage,
  token: string,
  jkt: string,
  { url, requireNonce }: TokenRules,
  nonces: Nonces,
  firstUse: (id: string) => boolean,
): Promise<void> {
  try {
    const { payload, protectedHeader } = await jwtVerify(String(request.headers.dpop), EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: PROOF_ALGORITHMS,
      requiredClaims: ['htm', 'htu', 'iat', 'jti', 'ath'],
    });
    const made = new URL(String(payload.htu));
    const here = new URL(request.url ?? '/', url);
    const proven =
      (await calculateJwkThumbprint(protectedHeader.jwk as JWK)) === jkt &&
      payload.htm === request.method &&
      made.origin === here.origin &&
      made.pathname === here.pathname &&
      payload.ath === createHash('sha256').update(token).digest('base64url') &&
      Math.abs(Date.now() / 1000 - (payload.iat ?? 0)) <= PROOF_SECONDS;
    if (proven && (payload.nonce === undefined ? requireNonce : !nonces.accepts(String(payload.nonce)))) {
      throw new Refused({ status: 401, error: 'use_dpop_nonce', description: 'the proof needs a current nonce' });
    }
    if (proven && firstUse(`${jkt} ${payload.jti}`)) return;
  } catch (error) {
    if (!(error instanceof errors.JOSEError) && !(error instanceof TypeError)) throw error;
  }
  throw new Refused({ status: 401, error: 'invalid_dpop_proof', description: 'the proof does not fit this request' });
}

interface Nonces {
  current(): string;
  accepts(nonce: string): boolean;
}

const NONCE_SECONDS = 60;

/**
 * Ours alone: one from elsewhere, the authorization server included, is none here. Computed from the time and stored
 * nowhere; several processes behind one address would share the key.
 */
function noncesOfOurs(key = randomBytes(32)): Nonces {
  const at = (step: number) => createHmac('sha256', key).update(String(step)).digest('base64url');
  const now = () => Math.floor(Date.now() / 1000 / NONCE_SECONDS);
  return { current: () => at(now()), accepts: (nonce) => nonce === at(now()) || nonce === at(now() - 1) };
}

/** A person and an agent, both: nobody comes here as the person, and no agent on its own account. */
export function callerOf(token: string, claims: JWTPayload): Caller {
  const { sub = '', jti = '', sub_profile, client_id, task_id, scope, authorization_details } = claims;
  const agents: string[] = [];
  for (let act = claims.act as Act | undefined; act; act = act.act) {
    if (act.sub_profile !== 'ai_agent') throw invalid('an agent must be named');
    agents.push(act.sub);
  }
  if (sub_profile !== 'user' || agents.length === 0) throw invalid('a person and an agent must be named');
  return {
    token,
    jti,
    person: sub,
    agents,
    client: String(client_id),
    task: task_id as string | undefined,
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    details: (authorization_details ?? []) as Detail[],
  };
}

/** RFC 8693 §4.1: the outermost acts; whoever is inside acted before. */
interface Act {
  sub: string;
  sub_profile?: string;
  act?: Act;
}

export const invalid = (description: string) => new Refused({ status: 401, error: 'invalid_token', description });

/** True the first time. Several processes behind one address would share this in their database. */
export function onceWithin(seconds: number): (id: string) => boolean {
  const seen = new Map<string, number>();
  return (id) => {
    const now = Date.now();
    for (const [old, until] of seen) {
      if (until > now) break; // in the order of their arrival
      seen.delete(old);
    }
    if (seen.has(id)) return false;
    seen.set(id, now + seconds * 1000);
    return true;
  };
}
