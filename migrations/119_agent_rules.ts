import type { Knex } from 'knex';

/** How often agents are reviewed and how long one goes on without an owner is what its organization says. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table organizations
      add column review_days        int not null default 90 check (review_days between 30 and 366),
      add column unowned_grace_days int not null default 7 check (unowned_grace_days between 0 and 30);
    -- By the day that its organization says, whoever registers it.
    alter table agents alter column review_at drop default;
    create function first_review() returns trigger language plpgsql as $$
      begin
        select clock_timestamp() + make_interval(days => o.review_days) into new.review_at
        from organizations o where o.id = new.organization;
        return new;
      end $$;
    create trigger agents_first_review before insert on agents
      for each row when (new.review_at is null) execute function first_review();
  `);
}
