import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/**
 * A stop that stands: what it names gets nothing until somebody resumes it on purpose. It hangs on the epochs that every
 * question about liveness looks at already, so holding costs no look-up of its own and touches no token.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(STOPS);
  await db.raw(LIVENESS);
}

const STOPS = `
  create table stops (
    organization    text not null references organizations,
    id              text not null unique check (id ~ '^stp_[a-z0-9]+$'),
    kind            text not null check (kind in ('agent', 'pair', 'owner', 'resource', 'organization')),
    subject         text not null,
    -- Resumed by two people, neither of whom alone can.
    security        boolean not null,
    reason          text not null,
    stopped_by      text not null,
    stopped_at      timestamptz not null default clock_timestamp(),
    resume_asked_by text,
    resume_asked_at timestamptz,
    resumed_by      text,
    resumed_at      timestamptz,
    primary key (organization, id),
    check ((resume_asked_by is null) = (resume_asked_at is null)),
    check ((resumed_by is null) = (resumed_at is null)),
    -- The last line against one person who resumes alone what was stopped for security.
    check (not security or resumed_by is null or (resume_asked_by is not null and resume_asked_by <> resumed_by))
  );
  create index stops_standing on stops (organization, stopped_at) where resumed_at is null;
  ${customerTable('stops', 'select, insert, update')}
  -- The standing stops behind an epoch: one agent may be stopped for itself and with its owner, and resumes with the last.
  alter table stop_epochs add column held_by text[] not null default '{}';
`;

// What holds, holds agents: people sign in to resume, and an application signs people in. A resource is held for all.
const LIVENESS = `
  create or replace function why_not_alive(org text, keys text[], acting text[], who text, what text, since timestamptz)
  returns text language sql stable as $$
    select case
      when exists (
        select from unnest(acting) as a(id) left join agents g on g.organization = org and g.id = a.id
        where g.status is distinct from 'active' or g.expires_at <= clock_timestamp()) then 'agent_not_active'
      when who is not null and not exists (
        select from people p where p.organization = org and p.id = who and p.status = 'active') then 'person_not_active'
      when what is not null and not exists (
        select from tasks t where t.organization = org and t.id = what and t.expires_at > clock_timestamp()) then 'task_ended'
      when exists (
        select from stop_epochs s where s.organization = org and s.key = any(keys)
          and (s.at >= since or (s.held_by <> '{}' and (cardinality(acting) > 0 or s.key like 'resource:%')))) then 'stopped'
      -- While it is paused, nothing that began later either: a parent's hand-off to it, for example.
      when who is not null and exists (
        select from pauses p where p.organization = org and p.agent = any(acting) and p.person = who) then 'stopped'
    end $$;
`;
