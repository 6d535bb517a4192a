import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { cleanUp, dropOldPartitions } from '../../adapters/postgres/cleanup.ts';
import { Database } from '../../adapters/postgres/database.ts';
import { useDatabase } from '../support/database.ts';

let database: Database;
let other: pg.Client;
// Before the database goes.
afterAll(async () => {
  await other?.end();
  await database?.close();
});
const { url } = useDatabase();
beforeAll(async () => {
  database = new Database({ url });
  other = new pg.Client({ connectionString: url });
  await other.connect();
});
afterEach(() => other.query('truncate engine_artefacts, replays, signals, rate_limits'));

const addArtefacts = (count: number, model: string, expires: string) =>
  other.query(
    `insert into engine_artefacts (id_hash, model, payload, expires_at)
     select sha256(($2 || n)::bytea), $2, '{}', now() + $3::interval from generate_series(1, $1) n`,
    [count, model, expires],
  );
const countOf = async (what: string): Promise<number> =>
  Number((await other.query(`select count(*) from ${what}`)).rows[0].count);

test('what has expired goes, in batches; what has not, and what expired less than an hour ago, stays', async () => {
  await addArtefacts(1201, 'old', '-2 hours');
  await addArtefacts(7, 'just expired', '-10 minutes');
  await addArtefacts(7, 'live', '10 minutes');
  await other.query(`insert into engine_artefacts (id_hash, model, payload) select sha256('x'), 'without end', '{}'`);
  await other.query(
    `insert into replays (key, expires_at)
     select sha256(n::text::bytea), now() + case when n % 2 = 0 then interval '1 minute' else interval '-2 minutes' end from generate_series(1, 10) n`,
  );
  await other.query(
    `insert into signals (topic, value, at) values ('stop', 'old', now() - interval '2 minutes'), ('stop', 'new', now())`,
  );
  expect(await cleanUp(database)).toBe(1201 + 5 + 1);
  const { rows } = await other.query('select model, count(*)::int from engine_artefacts group by model order by model');
  expect(rows).toEqual([
    { model: 'just expired', count: 7 },
    { model: 'live', count: 7 },
    { model: 'without end', count: 1 },
  ]);
  expect(await countOf('replays')).toBe(5);
  expect(await countOf('signals')).toBe(1);
});

test('two instances that clean up at once share the work, and neither waits or fails', async () => {
  await addArtefacts(4000, 'old', '-2 hours');
  const second = new Database({ url });
  const removed = await Promise.all([cleanUp(database), cleanUp(second)]);
  await second.close();
  expect(removed[0] + removed[1]).toBe(4000);
  expect(await countOf('engine_artefacts')).toBe(0);
});

test('a row that somebody holds is left for the next time', async () => {
  await addArtefacts(3, 'old', '-2 hours');
  await other.query('begin');
  await other.query(`update engine_artefacts set consumed_at = now() where id_hash = sha256('old2')`);
  expect(await cleanUp(database)).toBe(2);
  await other.query('commit');
  expect(await cleanUp(database)).toBe(1);
});

test("each day's tokens lie in a partition of their own, which goes as a whole when it is old", async () => {
  await cleanUp(database);
  const today = dayName(0);
  expect(await partitions()).toEqual([...[0, 1, 2, 3].map(dayName), 'issued_tokens_rest']);

  await addToken('now()', 'jti_today');
  await other.query(
    `create table issued_tokens_20260101 partition of issued_tokens for values from ('2026-01-01 00:00+00') to ('2026-01-02 00:00+00')`,
  );
  await addToken(`'2026-01-01 12:00+00'`, 'jti_january');
  const { rows } = await other.query(
    'select tableoid::regclass::text as partition, jti from issued_tokens order by jti',
  );
  expect(rows).toEqual([
    { partition: 'issued_tokens_20260101', jti: 'jti_january' },
    { partition: today, jti: 'jti_today' },
  ]);

  expect(await dropOldPartitions(database)).toEqual(['issued_tokens_20260101']);
  expect((await other.query('select jti from issued_tokens')).rows).toEqual([{ jti: 'jti_today' }]);
  expect(await dropOldPartitions(database)).toEqual([]);
});

test('a token without a partition of its day lies in the rest, and is removed from there when it is old', async () => {
  await addToken(`'2026-02-01 12:00+00'`, 'jti_february');
  await addToken(`now() - interval '6 days'`, 'jti_last_week');
  expect(await countOf('issued_tokens_rest')).toBe(2);
  await cleanUp(database);
  expect((await other.query('select jti from issued_tokens_rest')).rows).toEqual([{ jti: 'jti_last_week' }]);
});

test('a partition waits for the next time rather than making every issuance wait behind it', async () => {
  const tomorrow = dayName(1);
  await other.query(`drop table ${tomorrow}`);
  const long = new pg.Client({ connectionString: url });
  await long.connect();
  try {
    await long.query('begin');
    await long.query('select count(*) from issued_tokens'); // somebody reads for a long time
    await cleanUp(database);
    expect(await partitions()).not.toContain(tomorrow);
    await long.query('rollback');
  } finally {
    await long.end();
  }
  await cleanUp(database);
  expect(await partitions()).toContain(tomorrow);
});

const dayName = (ahead: number): string =>
  `issued_tokens_${new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}`;

async function partitions(): Promise<string[]> {
  const { rows } = await other.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'issued_tokens'::regclass order by name`,
  );
  return rows.map(({ name }) => name);
}

const addToken = (at: string, jti: string) =>
  other.query(
    `insert into issued_tokens (organization, issued_at, jti, kind, client_id, agents, subject, lineage, resource, scopes, actions,
                                depth, txn, authentication, since, expires_at)
     values ('org_deployment', ${at}, $1, 'own', 'cli_x', '{}', 'cli_x', '{}', 'https://x', '{}', '[]', 0, 'txn', '{}', now(), now())`,
    [jti],
  );
