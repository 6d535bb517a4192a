import type { Knex } from 'knex';

/** When somebody lost every passkey: two administrators end them, and what is added then is held back. */
export async function up(db: Knex): Promise<void> {
  await db.raw(RECOVERY);
}

const RECOVERY = `
  create table passkey_recoveries (
    organization text not null,
    id           text not null,
    person       text not null,
    reason       text not null check (length(reason) between 1 and 200),
    asked_by     text not null,
    asked_at     timestamptz not null default clock_timestamp(),
    -- Until another administrator confirms it nothing happens; after this, nothing any more.
    expires_at   timestamptz not null default clock_timestamp() + interval '1 day',
    confirmed_by text,
    confirmed_at timestamptz,
    primary key (organization, id),
    foreign key (organization, person) references people (organization, id),
    foreign key (organization, asked_by) references people (organization, id),
    foreign key (organization, confirmed_by) references people (organization, id),
    check ((confirmed_by is null) = (confirmed_at is null)),
    -- Two, and neither of them the one it is about.
    check (confirmed_by <> asked_by),
    check (person <> asked_by and person is distinct from confirmed_by)
  );
  create index passkey_recoveries_person on passkey_recoveries (organization, person, asked_at);
  create function keep_confirmed() returns trigger language plpgsql as $$
    begin
      if old.confirmed_at is not null then raise exception 'a confirmed recovery is a record'; end if;
      return new;
    end $$;
  create trigger passkey_recoveries_confirmed before update or delete on passkey_recoveries
    for each row execute function keep_confirmed();
  alter table passkey_recoveries enable row level security;
  alter table passkey_recoveries force row level security;
  create policy one_organization on passkey_recoveries to countersign_pages
    using (organization = current_organization()) with check (organization = current_organization());
  grant select, insert on passkey_recoveries to countersign_pages;
  do $$ begin execute format('create policy protocol_path on passkey_recoveries to %I using (true) with check (true)', current_user); end $$;
`;
