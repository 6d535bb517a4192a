import type { RecoveryCodeStore, RecoveryCodes } from '../../server/people/recovery-codes.ts';
import type { Database } from './database.ts';
import { writeEvent } from './evidence.ts';
import { tellAdministrators, tellEverywhere } from './notifications.ts';

/** Recovery codes, by the owner's path, as passkeys are: no page's role makes, reads or uses one. */
export const postgresRecoveryCodes = (database: Database): RecoveryCodeStore => ({
  of: (organization, person) => database.first<RecoveryCodes>(OF, [organization, person]),

  replace: (organization, person, hashes) =>
    database.transaction(async (statements) => {
      await statements.first(LOCK, [organization, person]);
      const now = await statements.first<RecoveryCodes>(OF, [organization, person]);
      if (!now || now.tooSoon) return false;
      await statements.run(FORGET, [organization, person]);
      await statements.run(MAKE, [organization, person, hashes]);
      await writeEvent(statements, {
        organization,
        type: 'passkey.recovery_codes_made',
        decision: 'allowed',
        person,
        content: { codes: hashes.length, voided: now.left },
      });
      await tellEverywhere(statements, organization, person, { passkeys: 'recovery_codes_made' });
      return true;
    }),

  use: (organization, person, hash, address) =>
    database.transaction(async (statements) => {
      // Codes that are used, or made anew, at the same time come one after the other.
      await statements.first(LOCK, [organization, person]);
      if ((await statements.run(USE, [organization, person, hash])) === 0) return false;
      await statements.run(END_PASSKEYS, [organization, person]);
      await statements.run('delete from sessions where organization = $1 and person = $2', [organization, person]);
      await statements.run('update people set recovered_at = clock_timestamp() where organization = $1 and id = $2', [
        organization,
        person,
      ]);
      const now = await statements.first<RecoveryCodes>(OF, [organization, person]);
      await writeEvent(statements, {
        organization,
        type: 'passkey.recovered',
        decision: 'allowed',
        reason: 'recovery_code',
        person,
        content: { by: person, address, left: now?.left },
      });
      await tellEverywhere(statements, organization, person, { passkeys: 'recovery_code_used' });
      await tellAdministrators(statements, organization, person, 'administrator_recovered');
      return true;
    }),
});

/** Somebody begins anew: what was on paper is of the time before. */
export const FORGET = 'delete from recovery_codes where organization = $1 and person = $2';

const LOCK = 'select from people where organization = $1 and id = $2 for no key update';

const OF = `
  select (select count(*)::int from recovery_codes r where r.organization = p.organization and r.person = p.id and r.used_at is null) as left,
         (select max(r.made_at) from recovery_codes r where r.organization = p.organization and r.person = p.id) as "madeAt",
         coalesce(p.recovered_at > clock_timestamp() - interval '1 day', false)
           or exists (select from passkey_recoveries r where r.organization = p.organization and r.person = p.id
                      and r.confirmed_at > clock_timestamp() - interval '1 day') as "tooSoon"
  from people p join organizations o on o.id = p.organization
  where p.organization = $1 and p.id = $2 and p.status = 'active' and 'admin' = any(p.roles) and o.passwords <> 'nobody'
    and exists (select from credentials c where c.organization = p.organization and c.person = p.id and c.kind = 'password')`;

const MAKE = `
  insert into recovery_codes (organization, person, code_hash) select $1, $2, unnest($3::bytea[])`;

const USE = `
  update recovery_codes set used_at = clock_timestamp()
  where organization = $1 and person = $2 and code_hash = $3 and used_at is null`;

const END_PASSKEYS = `delete from credentials where organization = $1 and person = $2 and kind = 'passkey'`;
