import { newId } from '../../server/oauth/ids.ts';
import type { EnrolmentStore, FirstAdministrator } from '../../server/people/enrol.ts';
import { type Database, isUniqueViolation, type Statements } from './database.ts';
import { writeEvent } from './evidence.ts';

/** Links that set a password. Who holds one is nobody yet, so this is the owner's path and every statement says whose. */
export const postgresEnrolments = (database: Database): EnrolmentStore => ({
  async find(tokenHash) {
    const row = await database.first<{ person: string | null; name: string; email: string; organizationName: string }>(
      FIND,
      [tokenHash],
    );
    if (!row) return undefined;
    const { person, ...named } = row;
    return { person: person === null ? undefined : named };
  },

  async enrol(tokenHash, passwordHash, first) {
    try {
      return await database.transaction(async (statements) => {
        const used = await statements.first<{ organization: string | null; person: string | null }>(USE, [tokenHash]);
        if (!used || (used.person === null) !== (first !== undefined)) return 'gone';
        const person = first
          ? await addFirst(statements, first)
          : await enrolled(statements, used.organization, used.person);
        if (!person) return 'gone';
        await statements.run(ADD_PASSWORD, [person.organization, person.id, newId('crd'), person.email, passwordHash]);
        await writeEvent(statements, {
          organization: person.organization,
          type: 'person.enrolled',
          decision: 'allowed',
          person: person.id,
          content: { by: person.madeBy, credential: 'password' },
        });
        return 'enrolled';
      });
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  },
});

/** False in a database that has people. A link offered before ends. */
export const offerFirstEnrolment = (database: Database, tokenHash: Buffer, expiresAt: Date): Promise<boolean> =>
  database.transaction(async (statements) => {
    const people = await statements.first<{ some: boolean }>('select exists (select from people) as some');
    if (people?.some) return false;
    await statements.run(
      'update enrolments set expires_at = clock_timestamp() where person is null and used_at is null',
    );
    await statements.run(`insert into enrolments (token_hash, made_by, expires_at) values ($1, 'bootstrap', $2)`, [
      tokenHash,
      expiresAt,
    ]);
    return true;
  });

interface Enrolled {
  organization: string;
  id: string;
  email: string;
  madeBy: string;
}

/** The first administrator of all: two links used at once make one organization. */
async function addFirst(
  statements: Statements,
  { organization, person }: FirstAdministrator,
): Promise<Enrolled | undefined> {
  await statements.run(`select pg_advisory_xact_lock(hashtext('countersign first administrator'))`);
  const people = await statements.first<{ some: boolean }>('select exists (select from people) as some');
  if (people?.some) return undefined;
  const slug = await statements.first('select from organizations where slug = $1', [organization.slug]);
  await statements.run('insert into organizations (id, slug, name) values ($1, $2, $3)', [
    organization.id,
    slug ? `${organization.slug}-${organization.id.slice(-6)}` : organization.slug,
    organization.name,
  ]);
  await statements.run(`insert into people (organization, id, email, name, roles) values ($1, $2, $3, $4, '{admin}')`, [
    organization.id,
    person.id,
    person.email,
    person.name,
  ]);
  return { organization: organization.id, id: person.id, email: person.email, madeBy: 'bootstrap' };
}

/** Somebody who can sign in already keeps their own password, whatever link there is. */
const enrolled = (statements: Statements, organization: string | null, person: string | null) =>
  statements.first<Enrolled>(ENROLLED, [organization, person]);

const FIND = `
  select e.person, p.name, p.email, o.name as "organizationName"
  from enrolments e
  left join people p on p.organization = e.organization and p.id = e.person
  left join organizations o on o.id = e.organization
  where e.token_hash = $1 and e.used_at is null and e.expires_at > clock_timestamp()
    and (e.person is not null or not exists (select from people))`;

const USE = `
  update enrolments set used_at = clock_timestamp()
  where token_hash = $1 and used_at is null and expires_at > clock_timestamp()
  returning organization, person`;

const ENROLLED = `
  select p.organization, p.id, p.email, e.made_by as "madeBy"
  from people p join enrolments e on e.organization = p.organization and e.person = p.id and e.used_at is not null
  where p.organization = $1 and p.id = $2 and p.status = 'active'
    and not exists (select from credentials c where c.organization = p.organization and c.person = p.id and (c.kind <> 'upstream' or c.signs_in))
  order by e.used_at desc limit 1`;

const ADD_PASSWORD = `
  insert into credentials (organization, person, id, kind, identifier, secret, made_by) values ($1, $2, $3, 'password', $4, $5, 'enrolment')`;
