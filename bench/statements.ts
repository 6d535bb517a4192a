import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

import type { Flow } from './flows.ts';
import { type Prepared, send } from './load.ts';
import type { Setting, Variant } from './setting.ts';

/** What one request asks of the database, counted by the database. */
export interface Statements {
  perRequest: number;
  /** Milliseconds at the client, one request at a time. */
  alone: number[];
  /** What takes three seconds to count, where it was counted. */
  closer?: {
    /** Flushes of the log that a connection waited for, per request; undefined where this PostgreSQL does not count them. */
    waitingCommits: number | undefined;
    /** Tables that were read from one end to the other, although the planner was told to use any index that would do. */
    scanned: string[];
  };
}

/** What listens for signals connects again after a second. */
const RECONNECT_MS = 1300;

/**
 * Sends the requests one after another and counts what the database was asked. Background statements (the poll behind
 * LISTEN, clean-up) are told apart by how seldom they come.
 *
 * @param closely whether to count waiting commits and scans too
 */
export async function countStatements(
  { admin, servers, role }: Setting,
  variant: Variant,
  flow: Flow,
  requests: readonly Prepared[],
  { closely }: { closely: boolean },
): Promise<Statements> {
  const often = Math.ceil(requests.length * 0.4);
  // A connection tells of its flushes and scans seldom, but always when it ends; a new one reads the role's settings.
  const renewConnections = async () => {
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);
    await sleep(RECONNECT_MS);
  };
  if (closely) {
    await admin.query(`alter role ${role} set enable_seqscan = off`);
    await renewConnections();
  }
  const before = await countersOf(admin);
  await admin.query('select pg_stat_statements_reset()');
  const alone: number[] = [];
  for (const request of requests) {
    const sent = performance.now();
    const { status, body } = await send(servers[variant], request);
    alone.push(performance.now() - sent);
    if (!flow.expected(status, body)) throw new Error(`${flow.name} answered ${status}: ${body}`);
  }
  const { rows } = await admin.query<{ calls: string }>(STATEMENTS, [role, often]);
  const perRequest = round(rows.reduce((sum, { calls }) => sum + Number(calls), 0) / requests.length);
  if (!closely) return { perRequest, alone };

  await admin.query(`alter role ${role} reset enable_seqscan`);
  await renewConnections();
  const after = await countersOf(admin);
  return {
    perRequest,
    alone,
    closer: {
      waitingCommits:
        before.flushes === undefined || after.flushes === undefined
          ? undefined
          : round((after.flushes - before.flushes) / requests.length),
      scanned: [...after.scans]
        .filter(([table, count]) => count - (before.scans.get(table) ?? 0) >= often)
        .map(([table]) => table),
    },
  };
}

async function countersOf(admin: pg.Client): Promise<{ flushes: number | undefined; scans: Map<string, number> }> {
  const flushes = await admin.query<{ flushes: string | null }>(FLUSHES).catch(() => undefined);
  const scans = await admin.query<{ relname: string; seq_scan: string }>(SCANS);
  return {
    flushes: flushes?.rows[0]?.flushes == null ? undefined : Number(flushes.rows[0].flushes),
    scans: new Map(scans.rows.map(({ relname, seq_scan }) => [relname, Number(seq_scan)])),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

const STATEMENTS = `
  select calls from pg_stat_statements
  where userid = $1::regrole and calls >= $2 and query !~* '^\\s*(begin|commit|rollback|set )'`;

// Since PostgreSQL 18. One request at a time, so no commit rides on another's flush.
const FLUSHES = `select sum(fsyncs) as flushes from pg_stat_io where object = 'wal' and backend_type = 'client backend'`;

const SCANS = 'select relname, coalesce(seq_scan, 0) as seq_scan from pg_stat_user_tables';
