import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** Policies as one document of ordered rules, in versions that are records. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    drop table policies;
    create table policies (
      organization text not null references organizations,
      version      int  not null check (version > 0),
      -- Stands as approver in decisions that were made by it.
      id           text not null unique check (id ~ '^pol_[a-z0-9_]+$'),
      document     jsonb not null,
      yaml         text not null,
      made_by      text not null,
      -- Who let it weaken: somebody else.
      confirmed_by text check (confirmed_by <> made_by),
      published_at timestamptz not null default clock_timestamp(),
      primary key (organization, version)
    );
    create trigger policies_immutable before update or delete on policies for each row execute function refuse_change();
    create trigger policies_kept before truncate on policies execute function refuse_change();
    ${customerTable('policies', 'select, insert')}
    -- One that waits for somebody else than whoever wrote it.
    create table policy_drafts (
      organization text primary key references organizations,
      yaml         text not null check (length(yaml) <= 200000),
      proposed     boolean not null,
      saved_by     text not null,
      saved_at     timestamptz not null default clock_timestamp()
    );
    ${customerTable('policy_drafts', 'select, insert, update, delete')}
  `);
}
