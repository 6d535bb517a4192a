import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

import { form, percentile, send } from './load.ts';
import { authentication, CALENDAR, CIBA, type Setting } from './setting.ts';

/** Many agents that wait for people, on one instance. */
export interface Waiting {
  questions: number;
  /** Polls that were held at the same time, at least and at most, while it was measured. */
  held: { least: number; most: number };
  /** MB of the whole server process, before and at most. */
  memory: { before: number; most: number };
  /** Milliseconds of another endpoint (client credentials), one request at a time: before, and while all wait. */
  others: { before: number[]; meanwhile: number[] };
  /** Statements in which an approval was touched, per held poll and second of holding; the end of a hold is one. */
  statementsWhileHeld: number;
  answers: Record<string, number>;
}

const HOLD_SECONDS = 25;
/** The load generator shares the machine with the server: it opens so many polls a second. */
const OPENED_PER_SECOND = 250;

/**
 * Holds a poll for each of many open questions, again and again as a waiting agent does, and looks at what that costs:
 * memory, the database, and everybody else's answers.
 */
export async function holdMany(
  { servers: { ours }, agents: { plain }, admin, pending }: Setting,
  questions: number,
  seconds: number,
): Promise<Waiting> {
  const ids = await pending(plain, questions);
  const pool = new Pool(ours.issuer, { connections: questions, pipelining: 1, bodyTimeout: 0, headersTimeout: 0 });
  const answers: Record<string, number> = {};
  let [underWay, stopped] = [0, false];
  const poll = async (authReqId: string, wait = HOLD_SECONDS): Promise<string> => {
    underWay += 1;
    try {
      const { body } = await send(
        { pool },
        {
          path: '/token',
          ...form(
            { ...authentication(plain, ours), grant_type: CIBA, auth_req_id: authReqId },
            { prefer: `wait=${wait}` },
          ),
        },
      );
      const { error = 'token' } = JSON.parse(body) as { error?: string };
      answers[error] = (answers[error] ?? 0) + 1;
      return error;
    } catch (cause) {
      const { code = 'unknown' } = cause as { code?: string };
      answers[code] = (answers[code] ?? 0) + 1;
      return code;
    } finally {
      underWay -= 1;
    }
  };
  const waitOn = async (authReqId: string) => {
    while (!stopped) {
      // As a client does: sent back or cut off, it comes again later.
      if ((await poll(authReqId)) !== 'authorization_pending') await sleep(2000 + Math.random() * 8000);
    }
  };
  const others = async (): Promise<number> => {
    const started = performance.now();
    const { status, body } = await send(ours, {
      path: '/token',
      ...form({
        ...authentication(plain, ours),
        grant_type: 'client_credentials',
        resource: CALENDAR,
        scope: 'calendar.read',
      }),
    });
    if (status !== 200) throw new Error(`client credentials answered ${status}: ${body}`);
    return performance.now() - started;
  };
  const several = async (count: number) => {
    const spans: number[] = [];
    for (let index = 0; index < count; index++) spans.push(await others());
    return spans;
  };

  await several(20);
  const before = { others: await several(100), memory: (await ours.usage()).rss };
  const waiting: Promise<void>[] = [];
  for (const [index, id] of ids.entries()) {
    waiting.push(waitOn(id));
    if (index % 40 === 39) await sleep((40 / OPENED_PER_SECOND) * 1000);
  }
  const held = { least: Number.POSITIVE_INFINITY, most: 0 };
  let most = 0;
  const meanwhile: number[] = [];
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
    meanwhile.push(await others());
    held.least = Math.min(held.least, underWay);
    held.most = Math.max(held.most, underWay);
    most = Math.max(most, (await ours.usage()).rss);
  }
  stopped = true;
  await Promise.all(waiting);

  // A few of them alone, begun together: while they are held nothing is asked.
  const few = ids.slice(0, 200);
  const holding = few.map((id) => poll(id, 12));
  await sleep(4000);
  await admin.query('select pg_stat_statements_reset()');
  await sleep(4000);
  const { rows } = await admin.query(
    `select coalesce(sum(calls), 0)::int as calls from pg_stat_statements where query like '%approvals%' and query not like '%pg_stat%'`,
  );
  await Promise.all(holding);
  await pool.destroy();
  return {
    questions,
    held,
    memory: { before: before.memory, most },
    others: { before: before.others, meanwhile },
    statementsWhileHeld: rows[0].calls / few.length / 4,
    answers,
  };
}

/** One line each, for the table of figures. */
export function tellWaiting({ questions, held, memory, others, statementsWhileHeld, answers }: Waiting): string {
  const spread = (values: number[]) =>
    [0.5, 0.95, 0.99].map((share) => percentile(values, share).toFixed(0)).join(' / ');
  return [
    `${questions} open questions, each with a held poll of ${HOLD_SECONDS} s, again and again:`,
    `held at the same time: ${held.least} to ${held.most}`,
    `memory of the server (RSS): ${memory.before.toFixed(0)} MB before, ${memory.most.toFixed(0)} MB at most`,
    `client credentials meanwhile, p50 / p95 / p99: ${spread(others.meanwhile)} ms (before: ${spread(others.before)} ms)`,
    `statements about approvals per held poll and second, while held: ${statementsWhileHeld}`,
    `answers: ${JSON.stringify(answers)}`,
  ].join('\n');
}
