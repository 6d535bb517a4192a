import { actorOf } from '../../server/admin/admin.ts';
import type { PeopleAdministration } from '../../server/admin/people.ts';
import { PERSON_ROLES, type RoleMapping, rolesBy } from '../../server/people/role-mapping.ts';
import { acted, stopped } from './admin.ts';
import { tellOfAdministeringAlone } from './administers-alone.ts';
import type { Database, Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { holdPerson, writeStop } from './liveness.ts';
import { othersAdminister } from './mapped-roles.ts';

/** What becomes of people, by the owner's path: it changes roles, and ends what is theirs. */
export const postgresPeopleAdmin = (database: Database): PeopleAdministration => ({
  disable: (act, person, reason) =>
    database.transaction(async (statements) => {
      const { organization, caller } = act;
      await holdPerson(statements, organization, person);
      const row = await statements.first<{ status: string; roles: string[] }>(STANDING, [organization, person]);
      if (row?.status !== 'active') return 'over';
      if (row.roles.includes('admin') && !(await othersAdminister(statements, organization, person)))
        return 'last_administrator';
      // Whatever was approved has ended: somebody who comes back finds nothing alive.
      await writeStop(statements, { organization, kind: 'person', subject: person, by: actorOf(caller), reason });
      await statements.run(`update people set status = 'disabled' where organization = $1 and id = $2`, [
        organization,
        person,
      ]);
      await statements.run('delete from sessions where organization = $1 and person = $2', [organization, person]);
      await acted(statements, act, 'person.disabled', { person, reason });
      if (row.roles.includes('admin')) await tellOfAdministeringAlone(statements, act, [person]);
      return stopped(statements, organization, `person:${person}`);
    }),

  enable: (act, person) =>
    database.transaction(async (statements) => {
      const enabled = await statements.run(ENABLE, [act.organization, person]);
      if (enabled === 1) await acted(statements, act, 'person.enabled', { person });
      return enabled === 1;
    }),

  othersAdministered: (organization, person) =>
    database.transaction(
      async (statements) =>
        (await othersAdminister(statements, organization, person)) ||
        (await statements.first(ADMINISTERED_BEFORE, [organization, person])) !== undefined,
    ),

  setRoles: (act, person, roles) =>
    database.transaction(async (statements) => {
      const { organization, caller } = act;
      const by = actorOf(caller);
      await holdPerson(statements, organization, person);
      const row = await statements.first<Standing>(STANDING, [organization, person]);
      if (!row) return 'over';
      const given = await statements.rows<Given>(GIVEN, [organization, person]);
      const byHand = row.roles.filter((role) => !given.some((one) => one.roles.includes(role)));
      if (roles.some((role) => !byHand.includes(role)) && caller.kind === 'person') {
        const isSame = row.asked?.length === roles.length && roles.every((role) => row.asked?.includes(role));
        if (!isSame) {
          await statements.run(ASK, [organization, person, roles, by]);
          await acted(statements, act, 'person.roles_asked', { person, roles });
          return 'asked';
        }
        if (row.askedBy === by) return 'needs_another';
      }
      // What a provider gives beside it stays the provider's.
      const own = given.map(({ provider, said, mapping }) => ({
        provider,
        roles: mapping ? rolesBy(mapping, said).filter((role) => !roles.includes(role)) : [],
      }));
      const after = PERSON_ROLES.filter((role) => roles.includes(role) || own.some((one) => one.roles.includes(role)));
      const stops = row.roles.includes('admin') && !after.includes('admin');
      if (stops && !(await othersAdminister(statements, organization, person))) return 'last_administrator';
      for (const { provider, roles: kept } of own) await statements.run(KEEP, [organization, person, provider, kept]);
      await statements.run(SET, [organization, person, after]);
      await noted(statements, { organization, person, by, askedBy: row.askedBy }, row.roles, after);
      if (stops) await tellOfAdministeringAlone(statements, act, [person]);
      return after;
    }),
});

async function noted(
  statements: Statements,
  { organization, person, by, askedBy }: { organization: string; person: string; by: string; askedBy: string | null },
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const gained = after.filter((role) => !before.includes(role));
  const lost = before.filter((role) => !after.includes(role));
  if (gained.length === 0 && lost.length === 0) return;
  // Whoever is at a browser signs in again, as what they are now.
  const sessions = await statements.run('delete from sessions where organization = $1 and person = $2', [
    organization,
    person,
  ]);
  await writeEvent(statements, {
    organization,
    type: 'person.roles_changed',
    decision: 'allowed',
    reason: 'by_hand',
    person,
    content: {
      by,
      ...(gained.length > 0 && askedBy !== null && { asked_by: askedBy }),
      gained,
      lost,
      roles: after,
      sessions,
    },
  });
}

interface Standing {
  status: string;
  roles: string[];
  asked: string[] | null;
  askedBy: string | null;
}
interface Given {
  provider: string;
  roles: string[];
  said: string[];
  mapping: RoleMapping | null;
}

const STANDING = `
  select status, roles, case when roles_asked_at > clock_timestamp() - interval '1 day' then roles_asked end as asked,
         case when roles_asked_at > clock_timestamp() - interval '1 day' then roles_asked_by end as "askedBy"
  from people where organization = $1 and id = $2`;

const GIVEN = `
  select m.provider, m.roles, m.said, p.role_mapping as mapping
  from mapped_roles m join sign_in_providers p on p.organization = m.organization and p.id = m.provider
  where m.organization = $1 and m.person = $2 order by m.provider`;

const ADMINISTERED_BEFORE = `
  select from people where organization = $1 and id <> $2 and administered_before limit 1`;

const ENABLE = `update people set status = 'active' where organization = $1 and id = $2 and status = 'disabled'`;

const ASK = `
  update people set roles_asked = $3, roles_asked_by = $4, roles_asked_at = clock_timestamp() where organization = $1 and id = $2`;

const KEEP = 'update mapped_roles set roles = $4 where organization = $1 and person = $2 and provider = $3';

const SET = `
  update people set roles = $3, roles_asked = null, roles_asked_by = null, roles_asked_at = null
  where organization = $1 and id = $2`;
