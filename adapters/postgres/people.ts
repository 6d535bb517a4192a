import type { Credential, ListedSession, PeopleStore, Person, SessionStore } from '../../server/people/person.ts';
import type { Database } from './database.ts';
import { lapseRoles } from './mapped-roles.ts';
import { tellAdministrators, tellEverywhere } from './notifications.ts';

export const postgresPeople = (database: Database): PeopleStore => ({
  async find(id) {
    return database.first<Person>(`${SELECT_PERSON} where p.id = $1`, [id]);
  },
  async findByEmail(organization, email) {
    return database.first<Person>(`${SELECT_PERSON} where p.organization = $1 and lower(p.email) = lower($2)`, [
      organization,
      email,
    ]);
  },
  async localCredential(email) {
    return database.first<Credential>(LOCAL_CREDENTIAL, [email]);
  },
  async lapseRoles(organization, person) {
    await database.transaction((statements) => lapseRoles(statements, organization, person));
  },
  async tellOfPassword(organization, person) {
    await database.transaction(async (statements) => {
      await tellEverywhere(statements, organization, person, { passkeys: 'password_used' });
      await tellAdministrators(statements, organization, person, 'administrator_used_password');
    });
  },
  async passwordUsed(organization, person) {
    await database.run(
      `update credentials set used_at = clock_timestamp() where organization = $1 and person = $2 and kind = 'password'`,
      [organization, person],
    );
  },
  async setLanguage(organization, id, language) {
    await database.run('update people set language = $3 where organization = $1 and id = $2', [
      organization,
      id,
      language,
    ]);
  },
  async setTimeZone(organization, id, timeZone) {
    await database.run('update people set time_zone = $3 where organization = $1 and id = $2', [
      organization,
      id,
      timeZone,
    ]);
  },
  async setChooses(organization, id, chooses) {
    await database.run('update people set chooses = $3 where organization = $1 and id = $2', [
      organization,
      id,
      chooses,
    ]);
  },
});

export const postgresSessions = (database: Database): SessionStore => ({
  async begin({ idHash, organization, person, authenticatedAt, expiresAt, acr, amr, upstream, addsPasskey, recovers }) {
    await database.run(BEGIN, [
      idHash,
      organization,
      person,
      authenticatedAt,
      expiresAt,
      acr,
      amr,
      upstream?.provider ?? null,
      upstream?.issuer ?? null,
      upstream?.subject ?? null,
      upstream?.session ?? null,
      addsPasskey ?? false,
      recovers ?? false,
    ]);
  },
  async find(idHash, idleSeconds, used) {
    const row = await database.first<SessionRow>(FIND_AND_TOUCH, [idHash, idleSeconds, used]);
    return (
      row && {
        person: {
          organization: row.organization,
          id: row.id,
          email: row.email,
          name: row.name,
          roles: row.roles,
          status: row.status,
          timeZone: row.timeZone,
          language: row.language,
          organizationName: row.organizationName,
          organizationSlug: row.organizationSlug,
          organizationDomains: row.organizationDomains,
          organizationLanguage: row.organizationLanguage,
          organizationDeviceBound: row.organizationDeviceBound,
          chooses: row.chooses,
        },
        authenticatedAt: row.authenticated_at,
        acr: row.acr,
        amr: row.amr,
        addsPasskey: row.adds_passkey,
        recovers: row.recovers,
      }
    );
  },
  async end(idHash) {
    await database.run('delete from sessions where id_hash = $1', [idHash]);
  },
  of: (organization, person, current, idleSeconds) =>
    database.rows<ListedSession>(SESSIONS_OF, [organization, person, current, idleSeconds]),
  endOthers: (organization, person, current, reference) =>
    database.run(END_OTHERS, [organization, person, current, reference ?? null]),
});

type SessionRow = Person & {
  authenticated_at: Date;
  acr: string;
  amr: string[];
  adds_passkey: boolean;
  recovers: boolean;
};

const PERSON_COLUMNS = `
  p.organization, p.id, p.email, p.name, p.roles, p.status, coalesce(p.time_zone, o.time_zone) as "timeZone", p.language,
  o.name as "organizationName", o.slug as "organizationSlug", o.domains as "organizationDomains",
  o.language as "organizationLanguage", o.device_bound as "organizationDeviceBound", p.chooses`;

const SELECT_PERSON = `select ${PERSON_COLUMNS} from people p join organizations o on o.id = p.organization`;

const LOCAL_CREDENTIAL = `
  select c.organization, c.person, c.secret, o.passwords, c.used_at is not null as "usedBefore",
         c.made_by = 'demonstration' as demonstration,
         exists (select from passkeys k where k.organization = c.organization and k.person = c.person) as "hasPasskey"
  from credentials c join organizations o on o.id = c.organization
  where c.kind = 'password' and lower(c.identifier) = lower($1)`;

// A hash of the hash: what stands on a page finds a session, and is not what is looked for when a cookie comes.
const REFERENCE = `substr(encode(sha256(s.id_hash), 'hex'), 1, 32)`;

const SESSIONS_OF = `
  select ${REFERENCE} as reference, s.id_hash = $3 as "isCurrent", s.authenticated_at as "authenticatedAt",
         s.seen_at as "seenAt", s.acr, p.name as provider
  from sessions s left join sign_in_providers p on p.organization = s.organization and p.id = s.provider
  where s.organization = $1 and s.person = $2 and s.expires_at > clock_timestamp()
    and s.seen_at > clock_timestamp() - make_interval(secs => $4)
  order by s.seen_at desc limit 50`;

const END_OTHERS = `
  delete from sessions s where s.organization = $1 and s.person = $2 and s.id_hash <> $3
    and ($4::text is null or ${REFERENCE} = $4)`;

const BEGIN = `
  insert into sessions (id_hash, organization, person, authenticated_at, seen_at, expires_at, acr, amr,
                        provider, upstream_issuer, upstream_subject, upstream_session, adds_passkey, recovers)
  values ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

// The idle limit is looked at before it is moved; writing once a minute is enough to keep it.
const FIND_AND_TOUCH = `
  with live as (
    select * from sessions
    where id_hash = $1 and expires_at > clock_timestamp() and seen_at > clock_timestamp() - make_interval(secs => $2)),
  touched as (
    update sessions set seen_at = clock_timestamp()
    where $3 and id_hash = $1 and exists (select from live where seen_at < clock_timestamp() - interval '1 minute'))
  select ${PERSON_COLUMNS}, live.authenticated_at, live.acr, live.amr,
         live.recovers,
         live.recovers or (live.adds_passkey and not exists (
           select from passkeys k where k.organization = live.organization and k.person = live.person)) as adds_passkey
  from live
  join people p on p.organization = live.organization and p.id = live.person and p.status = 'active'
  join organizations o on o.id = p.organization
  where not exists (
    select from stop_epochs s where s.organization = p.organization and s.key = 'person:' || p.id and s.at >= live.authenticated_at)`;
