import { type ClientRecord, type ClientStore, isActive } from '../agents/clients.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Delivery, Handler, Message } from '../jobs/jobs.ts';
import type { Sealing } from '../keys/seal.ts';
import type { Outcome } from '../oauth/refusal.ts';
import { toDetail } from '../tasks/request.ts';
import { type Approval, deniedTo } from './approval.ts';

export interface TellClientDependencies<Statements> {
  deliveries: DeliveryStore<Statements>;
  clients: Pick<ClientStore, 'find'>;
  sealing: Sealing;
  /** The one way out. */
  fetch: typeof globalThis.fetch;
  /** The token response of an approved request, as a push carries it (CIBA Core §10.3.1): minted once per call. */
  mint(approval: Approval, client: ClientRecord, authReqId: string): Promise<Outcome<Record<string, unknown>>>;
}

export interface DeliveryStore<Statements> {
  find(
    organization: string,
    approval: string,
  ): Promise<{ approval: Approval; sealed: string; pushed: string | null; told: boolean } | undefined>;
  /** Remembers what a push says, so that every attempt says the same; answers what is remembered now. */
  remember(organization: string, approval: string, sealed: string): Promise<string>;
  /** The last word was spoken, whether it arrived or not. */
  noteTold(statements: Statements, organization: string, approval: string): Promise<void>;
  /** What is to be said of each request of this organization that a stop overtook is said now; open pages show it. */
  tellStopped(statements: Statements, organization: string): Promise<void>;
  /** The same look once more, in a moment. */
  lookAgain(statements: Statements, organization: string, at: Date): Promise<void>;
}

/** The kinds of messages by which a client hears of a decision; `payload` is `{ approval }`. */
export const PING = 'backchannel.ping';
export const PUSH = 'backchannel.push';
/** Something was stopped: whoever waits for an answer of it is told now. `payload`: {@link Stopped}. */
export const STOPPED = 'backchannel.stopped';

interface Stopped {
  /** This is the second look. */
  again?: boolean;
}

/** Milliseconds in which a question that was being asked while the stop was written has been committed. */
const SECOND_LOOK = 5000;

/** After the first one, three more (CB-62): the client can always poll, and a push that late helps nobody. */
const ATTEMPTS = 4;
/** Milliseconds. */
const LONGEST = 2500;

/**
 * CIBA Core §10.2 and §10.3: the outbox's messages to a client's notification endpoint. At least once on the wire: the
 * same `auth_req_id` twice says nothing new.
 */
export function tellClient<Statements>(
  dependencies: TellClientDependencies<Statements>,
): Record<typeof PING | typeof PUSH | typeof STOPPED, Handler<Statements>> {
  const { deliveries } = dependencies;
  const told = ({ organization, payload }: Message) => ({
    effect: (statements: Statements) =>
      deliveries.noteTold(statements, organization, (payload as { approval: string }).approval),
  });
  const handler = (bodyOf: (addressed: Addressed) => Promise<object | undefined>): Handler<Statements> => ({
    attempts: ATTEMPTS,
    deliver: async (message, signal) => {
      const addressed = await addressOf(message, dependencies);
      if (typeof addressed === 'string') return { done: true };
      const body = await bodyOf(addressed);
      if (body === undefined) return { done: true };
      const delivery = await post<Statements>(body, addressed, message, signal, dependencies);
      return 'retry' in delivery ? delivery : { ...delivery, ...told(message) };
    },
    exhausted: (message, error) => ({ giveUp: error, ...told(message) }),
  });

  return {
    [PING]: handler(async ({ authReqId }) => ({ auth_req_id: authReqId })),
    [PUSH]: handler((addressed) => pushOf(addressed, dependencies)),
    [STOPPED]: {
      async deliver({ organization, payload, createdAt }) {
        const { again = false } = payload as Stopped;
        return {
          done: true,
          effect: async (statements) => {
            await deliveries.tellStopped(statements, organization);
            if (again) return;
            // What was being asked while the stop was written can be seen only now.
            await deliveries.lookAgain(statements, organization, new Date(createdAt.getTime() + SECOND_LOOK));
          },
        };
      },
    },
  };
}

interface Addressed {
  approval: Approval;
  pushed: string | null;
  client: ClientRecord;
  endpoint: string;
  authReqId: string;
  token: string;
}

/** Whom to tell; or why nobody, which is no failure: the client is gone, or changed its mind about being told. */
async function addressOf<Statements>(
  { organization, payload }: Message,
  { deliveries, clients, sealing }: TellClientDependencies<Statements>,
): Promise<Addressed | string> {
  const found = await deliveries.find(organization, (payload as { approval: string }).approval);
  if (!found) return 'no such approval';
  if (found.told) return 'told before';
  const client = await clients.find(found.approval.clientId);
  const endpoint = client?.metadata.backchannel_client_notification_endpoint;
  // Suspended, it is still told that its question is over: that says nothing else, and gives nothing.
  if (!client || client.agent?.status === 'retired' || typeof endpoint !== 'string') return 'no such client';
  const { authReqId, token } = JSON.parse(sealing.open('backchannel delivery', found.sealed));
  return { approval: found.approval, pushed: found.pushed, client, endpoint, authReqId, token };
}

/** What a push says: the tokens, or why there are none (CIBA Core §12). Undefined: nothing is to be said yet. */
async function pushOf(
  { approval, pushed, client, authReqId }: Addressed,
  { deliveries, sealing, mint }: Pick<TellClientDependencies<never>, 'deliveries' | 'sealing' | 'mint'>,
): Promise<object | undefined> {
  const failed = (error: 'access_denied' | 'expired_token' | 'transaction_failed') => ({
    auth_req_id: authReqId,
    error,
  });
  if (approval.status === 'denied' && approval.decision?.instead) {
    const { instead } = approval.decision;
    const described = { error_description: deniedTo(instead), authorization_details: [toDetail(instead)] };
    return { ...failed('access_denied'), ...described };
  }
  if (approval.status === 'denied' || (approval.status === 'pending' && approval.stopped))
    return failed('access_denied');
  if (approval.status === 'pending') return approval.expiresAt <= new Date() ? failed('expired_token') : undefined;
  // Tokens go to nobody who may not have any, and were they made before.
  if (!isActive(client, Date.now())) return failed('access_denied');
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
  { fetch }: Pick<TellClientDependencies<Statements>, 'fetch'>,
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
