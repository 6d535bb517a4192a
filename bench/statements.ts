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

/**
 * How PostgreSQL would run what the product asked since the counters were reset: for each statement, the index of each
 * table it reads. Without reading a table from end to end, as it would for one that is small today, and without the days
 * of which there is no token: any of their indexes is as good as another.
 */
export async function plansOf(admin: pg.Client, role: string, often: number): Promise<Map<string, string>> {
  const { rows } = await admin.query<{ query: string }>(TEXTS, [role, often]);
  const plans = new Map<string, string>();
  await admin.query('analyze issued_tokens');
  const days = await admin.query<{ relname: string }>(EMPTY_DAYS);
  const empty = new Set(days.rows.map(({ relname }) => relname));
  await admin.query('begin');
  await admin.query('set local enable_seqscan = off');
  for (const { query } of rows) {
    await admin.query('savepoint one');
    const explained = await admin
      .query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (generic_plan, format json) ${query}`)
      .catch(() => undefined);
    await admin.query(explained ? 'release savepoint one' : 'rollback to savepoint one');
    if (explained) plans.set(query, [...readsIn(explained.rows[0]?.['QUERY PLAN'][0].Plan, empty)].join(', '));
  }
  await admin.query('rollback');
  return plans;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: PlanNode[];
}

function* readsIn(node: PlanNode | undefined, empty: ReadonlySet<string>): Generator<string> {
  if (!node || empty.has(node['Relation Name'] ?? '')) return;
  const at = node['Index Name'] ?? (/Scan$/.test(node['Node Type']) ? node['Relation Name'] : undefined);
  if (at !== undefined) yield `${node['Node Type']} ${at}`;
  for (const inner of node.Plans ?? []) yield* readsIn(inner, empty);
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

const TEXTS = `
  select query from pg_stat_statements s join pg_database d on d.oid = s.dbid and d.datname = current_database()
  where userid = $1::regrole and calls >= $2 and query ~* '^\\s*(with|select|insert|update|delete)' order by query`;

const EMPTY_DAYS = `select relname from pg_class where relkind = 'r' and relname ~ '^issued_tokens_' and reltuples < 1`;

// Since PostgreSQL 18. One request at a time, so no commit rides on another's flush.
const FLUSHES = `select sum(fsyncs) as flushes from pg_stat_io where object = 'wal' and backend_type = 'client backend'`;

const SCANS = 'select relname, coalesce(seq_scan, 0) as seq_scan from pg_stat_user_tables';
