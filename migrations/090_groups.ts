import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** People who decide together, where a policy says so. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table groups (
      organization text not null references organizations,
      id           text not null check (id ~ '^grp_[a-z0-9]+$'),
      name         text not null check (length(name) between 1 and 80 and name !~ '^grp_'),
      made_by      text not null,
      made_at      timestamptz not null default clock_timestamp(),
      primary key (organization, id)
    );
    create unique index groups_name on groups (organization, lower(name));
    ${customerTable('groups', 'select, insert, delete')}
    create table group_members (
      organization text not null,
      of_group     text not null,
      person       text not null,
      added_by     text not null,
      added_at     timestamptz not null default clock_timestamp(),
      -- Another administrator than the one who added them.
      confirmed_by text check (confirmed_by <> added_by),
      -- A member decides only what was asked after this instant. Null: still waits for that other administrator.
      counts_from  timestamptz,
      primary key (organization, of_group, person),
      foreign key (organization, of_group) references groups (organization, id) on delete cascade,
      foreign key (organization, person) references people (organization, id),
      -- One person never makes a decider alone, whatever a page forgets; the operator answers for the deployment.
      check (counts_from is null or confirmed_by is not null or added_by !~ '^usr_')
    );
    create index group_members_person on group_members (organization, person);
    ${customerTable('group_members', 'select, insert, update (confirmed_by, counts_from), delete')}
  `);
}
