import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/**
 * The life of an agent, held by the database: no step that is not one of `MOVES` (server/agents/lifecycle.ts), no agent
 * that acts before it is complete and accepted, and no change without a record of who made it.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(ACCOUNTABILITY);
  await db.raw(LACKS);
  await db.raw(GUARDS);
  await db.raw(USE);
}

const ACCOUNTABILITY = `
  alter table agents
    add column owner_accepted_at  timestamptz,
    add column deputy_accepted_at timestamptz,
    -- Registered on terms that accept whatever it asks for, because each of it is asked of a person.
    add column any_action    boolean not null default false,
    add column origin        text not null default 'token' check (origin in ('token', 'document', 'admin')),
    add column suspended_by  text check (suspended_by in ('owner', 'deputy', 'admin', 'operator', 'job')),
    add column review_at     timestamptz not null default clock_timestamp() + interval '90 days',
    -- Since when nobody who can sign in answers for it.
    add column unowned_since timestamptz,
    -- What it may not go beyond, whatever it registers (server/agents/limits.ts).
    add column limits        jsonb not null default '{}',
    -- Whoever is to stand in for the owner cannot be the owner.
    add constraint owner_and_deputy check (owner <> deputy);
  update agents set owner_accepted_at = created_at, deputy_accepted_at = created_at, any_action = true where status <> 'pending';
  create index agents_review on agents (review_at) where status = 'active';
  create index agents_expiry on agents (expires_at) where status in ('pending', 'active', 'suspended');

  -- When the last of its keys ends, where each of them says when it does.
  alter table clients add column keys_end_at timestamptz;

  alter table agent_changes
    -- 'status', 'owner', 'deputy', 'review', 'registration', …
    add column change   text not null default 'status' check (length(change) between 1 and 40),
    add column role     text,
    add column detail   jsonb not null default '{}',
    -- The event that says the same to an auditor.
    add column evidence text;

  -- Somebody is asked to answer for an agent; nobody owns what they did not accept.
  create table ownership_offers (
    organization text not null,
    id           text not null unique check (id ~ '^off_[a-z0-9]+$'),
    agent        text not null,
    role         text not null check (role in ('owner', 'deputy')),
    person       text not null,
    made_by      text not null,
    made_at      timestamptz not null default clock_timestamp(),
    answered_at  timestamptz,
    answer       text check (answer in ('accepted', 'declined', 'withdrawn')),
    primary key (organization, id),
    foreign key (organization, agent) references agents (organization, id),
    foreign key (organization, person) references people (organization, id),
    check ((answered_at is null) = (answer is null))
  );
  create unique index ownership_offers_open on ownership_offers (organization, agent, role) where answer is null;
  create index ownership_offers_person on ownership_offers (organization, person) where answer is null;
  ${customerTable('ownership_offers', 'select, insert, update')}
`;

/** What an agent lacks to act, in the words of `REQUIREMENTS`. The only place where it is computed. */
const LACKS = `
  create function agent_lacks(org text, what text) returns text[] language sql stable as $$
    select array_remove(array[
      case when a.purpose is null then 'purpose' end,
      case when a.owner_accepted_at is null or o.status <> 'active' then 'owner' end,
      case when a.deputy_accepted_at is null or d.status <> 'active' then 'deputy' end,
      case when not exists (
        select from clients c where c.organization = a.organization and c.agent = a.id
          and (c.metadata -> 'jwks' is not null or c.metadata -> 'jwks_uri' is not null
               -- Vouched for by an authority; or public, which always meets a person and never does much.
               or c.metadata ->> 'token_endpoint_auth_method' in ('tls_client_auth', 'none'))) then 'key' end,
      case when not a.any_action and a.own_actions = '{}' and not exists (
        select from clients c where c.organization = a.organization and c.agent = a.id
          and (jsonb_array_length(coalesce(c.metadata -> 'authorization_details_types', '[]')) > 0
               or c.metadata ->> 'scope' <> '')) then 'action' end,
      case when a.expires_at <= clock_timestamp() then 'time' end], null)
    from agents a
    join people o on o.organization = a.organization and o.id = a.owner
    join people d on d.organization = a.organization and d.id = a.deputy
    where a.organization = org and a.id = what
  $$;
`;

const GUARDS = `
  create function check_agent_move() returns trigger language plpgsql as $$
    begin
      if (old.status, new.status) not in (
        ('pending', 'active'), ('active', 'suspended'), ('suspended', 'active'),
        ('pending', 'retired'), ('active', 'retired'), ('suspended', 'retired'), ('expired', 'retired'),
        ('pending', 'expired'), ('active', 'expired'), ('suspended', 'expired')) then
        raise exception 'an agent that is % does not become %', old.status, new.status using errcode = 'check_violation';
      end if;
      if new.status = 'expired' and (new.expires_at is null or new.expires_at > clock_timestamp()) then
        raise exception 'an agent expires by date alone' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
  create trigger agents_moves before update of status on agents
    for each row when (old.status is distinct from new.status) execute function check_agent_move();

  -- Whoever changes a status is recorded, through whatever statement they did it; ours say who they act for.
  create function record_agent_move() returns trigger language plpgsql as $$
    declare said jsonb := nullif(current_setting('countersign.change', true), '')::jsonb;
    begin
      insert into agent_changes (organization, agent, from_status, to_status, by, role, reason, evidence)
      values (new.organization, new.id, old.status, new.status, coalesce(said ->> 'by', 'database user ' || session_user),
              said ->> 'role', said ->> 'reason', said ->> 'evidence');
      return null;
    end $$;
  create trigger agents_moved after update of status on agents
    for each row when (old.status is distinct from new.status) execute function record_agent_move();

  -- At the end of the transaction, because an agent is there before its client is.
  create function check_agent_complete() returns trigger language plpgsql as $$
    declare lacks text[];
    begin
      select agent_lacks(a.organization, a.id) into lacks from agents a
      where a.organization = new.organization and a.id = new.id and a.status = 'active';
      if cardinality(lacks) > 0 then
        raise exception 'agent % may not become active without %', new.id, array_to_string(lacks, ', ') using errcode = 'check_violation';
      end if;
      return null;
    end $$;
  create constraint trigger agents_begin_complete after insert on agents deferrable initially deferred
    for each row when (new.status = 'active') execute function check_agent_complete();
  create constraint trigger agents_become_complete after update of status on agents deferrable initially deferred
    for each row when (old.status is distinct from new.status and new.status = 'active') execute function check_agent_complete();
`;

/** When an agent used an action last, for longer than issued tokens are kept. A job adds it up (adapters/postgres/agent-jobs.ts). */
const USE = `
  create table agent_use (
    organization text not null,
    agent        text not null,
    action       text not null,
    used_at      timestamptz not null,
    primary key (organization, agent, action),
    foreign key (organization, agent) references agents (organization, id)
  );
  ${customerTable('agent_use', 'select')}
`;
