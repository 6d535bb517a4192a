import { setTimeout as sleep } from 'node:timers/promises';

import { authentication, type BenchClient, CIBA, clientWith, keyFrom } from './client.ts';
import { Line } from './line.ts';
import { form } from './load.ts';

/**
 * Agents that wait for people, as a process of its own: each question on a connection of its own, with a held poll, and
 * another when that one ends. Ends with whoever measures.
 */
export interface Opening {
  issuer: string;
  /** Where the polls are sent: an instance of that issuer. */
  port: number;
  /** The key that every one of these clients registered. */
  jwk: object;
  questions: readonly { client: string; authReqId: string }[];
  /** Seconds that a poll may be held. */
  wait: number;
  /** New ones in a second. */
  perSecond: number;
  /** Whether another poll follows one that nobody decided. */
  again: boolean;
}

export interface Counts {
  /** Polls that were sent and have no answer yet. */
  underWay: number;
  answers: Record<string, number>;
  /** Epoch milliseconds at which each token came, by its `auth_req_id`. */
  tokens: Record<string, number>;
}

type Message = { id: number } & (({ ask: 'open' } & Opening) | { ask: 'counts' } | { ask: 'stop' });

const counts: Counts = { underWay: 0, answers: {}, tokens: {} };
const lines = new Set<Line>();
let stopped = false;

if (process.send) {
  process.on('message', (message: Message) => {
    if (message.ask === 'open') void open(message);
    if (message.ask === 'stop') stopped = true;
    process.send?.({ id: message.id, ...counts });
  });
  process.on('disconnect', () => process.exit());
}

async function open({ issuer, port, jwk, questions, wait, perSecond, again }: Opening): Promise<void> {
  const key = keyFrom(jwk);
  const clients = new Map<string, BenchClient>();
  for (const { client } of questions) clients.set(client, clientWith(client, key));
  for (const [index, { client, authReqId }] of questions.entries()) {
    void waitOn(clients.get(client) as BenchClient, authReqId, { issuer, port, wait, again });
    if (index % 10 === 9) await sleep(10_000 / perSecond);
  }
}

async function waitOn(
  client: BenchClient,
  authReqId: string,
  { issuer, port, wait, again }: Pick<Opening, 'issuer' | 'port' | 'wait' | 'again'>,
): Promise<void> {
  const line = new Line(port);
  lines.add(line);
  const { host } = new URL(issuer);
  do {
    const { headers, body } = form(
      { ...authentication(client, { issuer }), grant_type: CIBA, auth_req_id: authReqId },
      { host, prefer: `wait=${wait}` },
    );
    counts.underWay += 1;
    const answer = await line.post('/token', headers, body).catch(() => undefined);
    counts.underWay -= 1;
    const { error = 'token' } = JSON.parse(answer?.body ?? '{"error":"cut off"}') as { error?: string };
    counts.answers[error] = (counts.answers[error] ?? 0) + 1;
    if (error === 'token') counts.tokens[authReqId] = performance.timeOrigin + performance.now();
    if (error === 'token') break;
    // As a client does: sent back or cut off, it comes again later.
    if (error !== 'authorization_pending') await sleep((answer?.retryAfter ?? 1 + Math.random()) * 1000);
  } while (again && !stopped);
  line.close();
  lines.delete(line);
}
