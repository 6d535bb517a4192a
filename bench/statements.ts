import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

import type { Flow } from './flows.ts';
import { type Prepared, send } from './load.ts';
import type { Setting, Variant } from './setting.ts';

/** What one request asks of the database, counted by the database. */
export interface Statements {
  perRequest: number;
  /** Flushes of the log that a connection waited for, per request; undefined where this PostgreSQL does not count them. */
  waitingCommits: number | undefined;
  /** Milliseconds at the client, one request at a time. */
  alone: number[];
  texts: string[];
}

/** What listens for signals connects again after a second. */
const RECONNECT_MS = 1300;

/**
 * Sends the requests one after another and counts what the database was asked. Background statements (the poll behind
 * LISTEN, clean-up) are told apart by how seldom they come.
 *
 * @param commits whether to count waiting commits too, which takes three seconds
 */
export async function countStatements(
  setting: Setting,
  variant: Variant,
  flow: Flow,
  requests: readonly Prepared[],
  { commits }: { commits: boolean },
): Promise<Statements> {
  const { admin, servers, role } = setting;
  // A connection tells of its flushes seldom, but always when it ends.
  const settle = async () => {
    if (!commits) return;
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);
    await sleep(RECONNECT_MS);
  };
  await settle();
  const flushesBefore = await flushes(admin);
  await admin.query('select pg_stat_statements_reset()');
  const alone: number[] = [];
  for (const request of requests) {
    const sent = performance.now();
    const { status, body } = await send(servers[variant], request);
    alone.push(performance.now() - sent);
    if (!flow.expected(status, body)) throw new Error(`${flow.name} answered ${status}: ${body}`);
  }
  const { rows } = await admin.query<{ query: string; calls: string }>(STATEMENTS, [
    role,
    Math.ceil(requests.length * 0.4),
  ]);
  await settle();
  const flushesAfter = await flushes(admin);
  return {
    perRequest: round(rows.reduce((sum, { calls }) => sum + Number(calls), 0) / requests.length),
    waitingCommits:
      !commits || flushesBefore === undefined || flushesAfter === undefined
        ? undefined
        : round((flushesAfter - flushesBefore) / requests.length),
    alone,
    texts: rows.map(({ query }) => query),
  };
}

/**
 * Tables that a statement can only read from one end to the other, whatever they grow to: the planner, forbidden to
 * scan where any index would do, still scans.
 */
export async function scannedTables({ admin }: Pick<Setting, 'admin'>, counted: string): Promise<string[]> {
  // The counters put numbers in place of constants, also where only a constant can be planned.
  const text = counted
    .replace(/\b(interval|timestamptz|date) (\$\d+)/gi, '$2::$1')
    .replace(/\bextract\((\$\d+) from/gi, 'extract(epoch from');
  await admin.query('begin');
  try {
    await admin.query('set local enable_seqscan = off');
    const { rows } = await admin.query(`explain (generic_plan, format json) ${text}`);
    return scansIn(rows[0]?.['QUERY PLAN']);
  } catch (cause) {
    throw new Error(`no plan for: ${text}`, { cause });
  } finally {
    await admin.query('rollback');
  }
}

function scansIn(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(scansIn);
  if (typeof plan !== 'object' || plan === null) return [];
  const node = plan as Record<string, unknown>;
  const own = node['Node Type'] === 'Seq Scan' ? [String(node['Relation Name'])] : [];
  return [...own, ...Object.values(node).flatMap(scansIn)];
}

async function flushes(admin: pg.Client): Promise<number | undefined> {
  const { rows } = await admin.query<{ flushes: string | null }>(FLUSHES).catch(() => ({ rows: [] }));
  return rows[0]?.flushes == null ? undefined : Number(rows[0].flushes);
}

const round = (value: number): number => Math.round(value * 10) / 10;

const STATEMENTS = `
  select query, calls from pg_stat_statements
  where userid = $1::regrole and calls >= $2 and query !~* '^\\s*(begin|commit|rollback|set )'
  order by calls desc`;

// Since PostgreSQL 18. One request at a time, so no commit rides on another's flush.
const FLUSHES = `select sum(fsyncs) as flushes from pg_stat_io where object = 'wal' and backend_type = 'client backend'`;
