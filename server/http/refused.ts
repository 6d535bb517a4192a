import type { IncomingMessage } from 'node:http';

import { type Refusal, toWire } from '../oauth/refusal.ts';
import { stateOf } from './request-state.ts';

/** Ends a request of the engine: the full reason for the evidence, and what a stranger may hear for the client. */
export function refused(ctx: { req: IncomingMessage }, refusal: Refusal): never {
  stateOf(ctx.req).refusal = refusal;
  throw toWire(refusal);
}
