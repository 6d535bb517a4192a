import type { Passkey, PasskeyStore, PasskeyUse } from '../../server/people/passkey.ts';
import { type Database, isUniqueViolation, type Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { holdPerson } from './liveness.ts';
import { tellEverywhere } from './notifications.ts';

/** Passkeys, by the owner's path: no page's role makes or ends a credential that signs. Every statement says whose. */
export const postgresPasskeys = (database: Database): PasskeyStore => ({
  of: (organization, person) => passkeysOf(database, organization, person),

  async add(passkey, voucher, waitSeconds, event) {
    const { organization, id, person } = passkey;
    try {
      return await database.transaction(async (statements) => {
        // Two that are both the first wait for each other here.
        await holdPerson(statements, organization, person);
        const before = await passkeysOf(statements, organization, person);
        const vouched = voucher !== undefined && (await usePasskey(statements, voucher));
        if (before.length > 0 && !vouched) return 'voucher_needed';
        // One that could not approve now, because it may leave its device, has no maturity to pass on either.
        const rule = await statements.first<{ device_bound: boolean }>(
          'select device_bound from organizations where id = $1',
          [organization],
        );
        const matured =
          vouched &&
          voucher.passkey.mayApproveFrom <= new Date() &&
          (voucher.passkey.deviceBound || rule?.device_bound !== true);
        await statements.run(ADD_CREDENTIAL, [organization, person, id, passkey.credentialId]);
        await statements.run(ADD, [
          organization,
          id,
          person,
          passkey.name,
          Buffer.from(passkey.publicKey),
          passkey.counter,
          passkey.transports,
          passkey.deviceBound,
          passkey.backedUp,
          matured ? 0 : waitSeconds,
          matured,
        ]);
        await writeEvent(statements, event);
        await tellEverywhere(statements, organization, person, { passkeys: 'passkey_added' });
        return 'added';
      });
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  },

  rename: (organization, person, id, name, event) =>
    database.transaction(async (statements) => {
      const changed = await statements.run(
        'update passkeys set name = $4 where organization = $1 and person = $2 and id = $3',
        [organization, person, id, name],
      );
      if (changed === 1) await writeEvent(statements, event);
      return changed === 1;
    }),

  remove: (organization, person, id, voucher, event) =>
    database.transaction(async (statements) => {
      // Two that vouch for each other's end wait for each other here, and one is left.
      await holdPerson(statements, organization, person);
      if (!(await usePasskey(statements, voucher))) return false;
      const changed = await statements.run(
        `delete from credentials where organization = $1 and person = $2 and id = $3 and kind = 'passkey'`,
        [organization, person, id],
      );
      if (changed === 0) return false;
      await writeEvent(statements, event);
      await tellEverywhere(statements, organization, person, { passkeys: 'passkey_removed' });
      return true;
    }),
});

/** Whoever signs in by a passkey alone: it says itself whose it is, and in which organization. */
export const postgresPasskeySignIns = (database: Database) => ({
  async byCredential(credentialId: string): Promise<Passkey | undefined> {
    const owner = await database.first<{ organization: string; person: string }>(
      `select organization, person from credentials where kind = 'passkey' and identifier = $1`,
      [credentialId],
    );
    const all = owner ? await passkeysOf(database, owner.organization, owner.person) : [];
    return all.find((passkey) => passkey.credentialId === credentialId);
  },
  of: (organization: string, person: string) => passkeysOf(database, organization, person),
  used: (use: PasskeyUse) => usePasskey(database, use),
});

export async function passkeysOf(statements: Statements, organization: string, person: string): Promise<Passkey[]> {
  const rows = await statements.rows<PasskeyRow>(OF, [organization, person]);
  return rows.map(({ counter, publicKey, ...row }) => ({
    ...row,
    counter: Number(counter),
    publicKey: new Uint8Array(publicKey),
  }));
}

/**
 * Notes one use; false where the passkey is gone, or its counter did not go on: a copy of it signed in between (Web
 * Authentication §6.1.1). An authenticator that does not count stays at 0.
 */
export async function usePasskey(statements: Statements, { passkey, counter, backedUp }: PasskeyUse): Promise<boolean> {
  const { organization, id, person } = passkey;
  return (await statements.run(USE, [organization, id, person, counter, backedUp])) === 1;
}

type PasskeyRow = Omit<Passkey, 'counter' | 'publicKey'> & { counter: string; publicKey: Buffer };

const OF = `
  select p.organization, p.id, p.person, c.identifier as "credentialId", p.name, p.public_key as "publicKey", p.counter,
         p.transports, p.device_bound as "deviceBound", p.backed_up as "backedUp", p.created_at as "createdAt",
         p.last_used_at as "lastUsedAt", p.may_approve_from as "mayApproveFrom", p.barred_by as "barredBy"
  from passkeys p join credentials c on c.organization = p.organization and c.id = p.id
  where p.organization = $1 and p.person = $2
  order by p.created_at, p.id`;

const ADD_CREDENTIAL = `
  insert into credentials (organization, person, id, kind, identifier, made_by) values ($1, $2, $3, 'passkey', $4, $2)`;

const ADD = `
  with made_by as (
    select array_agg(distinct by) as admins from passkey_recoveries r, unnest(array[r.asked_by, r.confirmed_by]) as by
    where r.organization = $1 and r.person = $3 and r.confirmed_at is not null)
  insert into passkeys (organization, id, person, name, public_key, counter, transports, device_bound, backed_up, may_approve_from, barred_by)
  select $1, $2, $3, $4, $5, $6, $7, $8, $9,
         -- After a recovery it waits a day, whatever is set: nobody lifts that. One that waited vouches for the next.
         clock_timestamp() + make_interval(secs => case
           when $11 or (admins is null and not exists (
             select from people p where p.organization = $1 and p.id = $3 and p.recovered_at is not null))
           then $10 else greatest($10, 86400) end),
         coalesce(admins, '{}')
  from made_by`;

const USE = `
  update passkeys set counter = $4, backed_up = $5, last_used_at = clock_timestamp()
  where organization = $1 and id = $2 and person = $3 and (counter < $4 or (counter = 0 and $4 = 0))`;
