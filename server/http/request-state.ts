import type { IncomingMessage } from 'node:http';

import { randomFrom } from '../oauth/random.ts';
import type { Refusal } from '../oauth/refusal.ts';

/**
 * What one HTTP request has established so far. It hangs on Node's request, because the engine's Koa context and
 * ours are two. Each feature declares its own members where it defines them; this file knows none of them.
 */
export interface RequestState {
  id: string;
  /** Where it came in, if not at the issuer's own address. */
  address?: string;
  /** The client proved who it is. */
  authenticated?: boolean;
  /** The full reason behind the error that the client is told. */
  refusal?: Refusal;
  /** `authorization_details` that the person who denied would rather be asked. */
  instead?: readonly Record<string, unknown>[];
  /** Whose decision a refusal is, as far as it is known by then: the evidence names it. */
  about?: About;
  /** Evidence of this request's refusal is already written. */
  recorded?: boolean;
  /** The sign-in of an application that this request made. */
  signIn?: string;
}

/** What the evidence of a refusal can name. */
export interface About {
  organization?: string;
  person?: string | undefined;
  agent?: string | undefined;
  task?: string | undefined;
  resource?: string | undefined;
  approval?: string | undefined;
  jti?: string | undefined;
  txn?: string | undefined;
}

const states = new WeakMap<IncomingMessage, RequestState>();

export function stateOf(request: IncomingMessage): RequestState {
  let state = states.get(request);
  if (!state) {
    state = { id: `req_${randomFrom(5).toString('hex')}` };
    states.set(request, state);
  }
  return state;
}
