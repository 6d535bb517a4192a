import type { Database, Statements } from './database.ts';

/** Rows per statement: small, so that no request waits behind a clean-up. */
const BATCH = 500;

/**
 * Removes what has expired, in small batches that skip locked rows; several instances may do it at once, and it may
 * be killed at any point. Answers how many rows went.
 */
export async function cleanUp(database: Database): Promise<number> {
  let removed = 0;
  for (const statement of EXPIRED) {
    for (;;) {
      const changed = await database.run(statement, [BATCH]);
      removed += changed;
      if (changed < BATCH) break;
    }
  }
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead++)
    await withoutWaiting(database, (statements) => addPartition(statements, ahead));
  return removed;
}

/** Days of issued tokens that are kept: a token lives minutes, its lineage matters as long as its task (a day at most). */
const DAYS_KEPT = 7;

const EXPIRED = [
  // An expired artefact is kept an hour, so that its owner is told "expired" and not "unknown".
  `delete from engine_artefacts where (id_hash, model) in (
     select id_hash, model from engine_artefacts where expires_at < now() - interval '1 hour' order by expires_at limit $1 for update skip locked)`,
  `delete from replays where key in (
     select key from replays where expires_at < now() - interval '1 minute' order by expires_at limit $1 for update skip locked)`,
  `delete from sessions where id_hash in (
     select id_hash from sessions where expires_at < now() order by expires_at limit $1 for update skip locked)`,
  `delete from enrolments where token_hash in (
     select token_hash from enrolments where expires_at < now() - interval '1 day' order by expires_at limit $1 for update skip locked)`,
  // What was decided and never signed; what was signed is a record.
  `delete from decisions where (organization, approval, person) in (
     select organization, approval, person from decisions
     where signed_at is null and expires_at < now() - interval '1 hour' order by expires_at limit $1 for update skip locked)`,
  `delete from sign_ins_under_way where state_hash in (
     select state_hash from sign_ins_under_way where expires_at < now() order by expires_at limit $1 for update skip locked)`,
  // What was shown and never decided is evidence of nothing.
  `delete from screens where (organization, id) in (
     select organization, id from screens where shown_at < now() - interval '2 days' order by shown_at limit $1 for update skip locked)`,
  `delete from idempotent_requests where (caller, key_hash) in (
     select caller, key_hash from idempotent_requests where at < now() - interval '1 day' order by at limit $1 for update skip locked)`,
  `delete from agent_drafts where (organization, id) in (
     select organization, id from agent_drafts where saved_at < now() - interval '30 days' order by saved_at limit $1 for update skip locked)`,
  `delete from signals where id in (
     select id from signals where at < now() - interval '1 minute' order by at limit $1 for update skip locked)`,
  `delete from issued_tokens_rest where (issued_at, jti) in (
     select issued_at, jti from issued_tokens_rest
     where issued_at < now() - interval '${DAYS_KEPT} days' order by issued_at limit $1 for update skip locked)`,
  // A dead letter is kept longer: somebody may mend the endpoint and send it again.
  `delete from outbox where (organization, id) in (
     select organization, id from outbox
     where state <> 'waiting' and finished_at < now() - case state when 'done' then interval '1 day' else interval '30 days' end
     order by finished_at limit $1 for update skip locked)`,
  `delete from notifications where (organization, approval, channel) in (
     select organization, approval, channel from notifications where at < now() - interval '30 days' limit $1 for update skip locked)`,
  `delete from push_subscriptions where (organization, id) in (
     select organization, id from push_subscriptions where gone_at < now() - interval '90 days' limit $1 for update skip locked)`,
  `delete from rate_limits where key in (
     select key from rate_limits where expire < extract(epoch from now()) * 1000 limit $1 for update skip locked)`,
];

/** Days ahead that have a partition of their own; the default partition holds whatever has none. */
const DAYS_AHEAD = 3;

/** One partition of issued tokens per day, so that old days are dropped whole. */
async function addPartition(statements: Statements, ahead: number): Promise<void> {
  const [day, next] = [dayFromNow(ahead), dayFromNow(ahead + 1)];
  const name = `issued_tokens_${day.replaceAll('-', '')}`;
  const there = await statements.first<{ name: string | null }>('select to_regclass($1) as name', [name]);
  if (there?.name != null) return;
  // Today's, in a database that is new today. Afterwards tokens of today lie in the default partition, and stay there.
  const range = [`${day} 00:00:00+00`, `${next} 00:00:00+00`] as const;
  const late = await statements.first(
    'select from issued_tokens_rest where issued_at >= $1 and issued_at < $2 limit 1',
    range,
  );
  if (late) return;
  await statements.run(
    `create table ${name} partition of issued_tokens for values from ('${range[0]}') to ('${range[1]}')`,
  );
}

/** Drops whole days; run now and then. Answers the names of what went. */
export async function dropOldPartitions(database: Database): Promise<string[]> {
  const oldest = dayFromNow(-DAYS_KEPT).replaceAll('-', '');
  const rows = await database.rows<{ relname: string }>(
    `select relname from pg_class where relkind = 'r' and relname ~ '^issued_tokens_[0-9]{8}$' and relname < $1 order by relname`,
    [`issued_tokens_${oldest}`],
  );
  const dropped: string[] = [];
  for (const { relname } of rows) {
    const done = await withoutWaiting(database, (statements) => statements.run(`drop table if exists ${relname}`));
    if (done) dropped.push(relname);
  }
  return dropped;
}

const dayFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/**
 * Adding and dropping a partition locks the table that every token is issued into. One instance does it, and rather
 * leaves it for the next time than to let issuance queue up behind it. False: not done.
 */
async function withoutWaiting(
  database: Database,
  work: (statements: Statements) => Promise<unknown>,
): Promise<boolean> {
  try {
    return await database.transaction(async (statements) => {
      await statements.run(`set local lock_timeout = '500ms'`);
      const mine = await statements.first<{ locked: boolean }>(
        `select pg_try_advisory_xact_lock(hashtext('countersign partitions')) as locked`,
      );
      if (mine?.locked) await work(statements);
      return mine?.locked ?? false;
    });
  } catch (error) {
    if (NOT_NOW.has((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}

const NOT_NOW = new Set(['55P03', '23514']); // lock not available; a token of that day was issued in between
