import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** Clients that name themselves by a metadata document (draft-ietf-oauth-client-id-metadata-document). */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- As fetched: public, and nobody's. Only good ones.
    create table metadata_documents (
      url         text primary key check (length(url) <= 300),
      metadata    jsonb not null,
      hash        text not null,
      fetched_at  timestamptz not null default clock_timestamp(),
      fresh_until timestamptz not null
    );
    create table document_policies (
      organization text not null references organizations,
      -- A host or a domain above it; * for all that no other names.
      domain       text not null check (domain = '*' or domain ~ '^[a-z0-9.-]{1,253}$'),
      verdict      text not null check (verdict in ('allow', 'ask', 'deny')),
      owner        text,
      deputy       text,
      limits       jsonb not null default '{}',
      made_by      text not null,
      made_at      timestamptz not null default clock_timestamp(),
      primary key (organization, domain),
      foreign key (organization, owner) references people (organization, id),
      foreign key (organization, deputy) references people (organization, id),
      -- Somebody answers for what is allowed.
      check (verdict <> 'allow' or (owner is not null and deputy is not null and owner <> deputy))
    );
    ${customerTable('document_policies', 'select, insert, update, delete')}
    -- People wanted to use these, and nobody allowed them yet.
    create table document_requests (
      organization text not null references organizations,
      url          text not null,
      person       text not null,
      times        int not null default 1,
      asked_at     timestamptz not null default clock_timestamp(),
      primary key (organization, url),
      foreign key (organization, person) references people (organization, id)
    );
    ${customerTable('document_requests', 'select, delete')}
    alter table clients
      add column document_url      text,
      -- Of the document that was approved.
      add column document_hash     text,
      add column document_verified boolean not null default false,
      add check ((document_url is null) = (document_hash is null));
    create unique index clients_document on clients (organization, document_url) where document_url is not null;
  `);
}
