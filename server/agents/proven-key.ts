import type { Context } from 'koa';
import { errors } from 'oidc-provider';

import type { CertificateReader } from '../http/client-certificate.ts';
import { stateOf } from '../http/request-state.ts';
import type { ProofReader } from '../http/sent-proof.ts';
import type { Binding } from '../oauth/binding.ts';
import { isProof } from '../oauth/proof.ts';
import type { ClientRecord } from './clients.ts';

/** How a request proves a key. */
export interface KeyProofs {
  proof: ProofReader;
  certificate: CertificateReader;
  /** True once for each proof. */
  firstUse(clientId: string, jti: string, expiresAt: Date): Promise<boolean>;
}

/** What a request presents that counts once, beside what its grant does. */
export type FirstPresentation = (
  ctx: Pick<Context, 'req' | 'method' | 'path'>,
  client: string,
  jti: string,
  expiresAt: Date,
) => Promise<boolean>;

/** An assertion counts once, and a proof that came along is used up with it: one statement for both. */
export function firstPresentation(
  firstUses: (
    uses: readonly { kind: 'client assertion' | 'DPoP proof'; issuer: string; jti: string; expiresAt: Date }[],
  ) => Promise<boolean[]>,
  { proof: read }: Pick<KeyProofs, 'proof'>,
): FirstPresentation {
  return async (ctx, issuer, jti, expiresAt) => {
    const proof = read(ctx);
    const sent = isProof(proof)
      ? [{ kind: 'DPoP proof' as const, issuer, jti: proof.jti, expiresAt: new Date(proof.lastsUntil * 1000) }]
      : [];
    const [first = false, proofIsFirst] = await firstUses([
      { kind: 'client assertion', issuer, jti, expiresAt },
      ...sent,
    ]);
    const state = stateOf(ctx.req);
    if (proofIsFirst !== undefined) state.proofIsFirst = proofIsFirst;
    return first;
  };
}

/**
 * The key that a request to an endpoint of the engine proves, and that what comes of it is bound to: the certificate,
 * where the client registered for that (RFC 8705 §3), else the key of its DPoP proof (RFC 9449 §5), or of its attestation,
 * which has to be the same. Never both: a token has one key. A proof counts once (§11.1).
 *
 * @throws errors.InvalidDpopProof, errors.UseDpopNonce, errors.InvalidRequest
 */
export async function provenKey(
  ctx: Pick<Context, 'req' | 'method' | 'path'>,
  client: ClientRecord,
  { proof: read, certificate, firstUse }: KeyProofs,
): Promise<Binding | undefined> {
  const state = stateOf(ctx.req);
  const proof = read(ctx);
  if (isBoundToCertificate(client)) {
    if (proof) throw new errors.InvalidRequest('this client is registered for certificate-bound tokens: send no proof');
    return certificate(ctx.req)?.binding;
  }
  if (!proof) return state.attestedKey;
  if (!isProof(proof)) {
    throw proof.error === 'use_dpop_nonce'
      ? new errors.UseDpopNonce(proof.description)
      : new errors.InvalidDpopProof(proof.description);
  }
  // What an attested instance gets is worth nothing to another one (ATT-04).
  if (state.attestedKey !== undefined && state.attestedKey !== proof.thumbprint) {
    throw new errors.InvalidDpopProof('make the proof with the key of the attestation');
  }
  // Recorded together with the client's assertion, where there was one.
  state.proofIsFirst ??= await firstUse(client.clientId, proof.jti, new Date(proof.lastsUntil * 1000));
  if (!state.proofIsFirst) throw new errors.InvalidDpopProof('DPoP proof was already used');
  return proof.thumbprint;
}

/**
 * The same where a token leaves, and where a client that registered for bound tokens therefore has to prove a key
 * (RFC 9449 §5.2). Asked of what it registered and not of what the engine made of it: a server that lost its setting
 * for certificates issues nothing then, and not a token that anybody could use.
 *
 * @throws the same
 */
export async function requiredKey(
  ctx: Pick<Context, 'req' | 'method' | 'path'>,
  client: ClientRecord,
  proofs: KeyProofs,
): Promise<Binding | undefined> {
  const key = await provenKey(ctx, client, proofs);
  const { attestedKey, proof } = stateOf(ctx.req);
  // An attested key alone is not enough where tokens are used with proofs of it (DP-04).
  if (key !== undefined && (attestedKey === undefined || proof !== undefined)) return key;
  if (isBoundToCertificate(client)) {
    throw new errors.InvalidRequest('this client is registered for bound tokens: a client certificate is required');
  }
  if (client.metadata.dpop_bound_access_tokens === true) {
    throw new errors.InvalidDpopProof('this client is registered for bound tokens: a DPoP proof is required');
  }
  return key;
}

const isBoundToCertificate = ({ metadata }: ClientRecord): boolean =>
  metadata.tls_client_certificate_bound_access_tokens === true;
