import type { JobStore, Message } from '../../server/jobs/jobs.ts';
import type { Database, Statements } from './database.ts';
import { postgresEvidence } from './evidence.ts';

/**
 * Puts a message into the outbox: it is there if and only if the surrounding transaction commits, and is then done at
 * least once by the handler of its kind (`server/jobs/`), on whichever instance comes first.
 *
 * @param payload small, and with its bearer values sealed
 * @param at not before this instant
 */
export async function enqueue(
  statements: Statements,
  kind: string,
  payload: object,
  { organization, at }: { organization: string; at?: Date },
): Promise<void> {
  await statements.run(ENQUEUE, [organization, kind, JSON.stringify(payload), at ?? null]);
}

export function postgresJobs(database: Database): JobStore<Statements> {
  const known = new Set<string>();
  return {
    async claim({ kinds, busy, limit, lease, seconds }) {
      const rows = await database.rows<MessageRow>(CLAIM, [kinds, busy, limit, lease, seconds]);
      return rows.map(toMessage);
    },

    async finish({ organization, id }, lease, { state, error, event, effect }) {
      try {
        await database.transaction(async (statements) => {
          const mine = await statements.run(FINISH, [organization, id, lease, state, error ?? null]);
          if (mine === 0) throw new LeaseLost();
          await effect?.(statements);
          if (event) await postgresEvidence(statements).record(event);
        });
        return true;
      } catch (cause) {
        if (cause instanceof LeaseLost) return false;
        throw cause;
      }
    },

    async retry({ organization, id }, lease, seconds, error) {
      await database.run(RETRY, [organization, id, lease, seconds, error.slice(0, 500)]);
    },

    async claimJobs(names, lease, seconds) {
      // A job has a row before it can be due.
      if (names.some((name) => !known.has(name))) {
        await database.run('insert into jobs (name) select unnest($1::text[]) on conflict do nothing', [names]);
        for (const name of names) known.add(name);
      }
      return (await database.rows<{ name: string }>(CLAIM_JOBS, [names, lease, seconds])).map(({ name }) => name);
    },

    async renewJob(name, lease, seconds) {
      return (await database.run(RENEW_JOB, [name, lease, seconds])) === 1;
    },

    async finishJob(name, lease, nextInSeconds, error) {
      await database.run(FINISH_JOB, [name, lease, nextInSeconds, error?.slice(0, 500) ?? null]);
    },
  };
}

class LeaseLost extends Error {}

interface MessageRow {
  organization: string;
  id: string;
  kind: string;
  payload: unknown;
  attempts: number;
  created_at: Date;
}

const toMessage = ({ attempts, created_at, ...rest }: MessageRow): Message => ({
  ...rest,
  attempt: attempts,
  createdAt: created_at,
});

// A role that may only insert cannot read the id back, so the signal names the kind.
const ENQUEUE = `
  with message as (
    insert into outbox (organization, kind, payload, due_at) values ($1, $2, $3, coalesce($4, clock_timestamp()))),
  signal as (insert into signals (topic, value) values ('outbox', $2) returning id)
  select pg_notify('countersign', id || ' outbox ' || $2) from signal`;

const CLAIM = `
  with due as (
    select organization, id from outbox
    where state = 'waiting' and due_at <= clock_timestamp() and kind = any($1) and organization <> all($2)
    order by due_at limit $3 for update skip locked)
  update outbox o set lease = $4, attempts = o.attempts + 1, due_at = clock_timestamp() + make_interval(secs => $5)
  from due where o.organization = due.organization and o.id = due.id
  returning o.organization, o.id::text, o.kind, o.payload, o.attempts, o.created_at`;

const FINISH = `
  update outbox set state = $4, error = $5, finished_at = clock_timestamp(), lease = null,
                    payload = case $4 when 'done' then '{}' else payload end
  where organization = $1 and id = $2 and lease = $3 and state = 'waiting'`;

const RETRY = `
  update outbox set lease = null, due_at = clock_timestamp() + make_interval(secs => $4), error = $5
  where organization = $1 and id = $2 and lease = $3 and state = 'waiting'`;

const CLAIM_JOBS = `
  with due as (select name from jobs where name = any($1) and due_at <= clock_timestamp() for update skip locked)
  update jobs j set lease = $2, started_at = clock_timestamp(), due_at = clock_timestamp() + make_interval(secs => $3)
  from due where j.name = due.name returning j.name`;

const RENEW_JOB = `
  update jobs set due_at = clock_timestamp() + make_interval(secs => $3) where name = $1 and lease = $2`;

const FINISH_JOB = `
  update jobs set lease = null, finished_at = clock_timestamp(), error = $4,
                  due_at = clock_timestamp() + make_interval(secs => $3)
  where name = $1 and lease = $2`;
