import type { Knex } from 'knex';

/** Passkeys: how a person proves that it is they who approve, and what they approve. */
export async function up(db: Knex): Promise<void> {
  await db.raw(PASSKEYS);
}

const PASSKEYS = `
  -- What a passkey is, beside its credential; the credential's identifier is the one that the authenticator knows.
  create table passkeys (
    organization     text not null,
    id               text not null,
    person           text not null,
    name             text not null check (length(name) between 1 and 60),
    -- COSE (RFC 9052).
    public_key       bytea not null,
    counter          bigint not null check (counter >= 0),
    transports       text[] not null default '{}',
    -- It never leaves its device: what an organization may insist on.
    device_bound     boolean not null,
    backed_up        boolean not null,
    created_at       timestamptz not null default clock_timestamp(),
    last_used_at     timestamptz,
    -- Until then it approves nothing of high impact: whoever took over a session would be faster than the person.
    may_approve_from timestamptz not null,
    -- The administrators who made a recovery, for whose own agents it approves nothing.
    barred_by        text[] not null default '{}',
    primary key (organization, id),
    foreign key (organization, id) references credentials (organization, id) on delete cascade,
    foreign key (organization, person) references people (organization, id)
  );
  create index passkeys_person on passkeys (organization, person);
  alter table passkeys enable row level security;
  alter table passkeys force row level security;
  create policy one_organization on passkeys to countersign_pages
    using (organization = current_organization()) with check (organization = current_organization());
  -- Pages show them and note their use; they make none.
  grant select, update (counter, backed_up, last_used_at) on passkeys to countersign_pages;
  do $$ begin execute format('create policy protocol_path on passkeys to %I using (true) with check (true)', current_user); end $$;
`;
