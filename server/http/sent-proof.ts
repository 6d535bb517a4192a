import type { IncomingMessage } from 'node:http';

import { type Proof, readProof } from '../oauth/proof.ts';
import { stateOf } from './request-state.ts';

declare module './request-state.ts' {
  interface RequestState {
    /** The DPoP proof that came with the request, or what is wrong with it. */
    proof?: Proof | string | undefined;
    /** Whether the proof was presented for the first time; known once it was recorded. */
    proofIsFirst?: boolean;
  }
}

/**
 * The DPoP proof that came with a request, read once; or what is wrong with it, or undefined where none came.
 *
 * @param url the endpoint as clients know it
 */
export function sentProof(
  ctx: { req: IncomingMessage; method: string; get(header: string): string },
  url: string,
): Proof | string | undefined {
  const state = stateOf(ctx.req);
  const sent = ctx.get('DPoP');
  if (sent && !('proof' in state)) state.proof = readProof(sent, { method: ctx.method, url }, Date.now() / 1000);
  return state.proof;
}
