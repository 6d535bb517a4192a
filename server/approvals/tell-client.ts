import { type ClientRecord, type ClientStore, isActive } from '../agents/clients.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Delivery, Handler, Message } from '../jobs/jobs.ts';
import type { Sealing } from '../keys/seal.ts';
import type { Outcome } from '../oauth/refusal.ts';
import type { Approval } from './approval.ts';

export interface TellClientDependencies {
  deliveries: DeliveryStore;
  clients: Pick<ClientStore, 'find'>;
  sealing: Sealing;
  /** The one way out. */
  fetch: typeof globalThis.fetch;
  /** The token response of an approved request, as a push carries it (CIBA Core §10.3.1): minted once per call. */
  mint(approval: Approval, client: ClientRecord, authReqId: string): Promise<Outcome<Record<string, unknown>>>;
}

export interface DeliveryStore {
  find(
    organization: string,
    approval: string,
  ): Promise<{ approval: Approval; sealed: string; pushed: string | null } | undefined>;
  /** Remembers what a push says, so that every attempt says the same; answers what is remembered now. */
  remember(organization: string, approval: string, sealed: string): Promise<string>;
}

/** The kinds of messages by which a client hears of a decision; `payload` is `{ approval }`. */
export const PING = 'backchannel.ping';
export const PUSH = 'backchannel.push';

/** After the first one, three more (CB-62): the client can always poll, and a push that late helps nobody. */
const ATTEMPTS = 4;
/** Milliseconds. */
const LONGEST = 2500;

/**
 * CIBA Core §10.2 and §10.3: the outbox's messages to a client's notification endpoint. At least once on the wire: the
 * same `auth_req_id` twice says nothing new.
 */
export const tellClient = <Statements>(
  dependencies: TellClientDependencies,
): Record<typeof PING | typeof PUSH, Handler<Statements>> => ({
  [PING]: {
    attempts: ATTEMPTS,
    deliver: async (message, signal) => {
      const addressed = await addressOf(message, dependencies);
      if (typeof addressed === 'string') return { done: true, event: undefined };
      const { authReqId } = addressed;
      return post({ auth_req_id: authReqId }, addressed, message, signal, dependencies);
    },
  },
  [PUSH]: {
    attempts: ATTEMPTS,
    deliver: async (message, signal) => {
      const addressed = await addressOf(message, dependencies);
      if (typeof addressed === 'string') return { done: true, event: undefined };
      const body = await pushOf(addressed, dependencies);
      return body === undefined ? { done: true } : post(body, addressed, message, signal, dependencies);
    },
  },
});

interface Addressed {
  approval: Approval;
  pushed: string | null;
  client: ClientRecord;
  endpoint: string;
  authReqId: string;
  token: string;
}

/** Whom to tell; or why nobody, which is no failure: the client is gone, or changed its mind about being told. */
async function addressOf(
  { organization, payload }: Message,
  { deliveries, clients, sealing }: TellClientDependencies,
): Promise<Addressed | string> {
  const found = await deliveries.find(organization, (payload as { approval: string }).approval);
  if (!found) return 'no such approval';
  const client = await clients.find(found.approval.clientId);
  const endpoint = client?.metadata.backchannel_client_notification_endpoint;
  if (!client || !isActive(client, Date.now()) || typeof endpoint !== 'string') return 'no such client';
  const { authReqId, token } = JSON.parse(sealing.open('backchannel delivery', found.sealed));
  return { approval: found.approval, pushed: found.pushed, client, endpoint, authReqId, token };
}

/** What a push says: the tokens, or why there are none (CIBA Core §12). Undefined: nothing is to be said yet. */
async function pushOf(
  { approval, pushed, client, authReqId }: Addressed,
  { deliveries, sealing, mint }: TellClientDependencies,
): Promise<object | undefined> {
  const failed = (error: 'access_denied' | 'expired_token' | 'transaction_failed') => ({
    auth_req_id: authReqId,
    error,
  });
  if (approval.status === 'denied' || (approval.status === 'pending' && approval.stopped))
    return failed('access_denied');
  if (approval.status === 'pending') return approval.expiresAt <= new Date() ? failed('expired_token') : undefined;
  if (pushed !== null) return JSON.parse(sealing.open('pushed answer', pushed));
  const minted = await mint(approval, client, authReqId);
  if (!minted.ok) return failed('transaction_failed');
  const answer = JSON.stringify({ auth_req_id: authReqId, ...minted.value });
  // Another attempt, on an instance that was taken for dead, may have been first: then its tokens are the ones that count.
  const kept = await deliveries.remember(approval.organization, approval.id, sealing.seal('pushed answer', answer));
  return JSON.parse(sealing.open('pushed answer', kept));
}

async function post<Statements>(
  body: object,
  { approval, endpoint, token }: Addressed,
  { kind, attempt, id }: Message,
  signal: AbortSignal,
  { fetch }: TellClientDependencies,
): Promise<Delivery<Statements>> {
  const event = (type: 'delivery.sent' | 'delivery.failed', more: object): EvidenceEvent => ({
    organization: approval.organization,
    type,
    decision: 'reported',
    reason: kind,
    person: approval.person,
    agent: approval.agent,
    application: approval.clientId,
    approval: approval.id,
    content: { host: new URL(endpoint).host, attempt, message: id, ...more },
  });
  let response: Response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual', // never followed (CB-62): the token would go along
      signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST)]),
    });
    await response.body?.cancel();
  } catch (cause) {
    if (signal.aborted) throw cause;
    const problem = problemOf(cause);
    // Our own way out says no: it will say so again.
    return problem.name === 'EgressRefused'
      ? { giveUp: problem.message, event: event('delivery.failed', { problem: problem.message }) }
      : { retry: problem.message };
  }
  const { status } = response;
  if (status === 200 || status === 204) return { done: true, event: event('delivery.sent', { status }) };
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  if (status === 429 || status >= 500) {
    return { retry: `it answered ${status}`, afterSeconds: retryAfter >= 0 ? Math.min(retryAfter, 300) : undefined };
  }
  const problem = `it answered ${status}`;
  return { giveUp: problem, event: event('delivery.failed', { status, problem }) };
}

/** What lies under a failed fetch. */
function problemOf(cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  return error.cause instanceof Error ? problemOf(error.cause) : error;
}
