import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** Codes on paper, for an administrator who lost every passkey and has nobody to ask. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table recovery_codes (
      organization text not null,
      person       text not null,
      code_hash    bytea not null check (length(code_hash) = 32),
      made_at      timestamptz not null default clock_timestamp(),
      used_at      timestamptz,
      primary key (organization, person, code_hash),
      foreign key (organization, person) references people (organization, id)
    );
    ${customerTable('recovery_codes', 'select (organization, person, made_at, used_at)')}
    -- When one of them was last used: what is added after that waits a day, and no new codes are made until then.
    alter table people add column recovered_at timestamptz;
    -- It adds a passkey, and opens nothing even when one is there: that passkey signs in.
    alter table sessions add column recovers boolean not null default false;

    -- As it was, and for nobody either who began anew by a code within a day: one door must not stand open because the
    -- other is watched.
    create or replace function confirming_sign_ins(org text, who text, what text, wait interval)
    returns table (provider text, identifier text, since timestamptz) language sql stable as $$
      select p.id, c.identifier, greatest(c.signs_in_since + wait, p.confirms_since + wait)
      from sign_in_providers p
      join people h on h.organization = p.organization and h.id = who and h.status = 'active'
      join credentials c on c.organization = p.organization and c.person = who and c.kind = 'upstream' and c.signs_in
        and case when c.kind = 'upstream' then c.identifier::jsonb ->> 0 end = p.issuer
      join agents g on g.organization = p.organization and g.id = what
      where p.organization = org and p.confirms_since is not null
        and exists (select from jsonb_each_text(p.acr) e where e.value = 'phr')
        and (c.made_by = who or c.made_by not in (g.owner, g.deputy))
        and (h.recovered_at is null or h.recovered_at < clock_timestamp() - interval '1 day')
        and not exists (select from passkeys k where k.organization = org and k.person = who)
        and not exists (
          select from passkey_recoveries r
          where r.organization = org and r.person = who and r.confirmed_at is not null
            and (r.confirmed_at > clock_timestamp() - interval '1 day'
              or array[g.owner, g.deputy] && array[r.asked_by, r.confirmed_by]))
    $$;
  `);
}
