import { setTimeout as sleep } from 'node:timers/promises';
import * as oauth from 'openid-client';

import { type Agent, givingUp, type Token, type Wish } from './client.ts';

/** What an agent asks of a person who is not there, and how long it may wait. */
export interface Task extends Wish {
  /** `usr_…` or the e-mail address of somebody in the agent's organization. */
  person: string;
  /** Words of the agent by which the person knows the request again; at most 128 characters. */
  reference?: string;
  /** Seconds until the question ends by itself; an unattended agent may wait three days. */
  waitSeconds?: number;
  /** Handed the number that the agent shows where the task was started; undefined for an unattended agent. */
  show?: (displayCode: string | undefined) => void;
  /** Gives up waiting. The question stays in the person's inbox until it ends. */
  signal?: AbortSignal;
}

/** What became of it. Denied and expired are answers like any other: an agent has to have a plan for them. */
export type Answer =
  | { outcome: 'approved'; token: Token }
  /** With `instead`, the person said what to ask for in its place: ask for exactly that, if it helps. */
  | { outcome: 'denied'; reason: string | undefined; instead: Wish['authorization_details'] | undefined }
  | { outcome: 'expired' }
  /** Not asked: the person hears enough of this agent, or does not want to. Ask again after so many seconds. */
  | { outcome: 'not_asked'; reason: string | undefined; retryAfterSeconds: number | undefined };

export const CIBA = 'urn:openid:params:grant-type:ciba';
/** The server holds each poll so long and answers at once when the person decided (RFC 7240 `Prefer: wait`). */
export const HOLD_SECONDS = 25;
/** Longest pause after the network or the server failed. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * Asks a person for a task and waits for the answer, minutes or days (OpenID Connect CIBA). Survives what happens in
 * that time: a server that restarts, a connection that breaks, an answer that is lost. An answer that was lost on its
 * way is got by asking again: a task that the person approved covers the same question, so nobody is asked twice.
 *
 * @throws oauth.ResponseBodyError when the request itself is wrong; AbortError when `signal` says so
 */
export async function askForTask(agent: Agent, task: Task): Promise<Answer> {
  const { person, reference, waitSeconds, show, signal, resource, authorization_details } = task;
  const asking = {
    scope: 'openid',
    login_hint: person,
    ...(resource !== undefined && { resource }),
    authorization_details: JSON.stringify(authorization_details),
    ...(reference !== undefined && { binding_message: reference }),
    ...(waitSeconds !== undefined && { requested_expiry: String(waitSeconds) }),
  };
  for (let [lost, hasNonce] = [0, false]; ; ) {
    let asked: oauth.BackchannelAuthenticationResponse;
    try {
      asked = await oauth.initiateBackchannelAuthentication(agent.server, asking);
    } catch (error) {
      if (codeOf(error) === 'use_dpop_nonce' && !hasNonce) {
        hasNonce = true; // it came with this answer
        continue;
      }
      if (codeOf(error) !== 'access_denied') throw error;
      return { outcome: 'not_asked', reason: descriptionOf(error), retryAfterSeconds: retryAfter(error) };
    }
    show?.(asked.display_code === undefined ? undefined : String(asked.display_code));
    const answer = await collect(agent, asked, signal);
    if (answer !== 'lost') return answer;
    if (lost++ > 0) return { outcome: 'expired' };
  }
}

async function collect(
  agent: Agent,
  { auth_req_id, expires_in, interval = 5 }: oauth.BackchannelAuthenticationResponse,
  signal: AbortSignal | undefined,
): Promise<Answer | 'lost'> {
  // Not by the clock that is set meanwhile, by hand or by the network.
  const end = performance.now() + expires_in * 1000;
  let [failures, pauseMs] = [0, 0];
  for (;;) {
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal });
    signal?.throwIfAborted();
    const began = performance.now();
    try {
      // client.ts adds `Prefer: wait` to every poll.
      const token = await givingUp.run(signal, () =>
        oauth.genericGrantRequest(agent.server, CIBA, { auth_req_id }, { DPoP: agent.dpop }),
      );
      return { outcome: 'approved', token };
    } catch (error) {
      signal?.throwIfAborted();
      const code = codeOf(error);
      switch (code) {
        case 'authorization_pending':
          failures = 0;
          // After a hold the next poll may follow at once; a server that does not hold is left in peace in between.
          pauseMs = performance.now() - began > (HOLD_SECONDS * 1000) / 2 ? 0 : interval * 1000;
          continue;
        case 'slow_down':
          interval += 5;
          pauseMs = interval * 1000;
          continue;
        case 'access_denied':
          return { outcome: 'denied', reason: descriptionOf(error), instead: suggestedIn(error) };
        case 'expired_token':
          return { outcome: 'expired' };
        case 'invalid_grant':
          // Collected, and the answer did not get here.
          return 'lost';
      }
      if (code !== undefined && code !== 'server_error' && code !== 'temporarily_unavailable') throw error;
      if (performance.now() > end) return { outcome: 'expired' };
      pauseMs = Math.min(500 * 2 ** failures++, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
    }
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof oauth.ResponseBodyError ? error.error : undefined;
const descriptionOf = (error: unknown): string | undefined =>
  error instanceof oauth.ResponseBodyError ? error.error_description : undefined;

/** A denial that suggests something carries it ready to be sent. */
function suggestedIn(error: unknown): Wish['authorization_details'] | undefined {
  const details = error instanceof oauth.ResponseBodyError ? error.cause.authorization_details : undefined;
  return Array.isArray(details) ? (details as Record<string, unknown>[]) : undefined;
}

function retryAfter(error: unknown): number | undefined {
  const seconds = error instanceof oauth.ResponseBodyError ? Number(error.response.headers.get('retry-after')) : 0;
  return seconds > 0 ? seconds : undefined;
}
