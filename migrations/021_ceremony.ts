import type { Knex } from 'knex';

/** What a decision of high impact takes: it is made, then signed, and for critical impact by two people. */
export async function up(db: Knex): Promise<void> {
  await db.raw(CEREMONY);
}

const CEREMONY = `
  alter table approvals
    -- How many people have to approve, the person that it is about among them.
    add column quorum      int not null default 1 check (quorum between 1 and 2),
    add column value_tries int not null default 0;
  create index approvals_second on approvals (organization, expires_at) where status = 'pending' and quorum > 1;

  -- A person's decision as it was computed from their choices: pending until they signed its hash, and then a record.
  create table decisions (
    organization text not null,
    approval     text not null,
    person       text not null,
    hash         text not null unique,
    decided      jsonb not null,
    made_at      timestamptz not null default clock_timestamp(),
    expires_at   timestamptz not null,
    signed_at    timestamptz,
    -- What was signed and with which key, so that anybody can verify it again.
    proof        jsonb,
    primary key (organization, approval, person),
    foreign key (organization, approval) references approvals (organization, id),
    foreign key (organization, person) references people (organization, id),
    check ((signed_at is null) = (proof is null))
  );
  create function keep_signed() returns trigger language plpgsql as $$
    begin
      if old.signed_at is not null then raise exception 'a signed decision is a record'; end if;
      return new;
    end $$;
  create trigger decisions_signed before update or delete on decisions for each row execute function keep_signed();
  alter table decisions enable row level security;
  alter table decisions force row level security;
  create policy one_organization on decisions to countersign_pages
    using (organization = current_organization()) with check (organization = current_organization());
  grant select, insert, update on decisions to countersign_pages;
  do $$ begin execute format('create policy protocol_path on decisions to %I using (true) with check (true)', current_user); end $$;

  -- False where an API only validates tokens: no use is counted there, and nothing of high impact given.
  alter table resources add column redeems boolean not null default true;

  -- The last line: whatever a page forgets, no task of high impact begins by a click, and none of critical by one person.
  create function only_proven() returns trigger language plpgsql as $$
    declare signed int;
    begin
      select count(*) into signed from decisions d
      where d.organization = new.organization and d.approval = new.approval and d.signed_at is not null;
      if signed < (case new.impact when 'critical' then 2 else 1 end) or not exists (
        select from decisions d
        where d.organization = new.organization and d.approval = new.approval and d.hash = new.decision_hash
          and d.signed_at is not null)
      then raise exception 'tasks_are_proven: % impact is not signed for', new.impact; end if;
      return new;
    end $$;
  create trigger tasks_are_proven before insert on tasks for each row
    when (new.impact in ('high', 'critical')) execute function only_proven();
`;
