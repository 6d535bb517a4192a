import type { Knex } from 'knex';

/** How people prove that it is they: what an organization insists on, and what a person finds easier. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    -- Passkeys that never leave their device are the only ones added and approved with.
    alter table organizations add column device_bound boolean not null default false;
    -- Chooses the value that matters among three, instead of typing it.
    alter table people add column chooses boolean not null default false;
    -- A break-glass password opens the door once: from the second time on a passkey does, or has to be added first.
    alter table credentials add column used_at timestamptz;
    alter table sessions add column adds_passkey boolean not null default false;
  `);
}
