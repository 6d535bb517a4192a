import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { ClientRecord, RegistrationTerms } from '../agents/clients.ts';
import type { Refusal } from '../oauth/refusal.ts';
import type { Session } from '../people/person.ts';
import type { AgentRequest } from '../tasks/ask.ts';

/**
 * What one HTTP request has established so far. It hangs on Node's request, because the engine's Koa context and
 * ours are two.
 */
export interface RequestState {
  id: string;
  session?: Session | undefined;
  /** The client that was found; proven only once `authenticated` is true. */
  client?: ClientRecord;
  authenticated?: boolean;
  /** Found, but not active: refused as unknown to it, and evidence to its organization. */
  refusedClient?: ClientRecord;
  /** The full reason behind the error that the client is told. */
  refusal?: Refusal;
  /** Evidence of this request's refusal is already written. */
  recorded?: boolean;
  /** What an authorization or backchannel request asks, parsed once. */
  asked?: AgentRequest;
  terms?: RegistrationTerms;
  /** The sign-in of an application that this request made. */
  signIn?: string;
}

const states = new WeakMap<IncomingMessage, RequestState>();

export function stateOf(request: IncomingMessage): RequestState {
  let state = states.get(request);
  if (!state) {
    state = { id: `req_${randomBytes(5).toString('hex')}` };
    states.set(request, state);
  }
  return state;
}
