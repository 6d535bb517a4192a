import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** An organization says that it controls a resource, and proves it. Who is first holds the identifier, in the whole deployment. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table resource_claims (
      organization text not null references organizations,
      resource     text not null check (length(resource) <= 500),
      name         text not null check (length(name) between 1 and 80),
      -- Public: whoever can publish it there controls it.
      challenge    text not null,
      made_by      text not null,
      made_at      timestamptz not null default clock_timestamp(),
      expires_at   timestamptz not null,
      proven_at    timestamptz,
      -- How: the document, or the DNS record.
      proven_by    text check (proven_by in ('document', 'dns')),
      primary key (organization, resource),
      check ((proven_at is null) = (proven_by is null))
    );
    ${customerTable('resource_claims', 'select, insert, update')}
    grant insert (resource, organization, name) on resources to countersign_pages;
  `);
}
