import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** How much people are asked: what limits it, and what a person took back. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Without a row, or a member of it, what the server says.
    create table prompt_limits (
      organization text primary key references organizations,
      limits       jsonb not null,
      changed_by   text not null,
      changed_at   timestamptz not null default clock_timestamp()
    );
    ${customerTable('prompt_limits', 'select, insert, update')}
    -- Denials and unanswered questions before this instant mute nobody any more.
    create table unmutes (
      organization text not null,
      agent        text not null,
      person       text not null,
      at           timestamptz not null default clock_timestamp(),
      primary key (organization, agent, person),
      foreign key (organization, agent) references agents (organization, id),
      foreign key (organization, person) references people (organization, id)
    );
    ${customerTable('unmutes', 'select, insert, update')}
    -- Nobody was asked: a live task covered it, or a policy decided.
    alter table approvals add column silent boolean not null default false;
    create index approvals_pair on approvals (organization, person, agent, asked_at);
    create index approvals_asked on approvals (organization, asked_at);
    create index approvals_agent_waiting on approvals (organization, agent, expires_at) where status = 'pending';
  `);
}
