import type { Knex } from 'knex';

/**
 * Who administered once, whatever took it from them: an administrator who is alone now, and was not always, makes nobody
 * another one by themselves. Otherwise who lets the others go would be both of the two that so much takes.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table people add column administered_before boolean not null default false;
    -- Somebody who was only added, and never came in, was not there to be asked.
    create function note_administrator() returns trigger language plpgsql as $$
      begin
        if exists (select from credentials c where c.organization = old.organization and c.person = old.id
                   and (c.kind <> 'upstream' or c.signs_in))
        then new.administered_before := true; end if;
        return new;
      end $$;
    create trigger people_administered before update of roles, status on people for each row
      when (old.status = 'active' and 'admin' = any(old.roles) and not (new.status = 'active' and 'admin' = any(new.roles)))
      execute function note_administrator();
  `);
}
