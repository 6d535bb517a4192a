import { setTimeout as sleep } from 'node:timers/promises';

import { authentication } from './client.ts';
import { type Crowd, makeCrowd } from './crowd.ts';
import { form, median, percentile, send } from './load.ts';
import { startHelper } from './server.ts';
import { CALENDAR, decide, type Setting } from './setting.ts';
import type { Counts, Opening } from './waiters.ts';

/** What everybody else's requests take, in milliseconds, one at a time. */
interface Others {
  token: number[];
  page: number[];
}

/** Many agents that wait for many people, on one instance. */
export interface Waiting {
  agents: number;
  people: number;
  /** Polls that the database says are held, at least and at most, while it was measured. */
  held: { least: number; most: number };
  /** MB of the whole server process: before, while all are held, and at most. */
  memory: { before: number; held: number; most: number };
  /** Of the server's heap in use after a collection, in KB per held poll. */
  heapPerPoll: number;
  before: Others;
  meanwhile: Others;
  /** Share of one processor that the server used while all were held. */
  processor: number;
  /** From the click to the token, in milliseconds, while all the others are held. */
  decided: number[];
  /** Statements about approvals per held poll and second, while they are held. */
  statementsWhileHeld: number;
  answers: Record<string, number>;
}

export interface WaitingSize {
  agents: number;
  people: number;
  /** Seconds that all are held while everybody else is looked at. */
  seconds: number;
  decisions: number;
}

const HOLD_SECONDS = 25;
/** Whoever waits shares the machine with the server: so many begin in a second. */
const OPENED_PER_SECOND = 250;
const PAUSE_MS = 25;

/**
 * Holds a poll for each of many open questions, each on its own connection, again and again as waiting agents do, and
 * looks at what that costs: memory, the database, and everybody else's answers.
 */
export async function holdMany(
  setting: Setting,
  { agents, people, seconds, decisions }: WaitingSize,
  progress: (text: string) => void,
): Promise<Waiting> {
  const { product, admin, person } = setting;
  const { server } = product;
  progress(`${agents} agents ask ${people} people`);
  const crowd = await makeCrowd(product, agents, people);
  const [looked] = crowd.asked.slice(-1);
  const others = (forSeconds: number) => lookAtOthers(setting, `/r/${looked?.approval}`, forSeconds);
  const waiters = startHelper('waiters.js');
  try {
    const counts = () => waiters.ask<Counts>({ ask: 'counts' });
    await others(2);
    const before = { others: await others(seconds), memory: (await server.usage()).rss, heap: await server.heap() };

    progress('they begin to wait');
    await waiters.ask({ ask: 'open', ...opening(server, crowd), perSecond: OPENED_PER_SECOND, again: true });
    let most = 0;
    const look = async () => {
      const { rss } = await server.usage();
      most = Math.max(most, rss);
      return { rss, held: await heldPolls(setting) };
    };
    for (const late = Date.now() + 90_000; (await look()).held < crowd.questions.length * 0.99; await sleep(500)) {
      if (Date.now() > late) break; // what is held is told below
    }

    progress('all of them wait');
    const held = { least: Number.POSITIVE_INFINITY, most: 0 };
    const memory: number[] = [];
    let allWait = true;
    const looking = (async () => {
      for (; allWait; await sleep(1000)) {
        const now = await look();
        memory.push(now.rss);
        held.least = Math.min(held.least, now.held);
        held.most = Math.max(held.most, now.held);
      }
    })();
    const begun = { at: performance.now(), cpu: (await server.usage()).cpu };
    const meanwhile = await others(seconds);
    const processor = ((await server.usage()).cpu - begun.cpu) / (performance.now() - begun.at);

    progress('some are decided');
    const clicks = new Map<string, number>();
    for (const { authReqId, approval, number } of crowd.asked.slice(0, decisions)) {
      await decide(person, approval, { duration: 'once', number }, () => {
        clicks.set(authReqId, performance.timeOrigin + performance.now());
      });
      await sleep(PAUSE_MS);
    }
    // A poll may have just ended, or been sent back for some seconds: "never" is what did not come then either.
    const come = async () => {
      const { tokens } = await counts();
      return [...clicks.keys()].every((authReqId) => authReqId in tokens);
    };
    for (const late = Date.now() + 60_000; !(await come()) && Date.now() < late; ) await sleep(500);
    allWait = false;
    await looking;
    const { tokens } = await counts();
    const decided = [...clicks].map(([authReqId, at]) => (tokens[authReqId] ?? Number.POSITIVE_INFINITY) - at);
    const heap = await server.heap();

    progress('the rest goes on');
    await waiters.ask({ ask: 'stop' });
    for (let left = 60; left > 0 && (await counts()).underWay > 0; left--) await sleep(500);
    const { answers } = await counts();

    // A few of them alone, begun together: while they are held nothing is asked.
    const few = { ...crowd, questions: crowd.questions.slice(0, 200) };
    await waiters.ask({ ask: 'open', ...opening(server, few), perSecond: 1000, again: false });
    await sleep(5000);
    await admin.query('select pg_stat_statements_reset()');
    await sleep(4000);
    const { rows } = await admin.query(STATEMENTS);
    return {
      agents,
      people,
      held,
      memory: { before: before.memory, held: median(memory), most },
      heapPerPoll: (heap - before.heap) / 1024 / held.most,
      before: before.others,
      meanwhile,
      processor,
      decided,
      statementsWhileHeld: rows[0].calls / few.questions.length / 4,
      answers,
    };
  } finally {
    await waiters.stop();
  }
}

const opening = (
  { issuer, port }: { issuer: string; port: number },
  { key, questions }: Crowd,
): Omit<Opening, 'perSecond' | 'again'> => ({
  issuer,
  port,
  jwk: key.key.export({ format: 'jwk' }),
  questions,
  wait: HOLD_SECONDS,
});

/** As the database has it: announced by a poll, and not over. */
async function heldPolls({ admin }: Setting): Promise<number> {
  const { rows } = await admin.query(
    'select count(*)::int as held from approvals where held_until > clock_timestamp()',
  );
  return rows[0].held;
}

const STATEMENTS = `
  select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
  where query like '%approvals%' and query not like '%pg_stat%'`;

/** A client that asks for tokens of its own, and a person who reads a decision page, in turns. */
async function lookAtOthers(
  { servers: { ours }, agents: { plain }, person }: Setting,
  page: string,
  seconds: number,
): Promise<Others> {
  const spans: Others = { token: [], page: [] };
  const time = async (into: number[], work: () => Promise<unknown>) => {
    const started = performance.now();
    await work();
    into.push(performance.now() - started);
  };
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(PAUSE_MS)) {
    const own = { grant_type: 'client_credentials', resource: CALENDAR, scope: 'calendar.read' };
    const request = { path: '/token', ...form({ ...authentication(plain, ours), ...own }) };
    await time(spans.token, async () => {
      const { status, body } = await send(ours, request);
      if (status !== 200) throw new Error(`client credentials answered ${status}: ${body}`);
    });
    await time(spans.page, () => person.get(page));
  }
  return spans;
}

/** One line each, for the table of figures. */
export function tellWaiting(waiting: Waiting): string {
  const { agents, people, held, memory, heapPerPoll, before, meanwhile, processor, decided, answers } = waiting;
  const spread = (values: number[]) =>
    [0.5, 0.95, 0.99].map((share) => percentile(values, share).toFixed(0)).join(' / ');
  const against = (what: keyof Others) =>
    `${spread(meanwhile[what])} ms, before ${spread(before[what])} ms: × ${ratio(what, 0.5)} at p50, × ${ratio(what, 0.99)} at p99`;
  const ratio = (what: keyof Others, share: number) =>
    (percentile(meanwhile[what], share) / percentile(before[what], share)).toFixed(2);
  return [
    `${agents} agents wait for ${people} people each: ${agents * people} questions, each on its own connection with a held poll of up to ${HOLD_SECONDS} s, again and again`,
    `held at the same time: ${held.least} to ${held.most}`,
    `memory of the server (RSS): ${memory.before.toFixed(0)} MB before, ${memory.held.toFixed(0)} MB while all are held, ${memory.most.toFixed(0)} MB at most; heap per held poll ${heapPerPoll.toFixed(1)} KB`,
    `processor of the server while all are held: ${(processor * 100).toFixed(0)} % of one`,
    `client credentials meanwhile, p50 / p95 / p99: ${against('token')}`,
    `decision page meanwhile, p50 / p95 / p99: ${against('page')}`,
    `from the click to the token meanwhile, ${decided.length} times, p50 / p95 / p99: ${spread(decided)} ms`,
    `statements about approvals per held poll and second, while held: ${waiting.statementsWhileHeld}`,
    `answers: ${JSON.stringify(answers)}`,
  ].join('\n');
}
