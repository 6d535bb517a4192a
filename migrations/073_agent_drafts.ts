import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** An agent that somebody is about to register in the console, step by step. It holds no key but public ones. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table agent_drafts (
      organization text not null references organizations,
      id           text not null unique check (id ~ '^drf_[a-z0-9]+$'),
      made_by      text not null,
      fields       jsonb not null default '{}' check (pg_column_size(fields) < 20000),
      saved_at     timestamptz not null default clock_timestamp(),
      primary key (organization, id)
    );
    create index agent_drafts_saved_at on agent_drafts (saved_at);
    ${customerTable('agent_drafts', 'select, insert, update, delete')}
  `);
}
