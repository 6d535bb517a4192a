import type { Knex } from 'knex';

/** Where an organization's people sign in elsewhere: OpenID Connect providers, and sign-ins that are under way. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table sign_in_providers (
      organization  text not null references organizations,
      id            text not null unique check (id ~ '^idp_[a-z0-9]+$'),
      name          text not null check (length(name) between 1 and 80),
      issuer        text not null check (length(issuer) between 1 and 500),
      client_id     text not null check (length(client_id) between 1 and 500),
      -- Sealed. Without one we authenticate with our own signing key (private_key_jwt).
      client_secret text,
      scopes        text[] not null default '{openid,email,profile}' check ('openid' = any(scopes)),
      -- The claim that tells its people apart for good; and where their address and name stand.
      subject_claim text not null default 'sub' check (length(subject_claim) between 1 and 80),
      email_claim   text not null default 'email' check (length(email_claim) between 1 and 80),
      name_claim    text not null default 'name' check (length(name_claim) between 1 and 80),
      -- One of these has to come back; and its authentication contexts in our words, everything else being "fed".
      required_acr  text[] not null default '{}',
      acr           jsonb not null default '{}',
      -- Whoever signs in there for the first time becomes a person here, with a verified address of our domains.
      provisions    boolean not null default false,
      -- The sign-in page offers it to everybody; without, only to those who come with the organization's name.
      listed        boolean not null default true,
      made_by       text not null,
      created_at    timestamptz not null default clock_timestamp(),
      primary key (organization, id),
      unique (organization, issuer)
    );
    create table sign_ins_under_way (
      state_hash   bytea primary key check (length(state_hash) = 32),
      organization text not null references organizations,
      provider     text not null,
      -- The browser that began it: an answer that another browser brings is a mix-up or a trap.
      browser_hash bytea not null check (length(browser_hash) = 32),
      -- Nonce and PKCE verifier, sealed under the state.
      sealed       text not null,
      return_to    text not null,
      fresh        boolean not null,
      -- Somebody who is signed in connects this identity to themselves.
      connects     text,
      started_at   timestamptz not null,
      expires_at   timestamptz not null,
      foreign key (organization, provider) references sign_in_providers (organization, id) on delete cascade
    );
    create index sign_ins_under_way_expires_at on sign_ins_under_way (expires_at);
    alter table sessions add column provider text, add column upstream_issuer text, add column upstream_subject text, add column upstream_session text;
    create index sessions_upstream on sessions (organization, upstream_issuer, upstream_subject) where upstream_issuer is not null;
    -- Whether an upstream identity signs in. One that an administrator linked begins as a name and nothing more: it
    -- signs in only while its person has no other way in, and the first use makes it theirs.
    alter table credentials add column signs_in boolean not null default false;

    alter table sign_in_providers enable row level security;
    alter table sign_in_providers force row level security;
    create policy one_organization on sign_in_providers to countersign_pages
      using (organization = current_organization()) with check (organization = current_organization());
    grant select, insert, update, delete on sign_in_providers to countersign_pages;
    grant select (signs_in) on credentials to countersign_pages;
    do $$ begin
      execute format('create policy protocol_path on sign_in_providers to %I using (true) with check (true)', current_user);
    end $$;
  `);
}
