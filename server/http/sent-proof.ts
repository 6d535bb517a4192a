import type { IncomingMessage } from 'node:http';
import type { Context, Next } from 'koa';

import type { Nonces } from '../oauth/nonce.ts';
import { type Proof, type ProofRefusal, readProof } from '../oauth/proof.ts';
import { stateOf } from './request-state.ts';

declare module './request-state.ts' {
  interface RequestState {
    /** The `DPoP` header, taken out of the request. */
    sentProof?: string;
    /** What is in it, once somebody asked. */
    proof?: Proof | ProofRefusal;
    /** Whether the proof was presented for the first time; known once it was recorded. */
    proofIsFirst?: boolean;
  }
}

/**
 * Takes the proof out of a request, for {@link proofReader} alone, and gives a fresh nonce with the answer, whatever it
 * is (RFC 9449 §8.2). The engine never sees a proof: beside a nonce it would not look at the time (DP-08).
 */
export function takeProofs(nonces: Nonces) {
  return async (ctx: Context, next: Next) => {
    const sent = ctx.get('DPoP');
    if (sent !== '') {
      stateOf(ctx.req).sentProof = sent;
      delete ctx.req.headers.dpop;
      ctx.set('DPoP-Nonce', nonces.current(Date.now() / 1000));
    }
    return next();
  };
}

/** The DPoP proof that came with a request, or what is wrong with it; undefined where none came. */
export type ProofReader = (ctx: {
  req: IncomingMessage;
  method: string;
  path: string;
}) => Proof | ProofRefusal | undefined;

/** Reads each proof once, against the address that the client called. */
export function proofReader(issuer: string, nonces: Nonces): ProofReader {
  return ({ req, method, path }) => {
    const state = stateOf(req);
    if (state.sentProof === undefined) return undefined;
    const url = `${state.address ?? issuer}${path}`;
    state.proof ??= readProof(state.sentProof, { method, url }, nonces, Date.now() / 1000);
    return state.proof;
  };
}
