import {
  isSame,
  PERSON_ROLES,
  ROLE_DAYS,
  type RoleMapping,
  rolesAfter,
  rolesBy,
} from '../../server/people/role-mapping.ts';
import type { Statements } from './database.ts';
import { writeEvent } from './evidence.ts';

/**
 * Roles that providers give, by the owner's path: no page's role gives one. Rows are locked in one order everywhere: the
 * provider, people by id, the organization.
 */

/** Somebody signed in there: what the values of the claim give is theirs from now on, and what they gave before is not. */
export async function giveRoles(
  statements: Statements,
  { organization, id: provider }: { organization: string; id: string },
  person: string,
  { claim, values }: { claim: string; values: readonly string[] },
): Promise<void> {
  const found = await statements.first<{ mapping: RoleMapping | null }>(MAPPING_NOW, [organization, provider]);
  // It was changed meanwhile: what another claim says is nothing to this one.
  if (!found?.mapping || found.mapping.claim !== claim) return;
  const given = rolesBy(found.mapping, values);
  await applyRoles(statements, { organization, provider, person, given, said: values, why: 'signed_in' });
}

/** What was given by a provider at which the person did not sign in for days ends: nobody says any more that it holds. */
export async function lapseRoles(statements: Statements, organization: string, person: string): Promise<void> {
  for (const { provider } of await statements.rows<{ provider: string }>(LAPSED, [organization, person, ROLE_DAYS])) {
    await applyRoles(statements, { organization, provider, person, given: [], said: [], why: 'lapsed' });
  }
}

/** The person has no account there any more. */
export async function endRolesFrom(
  statements: Statements,
  organization: string,
  person: string,
  issuer: string,
): Promise<void> {
  for (const { provider } of await statements.rows<{ provider: string }>(FROM_ISSUER, [organization, person, issuer])) {
    await applyRoles(statements, { organization, provider, person, given: [], said: [], why: 'disconnected' });
  }
}

/**
 * Another mapping, or none: whatever it no longer gives ends now. What it gives anew comes with the next sign-in.
 *
 * @returns whoever administers no more by it
 * @throws LastAdministrator where nobody would administer the organization any more
 */
export async function narrowRoles(
  statements: Statements,
  organization: string,
  provider: string,
  next: RoleMapping | undefined,
): Promise<string[]> {
  // All of them first: whether others administer is asked about each, and holds the organization.
  await statements.run(HOLD_GIVEN, [organization, provider]);
  const rows = await statements.rows<{
    person: string;
    said: string[];
    mapping: RoleMapping | null;
    administers: boolean;
  }>(GIVEN, [organization, provider]);
  const gone: string[] = [];
  for (const { person, said, mapping, administers } of rows) {
    if (next && isSame(next, mapping ?? undefined)) continue;
    // The values of another claim say nothing of this one's.
    const values = next?.claim === mapping?.claim ? said : [];
    const given = next ? rolesBy(next, values) : [];
    const kept = await applyRoles(statements, { organization, provider, person, given, said: values, why: 'mapping' });
    if (kept) throw new LastAdministrator();
    const still = await statements.first(ADMINISTERS, [organization, person]);
    if (administers && !still) gone.push(person);
  }
  return gone;
}

export class LastAdministrator extends Error {
  override name = 'LastAdministrator';
}

/**
 * True where the person keeps being an administrator because nobody else is: an organization does not lock itself out, and
 * hears of it.
 */
async function applyRoles(
  statements: Statements,
  about: {
    organization: string;
    provider: string;
    person: string;
    given: readonly string[];
    said: readonly string[];
    why: string;
  },
): Promise<boolean> {
  const { organization, provider, person, given, said, why } = about;
  const before = await statements.first<{ held: string[]; own: string[]; others: string[] }>(HELD, [
    organization,
    person,
    provider,
  ]);
  if (!before) return false;
  let after = rolesAfter({ ...before, given });
  const stops = before.held.includes('admin') && !after.roles.includes('admin');
  const kept = stops && !(await othersAdminister(statements, organization, person));
  if (kept) after = rolesAfter({ ...before, given: [...given, 'admin'] });
  const row = [organization, person, provider];
  if (after.own.length === 0 && given.length === 0) await statements.run(FORGET, row);
  else await statements.run(KEEP, [...row, after.own, said, why === 'signed_in' || kept]);
  const event = { organization, person, content: { provider, said, why } };
  if (kept)
    await writeEvent(statements, {
      ...event,
      type: 'person.alarm',
      decision: 'reported',
      reason: 'last_administrator',
    });
  const [gained, lost] = [
    after.roles.filter((role) => !before.held.includes(role)),
    PERSON_ROLES.filter((role) => before.held.includes(role) && !after.roles.includes(role)),
  ];
  if (gained.length === 0 && lost.length === 0) return kept;
  await statements.run('update people set roles = $3 where organization = $1 and id = $2', [
    organization,
    person,
    after.roles,
  ]);
  // Whoever is at another browser signs in again, as what they are now.
  const sessions = await statements.run('delete from sessions where organization = $1 and person = $2', [
    organization,
    person,
  ]);
  await writeEvent(statements, {
    ...event,
    type: 'person.roles_changed',
    decision: 'allowed',
    reason: why,
    content: { ...event.content, gained, lost, roles: after.roles, sessions },
  });
  return kept;
}

/** Two who stop at the same time come one after the other here. */
export async function othersAdminister(statements: Statements, organization: string, person: string): Promise<boolean> {
  await statements.first('select from organizations where id = $1 for no key update', [organization]);
  return (await statements.first(OTHER_ADMINISTRATOR, [organization, person])) !== undefined;
}

const MAPPING_NOW = `
  select role_mapping as mapping from sign_in_providers where organization = $1 and id = $2 for share`;

const HELD = `
  select p.roles as held, coalesce(own.roles, '{}') as own,
         array(select distinct unnest(m.roles) from mapped_roles m
               where m.organization = p.organization and m.person = p.id and m.provider <> $3) as others
  from people p left join mapped_roles own on own.organization = p.organization and own.person = p.id and own.provider = $3
  where p.organization = $1 and p.id = $2
  for no key update of p`;

const KEEP = `
  insert into mapped_roles (organization, person, provider, roles, said) values ($1, $2, $3, $4, $5)
  on conflict (organization, person, provider) do update
  set roles = excluded.roles, said = excluded.said,
      -- Only the provider itself says once more that it holds.
      given_at = case when $6 then clock_timestamp() else mapped_roles.given_at end`;

const FORGET = 'delete from mapped_roles where organization = $1 and person = $2 and provider = $3';

const LAPSED = `
  select provider from mapped_roles
  where organization = $1 and person = $2 and given_at < clock_timestamp() - make_interval(days => $3) order by provider`;

const FROM_ISSUER = `
  select m.provider from mapped_roles m
  join sign_in_providers p on p.organization = m.organization and p.id = m.provider
  where m.organization = $1 and m.person = $2 and p.issuer = $3 order by m.provider`;

const HOLD_GIVEN = `
  select from people
  where organization = $1 and id in (select person from mapped_roles where organization = $1 and provider = $2)
  order by id for no key update`;

const GIVEN = `
  select m.person, m.said, p.role_mapping as mapping, h.status = 'active' and 'admin' = any(h.roles) as administers
  from mapped_roles m join sign_in_providers p on p.organization = m.organization and p.id = m.provider
  join people h on h.organization = m.organization and h.id = m.person
  where m.organization = $1 and m.provider = $2 order by m.person`;

const ADMINISTERS = `select from people where organization = $1 and id = $2 and 'admin' = any(roles)`;

// Who has a way in: one that was only added cannot open the door for anybody.
const OTHER_ADMINISTRATOR = `
  select from people p where p.organization = $1 and p.id <> $2 and p.status = 'active' and 'admin' = any(p.roles)
    and exists (select from credentials c where c.organization = p.organization and c.person = p.id
                and (c.kind <> 'upstream' or c.signs_in))
  limit 1`;
