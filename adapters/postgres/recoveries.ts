import { type Act, actorOf } from '../../server/admin/admin.ts';
import type { PasskeyRuleAdministration } from '../../server/admin/passkey-rules.ts';
import type { ListedRecovery, RecoveryAdministration } from '../../server/admin/recoveries.ts';
import type { PasskeyNews } from '../../server/notifications/notify.ts';
import type { OwnRecoveries } from '../../server/people/passkey.ts';
import { acted } from './admin.ts';
import type { Database, Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { holdPerson } from './liveness.ts';
import { tellEverywhere } from './notifications.ts';
import { pageIn } from './paging.ts';
import { FORGET } from './recovery-codes.ts';

/** Passkeys are ended by the owner's path, as they are made: no page's role reaches them. */
export const postgresRecoveries = (database: Database): RecoveryAdministration => ({
  list: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<ListedRecovery>(
        statements,
        {
          select: LISTED,
          parameters: [organization],
          by: ['asked_at', 'timestamptz'],
          id: 'id',
          descending: true,
          words: ['email', 'reason'],
          filters: { confirmed: (value) => `(confirmed_at is not null)::text = ${value}` },
        },
        asked,
      ),
    ),
  find: (organization, id) =>
    database.within(organization, (statements) => statements.first<ListedRecovery>(FIND, [organization, id])),

  ask: (act, { id, person, reason }) =>
    database.transaction(async (statements) => {
      await statements.run(ASK, [act.organization, id, person, reason, actorOf(act.caller)]);
      await noted(statements, act, 'passkey.recovery_asked', 'passkeys_recovery_asked', { id, person, reason });
    }),

  confirm: (act, id) =>
    database.transaction(async (statements) => {
      const row = await statements.first<{ person: string; reason: string }>(CONFIRM, [
        act.organization,
        id,
        actorOf(act.caller),
      ]);
      if (!row) return false;
      const { person, reason } = row;
      // As whoever adds or ends one of them, and whoever uses a recovery code.
      await holdPerson(statements, act.organization, person);
      await statements.run(END_PASSKEYS, [act.organization, person]);
      await statements.run(FORGET, [act.organization, person]);
      // Whoever has a session has it from before, and somebody else may.
      await statements.run('delete from sessions where organization = $1 and person = $2', [act.organization, person]);
      await noted(statements, act, 'passkey.recovered', 'passkeys_recovered', { id, person, reason });
      return true;
    }),

  cancel: (act, id) =>
    database.transaction((statements) => ended(statements, act.organization, id, actorOf(act.caller), undefined)),
});

/** The same, asked by the person whose passkeys they are. */
export const postgresOwnRecoveries = (database: Database): OwnRecoveries => ({
  waiting: (organization, person) =>
    database.within(organization, (statements) => statements.rows(WAITING, [organization, person])),
  refuse: (organization, person, id) =>
    database.transaction((statements) => ended(statements, organization, id, person, person)),
});

/** @param only whose it has to be */
async function ended(
  statements: Statements,
  organization: string,
  id: string,
  by: string,
  only: string | undefined,
): Promise<boolean> {
  const row = await statements.first<{ person: string; reason: string }>(END, [organization, id, by, only ?? null]);
  if (!row) return false;
  const { person, reason } = row;
  const refused = only !== undefined;
  const event = {
    organization,
    decision: 'refused' as const,
    reason: refused ? 'refused' : 'cancelled',
    person,
    content: { recovery: id, by, reason },
  };
  await writeEvent(statements, { ...event, type: 'passkey.recovery_ended' });
  // Somebody asked for it whom they did not ask: that is what their organization's security wants to know.
  if (refused)
    await writeEvent(statements, { ...event, type: 'person.alarm', decision: 'reported', reason: 'recovery_refused' });
  await tellEverywhere(statements, organization, person, { passkeys: 'passkeys_recovery_ended' });
  return true;
}

/** What an organization asks of passkeys. */
export const postgresPasskeyRules = (database: Database): PasskeyRuleAdministration => ({
  deviceBound: (organization) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ device_bound: boolean }>(
        'select device_bound from organizations where id = $1',
        [organization],
      );
      return row?.device_bound ?? false;
    }),
  setDeviceBound: (act, deviceBound) =>
    database.within(act.organization, async (statements) => {
      await statements.run('update organizations set device_bound = $2 where id = $1', [act.organization, deviceBound]);
      await acted(statements, act, 'passkeys.ruled', { device_bound: deviceBound });
    }),
});

async function noted(
  statements: Statements,
  { organization, caller }: Act,
  type: 'passkey.recovery_asked' | 'passkey.recovered',
  news: PasskeyNews,
  { id, person, reason }: { id: string; person: string; reason: string },
): Promise<void> {
  const content = { recovery: id, by: actorOf(caller), reason };
  await writeEvent(statements, { organization, type, decision: 'allowed', person, content });
  await tellEverywhere(statements, organization, person, { passkeys: news });
}

const LISTED = `
  select r.id, r.person, p.email, r.reason, r.asked_by, a.name as asked_by_name, r.asked_at, r.expires_at, r.confirmed_by, r.confirmed_at,
         r.ended_by, r.ended_at
  from passkey_recoveries r join people p on p.organization = r.organization and p.id = r.person
  join people a on a.organization = r.organization and a.id = r.asked_by
  where r.organization = $1`;

const FIND = `${LISTED} and r.id = $2`;

const ASK = `
  insert into passkey_recoveries (organization, id, person, reason, asked_by) values ($1, $2, $3, $4, $5)`;

const END = `
  update passkey_recoveries set ended_by = $3, ended_at = clock_timestamp()
  where organization = $1 and id = $2 and confirmed_at is null and ended_at is null and expires_at > clock_timestamp()
    and ($4::text is null or person = $4)
  returning person, reason`;

const WAITING = `
  select r.id, r.reason, a.name as "askedBy", r.asked_at as "askedAt", r.expires_at as "expiresAt"
  from passkey_recoveries r join people a on a.organization = r.organization and a.id = r.asked_by
  where r.organization = $1 and r.person = $2 and r.confirmed_at is null and r.ended_at is null
    and r.expires_at > clock_timestamp()
  order by r.asked_at`;

const CONFIRM = `
  update passkey_recoveries set confirmed_by = $3, confirmed_at = clock_timestamp()
  where organization = $1 and id = $2 and confirmed_at is null and ended_at is null and expires_at > clock_timestamp()
    and asked_by <> $3 and person <> $3
  returning person, reason`;

const END_PASSKEYS = `delete from credentials where organization = $1 and person = $2 and kind = 'passkey'`;
