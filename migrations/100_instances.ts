import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/**
 * The instances that serve, and which of them has heard of a stop. Nothing waits for this: every instance asks the
 * database each time, and refuses from the commit of the stop on. It is what whoever stopped something can watch.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table instances (
      id         text primary key check (id ~ '^ins_[a-z0-9]+$'),
      started_at timestamptz not null default clock_timestamp(),
      -- Written every few seconds while it lives.
      seen_at    timestamptz not null default clock_timestamp()
    );
    grant select on instances to countersign_pages;

    create index stops_stopped_at on stops (stopped_at) where resumed_at is null;
    create table stops_heard (
      organization text not null,
      stop         text not null,
      instance     text not null,
      at           timestamptz not null default clock_timestamp(),
      primary key (organization, stop, instance),
      foreign key (organization, stop) references stops (organization, id)
    );
    ${customerTable('stops_heard', 'select')}
  `);
}
