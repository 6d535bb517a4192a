import { timingSafeEqual } from 'node:crypto';

import type { BackchannelAdministration } from '../../server/admin/backchannel.ts';
import type { BackchannelSettings, UserCodes } from '../../server/approvals/backchannel.ts';
import type { Sealing } from '../../server/keys/seal.ts';
import { acted } from './admin.ts';
import type { Database, Statements } from './database.ts';
import { limiterOn } from './limiter.ts';

/** What an organization says about requests from behind; as it begins, where it has said nothing. */
export async function backchannelSettings(statements: Statements, organization: string): Promise<BackchannelSettings> {
  const row = await statements.first<{ tells_reason: boolean; notification_hosts: string[] }>(
    'select tells_reason, notification_hosts from backchannel_settings where organization = $1',
    [organization],
  );
  return { tellsReason: row?.tells_reason ?? false, notificationHosts: row?.notification_hosts ?? [] };
}

export const postgresBackchannelAdministration = (database: Database): BackchannelAdministration => ({
  get: (organization) => database.within(organization, (statements) => backchannelSettings(statements, organization)),
  put: (act, { tellsReason, notificationHosts }) =>
    database.within(act.organization, async (statements) => {
      await statements.run(PUT, [act.organization, tellsReason, notificationHosts]);
      const content = { tells_reason: tellsReason, notification_hosts: notificationHosts };
      await acted(statements, act, 'backchannel.changed', content);
    }),
});

const PUT = `
  insert into backchannel_settings (organization, tells_reason, notification_hosts) values ($1, $2, $3)
  on conflict (organization) do update
  set tells_reason = excluded.tells_reason, notification_hosts = excluded.notification_hosts`;

/** Wrong codes of one client for one person until it has to wait. */
const WRONG_CODES = 5;
const WRONG_CODE_SECONDS = 15 * 60;

export function postgresUserCodes(database: Database, sealing: Sealing): UserCodes {
  // The person is part of what is hashed: two people with one code do not show it.
  const hashOf = (person: string, code: string) => sealing.keyedHash('user code', `${person}\0${code}`);
  return {
    check: ({ clientId, organization }, person, code) =>
      database.transaction(async (statements) => {
        // Held, so that of many guesses that come together no more are compared than may be wrong.
        const row = await statements.first<{ code_hash: Buffer }>(
          'select code_hash from user_codes where organization = $1 and person = $2 for update',
          [organization, person],
        );
        if (!row) return 'none';
        if (code === undefined) return 'missing';
        const wrong = limiterOn(statements, 'user code', WRONG_CODE_SECONDS);
        const key = `${clientId} ${person}`;
        const { count, retryAfter } = await wrong.look(key);
        if (count >= WRONG_CODES) return { wait: retryAfter };
        if (timingSafeEqual(row.code_hash, hashOf(person, code))) return 'right';
        await wrong.add(key);
        return 'wrong';
      }),
    async set(organization, person, code) {
      await database.within(organization, async (statements) => {
        if (code === undefined) {
          await statements.run('delete from user_codes where organization = $1 and person = $2', [
            organization,
            person,
          ]);
          return;
        }
        await statements.run(
          `insert into user_codes (organization, person, code_hash) values ($1, $2, $3)
           on conflict (organization, person) do update set code_hash = excluded.code_hash, set_at = clock_timestamp()`,
          [organization, person, hashOf(person, code)],
        );
      });
    },
    isSet: (organization, person) =>
      database.within(
        organization,
        async (statements) =>
          (await statements.first('select from user_codes where organization = $1 and person = $2', [
            organization,
            person,
          ])) !== undefined,
      ),
  };
}
