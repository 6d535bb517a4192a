import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** Roles that a sign-in provider gives by a claim, apart from those that an administrator gave by hand. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table sign_in_providers
      -- Ways to authenticate of which one has to come back (RFC 8176).
      add column required_amr text[] not null default '{}',
      -- {"claim": "groups", "roles": {"admin": ["iam-admins"]}}; and one that waits for another administrator.
      add column role_mapping jsonb,
      add column role_mapping_by text,
      add column role_mapping_confirmed_by text,
      add column roles_asked jsonb,
      add column roles_asked_by text,
      add column roles_asked_at timestamptz,
      add check ((roles_asked is null) = (roles_asked_by is null) and (roles_asked is null) = (roles_asked_at is null)),
      add check ((role_mapping is null) = (role_mapping_by is null)),
      -- Whoever gives roles to many has another administrator with them, whatever a page forgets; the operator answers
      -- for the deployment.
      add check (role_mapping_confirmed_by <> role_mapping_by),
      add check (role_mapping is null or role_mapping_confirmed_by is not null or role_mapping_by !~ '^usr_');
    create table mapped_roles (
      organization text not null,
      person       text not null,
      provider     text not null,
      -- What this provider gave, and nobody by hand; people.roles holds all of it together.
      roles        text[] not null check (roles <@ array['admin', 'security', 'auditor', 'approver']),
      -- The values of its claim that did.
      said         text[] not null,
      given_at     timestamptz not null default clock_timestamp(),
      primary key (organization, person, provider),
      foreign key (organization, person) references people (organization, id),
      -- Without cascade: what a provider gave ends before the provider does.
      foreign key (organization, provider) references sign_in_providers (organization, id)
    );
    create index mapped_roles_provider on mapped_roles (organization, provider);
    ${customerTable('mapped_roles', 'select')}
  `);
}
