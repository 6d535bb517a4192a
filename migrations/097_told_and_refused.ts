import type { Knex } from 'knex';

/** A recovery that somebody called off, and people who want a receipt of what they allowed. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table passkey_recoveries
      -- By the person that it is about, who refuses it, or by an administrator.
      add column ended_by text,
      add column ended_at timestamptz,
      add foreign key (organization, ended_by) references people (organization, id),
      add check ((ended_by is null) = (ended_at is null)),
      add check (ended_at is null or confirmed_at is null);
    create or replace function keep_confirmed() returns trigger language plpgsql as $$
      begin
        if old.confirmed_at is not null then raise exception 'a confirmed recovery is a record'; end if;
        if old.ended_at is not null then raise exception 'a recovery that was called off is a record'; end if;
        return new;
      end $$;
    alter table notification_preferences add column receipts boolean not null default false;
  `);
}
