import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Context } from 'koa';

import { stateOf } from '../http/request-state.ts';
import { json } from '../http/respond.ts';
import { isSignedBy, verificationKey } from '../oauth/jws.ts';
import type { Nonces } from '../oauth/nonce.ts';
import {
  ISSUER_ALGORITHMS,
  type IssuerKeys,
  IssuerUnreachable,
  type TrustedIssuerStore,
} from '../people/trusted-issuer.ts';
import { plainJws, signedByIssuer } from '../people/trusted-jwt.ts';
import { ASSERTION_ALGORITHMS } from './authenticate.ts';
import type { ClientRecord, ClientStore } from './clients.ts';
import { UNPROVEN, type Verdict, type Verifier } from './handover.ts';

export const ATTESTED = 'attest_jwt_client_auth';

declare module '../http/request-state.ts' {
  interface RequestState {
    /** RFC 7638 thumbprint of the key of the instance that its attester vouches for, proven in this request. */
    attestedKey?: string;
  }
}

export interface AttestationDependencies {
  /** Ours. */
  issuer: string;
  clients: ClientStore;
  issuers: TrustedIssuerStore;
  keys: IssuerKeys;
  challenges: Nonces;
  /** True once for each proof of possession. */
  firstUse(clientId: string, jti: string, expiresAt: Date): Promise<boolean>;
}

/**
 * Attestation-based client authentication (draft-ietf-oauth-attestation-based-client-auth, ATT-01…06): the attester that
 * the client registered, and that its organization trusts, says that one key belongs to an instance of this software;
 * the instance proves that key with a fresh challenge of ours. Whatever is issued hangs on that key.
 */
export const attestations =
  (dependencies: AttestationDependencies): Verifier =>
  async (ctx, form) => {
    const [attestation, proof] = [ctx.get('OAuth-Client-Attestation'), ctx.get('OAuth-Client-Attestation-PoP')];
    if (attestation === '' && proof === '') return undefined;
    const { challenges, firstUse } = dependencies;
    const now = Date.now() / 1000;
    // With every answer, so that the next request need not ask for one.
    ctx.set(CHALLENGE_HEADER, challenges.current(now));

    const attested = await readAttestation(attestation, form.get('client_id') ?? undefined, now, dependencies);
    if ('ok' in attested) return attested;
    const { client, jwk } = attested;
    const clientId = client.clientId;
    const pop = plainJws(proof);
    if ('problem' in pop || proofProblem(pop, clientId, dependencies.issuer, now) !== undefined) return UNPROVEN;
    const { alg } = pop.header;
    const key = ASSERTION_ALGORITHMS.includes(alg as 'ES256') ? verificationKey(jwk, alg) : undefined;
    if (!key || !isSignedBy(pop, key)) return UNPROVEN;
    const { challenge, jti } = pop.payload;
    if (typeof challenge !== 'string' || !challenges.accepts(challenge, now)) return NEW_CHALLENGE;
    // Last: what is refused for something else is not used up.
    if (!(await firstUse(clientId, String(jti), new Date((now + PROOF_SECONDS + AHEAD_SECONDS) * 1000))))
      return UNPROVEN;
    stateOf(ctx.req).attestedKey = await calculateJwkThumbprint(jwk);
    return { ok: true, client };
  };

/** `challenge_endpoint` (ATT-05). */
export const giveChallenge =
  (challenges: Nonces) =>
  (ctx: Context): void => {
    const challenge = challenges.current(Date.now() / 1000);
    ctx.set(CHALLENGE_HEADER, challenge);
    json(ctx, { attestation_challenge: challenge });
  };

/** What discovery says where attestations are offered (§9 of the draft). */
export const attestationMetadata = (issuer: string) => ({
  challenge_endpoint: `${issuer}/challenge`,
  client_attestation_signing_alg_values_supported: ISSUER_ALGORITHMS,
  client_attestation_pop_signing_alg_values_supported: ASSERTION_ALGORITHMS,
  client_attestation_pop_methods_supported: ['attestation_pop_jwt'],
});

const CHALLENGE_HEADER = 'OAuth-Client-Attestation-Challenge';
/** For which a proof counts, within the life of its challenge. */
const PROOF_SECONDS = 300;
/** By which another clock may run ahead. */
const AHEAD_SECONDS = 60;

const NEW_CHALLENGE: Verdict = {
  ok: false,
  status: 400,
  error: 'use_attestation_challenge',
  description: 'put the challenge of the OAuth-Client-Attestation-Challenge header into the proof',
};
const NEW_ATTESTATION: Verdict = {
  ok: false,
  status: 400,
  error: 'use_fresh_attestation',
  description: 'the attestation is too old: have the attester make a new one',
};

/** Who is attested, and for which key; what the request is told where it is nobody. */
async function readAttestation(
  value: string,
  clientId: string | undefined,
  now: number,
  { clients, issuers, keys }: AttestationDependencies,
): Promise<{ client: ClientRecord; jwk: JWK } | Verdict> {
  const jws = plainJws(value);
  if ('problem' in jws) return UNPROVEN;
  const { header, payload } = jws;
  const { sub, iss, exp, iat, nbf, cnf } = payload;
  if (typeof sub !== 'string' || header.typ !== 'oauth-client-attestation+jwt') return UNPROVEN;
  if (clientId !== undefined && clientId !== sub) {
    return { ok: false, status: 400, error: 'invalid_request', description: 'client_id mismatch' };
  }
  const client = await clients.find(sub);
  if (client?.metadata.token_endpoint_auth_method !== ATTESTED) return UNPROVEN;
  const attester = String(client.metadata.client_attester);
  if (iss !== undefined && iss !== attester) return UNPROVEN;
  const trusted = await issuers.find(client.organization, attester);
  if (!trusted?.profiles.includes('attestation') || !trusted.algorithms.includes(String(header.alg))) return UNPROVEN;
  if (trusted.agents.length > 0 && !trusted.agents.includes(client.agent?.id ?? '')) return UNPROVEN;
  const signed = await signedByIssuer(jws, trusted, keys).catch((cause) => {
    if (cause instanceof IssuerUnreachable) return false;
    throw cause;
  });
  if (!signed) return UNPROVEN;
  if (typeof exp !== 'number' || (iat !== undefined && !(typeof iat === 'number' && iat <= now + AHEAD_SECONDS)))
    return UNPROVEN;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + AHEAD_SECONDS)) return UNPROVEN;
  if (exp <= now || (iat !== undefined && now - iat > trusted.longestSeconds)) return NEW_ATTESTATION;
  const { jwk } = (cnf ?? {}) as { jwk?: JWK };
  if (typeof jwk !== 'object' || jwk === null || PRIVATE.some((name) => name in jwk)) return UNPROVEN;
  return { client, jwk };
}

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth', 'priv'];

/** What is wrong with a proof of possession beside its signature and its challenge. */
function proofProblem(
  { header, payload }: { header: Readonly<Record<string, unknown>>; payload: Readonly<Record<string, unknown>> },
  clientId: string,
  issuer: string,
  now: number,
): string | undefined {
  const { aud, jti, iat, exp, iss, sub } = payload;
  if (header.typ !== 'oauth-client-attestation-pop+jwt') return 'wrong typ';
  // One for another server, relayed to us, must not pass.
  if (aud !== issuer) return 'aud must be the issuer, as a single string';
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) return 'jti is required';
  if (typeof iat !== 'number' || iat > now + AHEAD_SECONDS || now - iat > PROOF_SECONDS) return 'iat is not of now';
  if (exp !== undefined && !(typeof exp === 'number' && exp > now)) return 'expired';
  return [iss, sub].every((name) => name === undefined || name === clientId) ? undefined : 'of another client';
}
