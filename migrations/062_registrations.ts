import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** Changes of a registration that wait for its owner, and terms that say more about what is registered with them. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- What a builder asks to change of who the client is, where its answers go and how it runs. Until its owner agreed,
    -- the old is in force; a later request replaces one that waits.
    create table registration_changes (
      organization text not null references organizations,
      id           text not null unique check (id ~ '^chg_[a-z0-9]+$'),
      agent        text not null,
      client_id    text not null references clients on delete cascade,
      -- Members as they shall be; null where one shall go.
      proposed     jsonb not null,
      -- And as they were, for whoever compares.
      before       jsonb not null,
      asked_at     timestamptz not null default clock_timestamp(),
      answered_at  timestamptz,
      answered_by  text,
      answer       text check (answer in ('approved', 'declined', 'withdrawn')),
      primary key (organization, id),
      foreign key (organization, agent) references agents (organization, id),
      check ((answered_at is null) = (answer is null))
    );
    create unique index registration_changes_open on registration_changes (client_id) where answer is null;
    create index registration_changes_agent on registration_changes (organization, agent) where answer is null;
    ${customerTable('registration_changes', 'select, update')}
    grant update (metadata, keys_end_at, updated_at) on clients to countersign_pages;

    alter table initial_access_tokens
      add column limits        jsonb not null default '{}',
      add column blueprint     text,
      -- Seconds an agent lives that is registered with it.
      add column agent_seconds int check (agent_seconds > 0),
      -- The well-known client that it is for; its redirects are known (server/agents/presets.ts).
      add column preset        text,
      add foreign key (organization, blueprint) references blueprints (organization, id);
  `);
}
