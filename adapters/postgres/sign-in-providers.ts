import { actorOf } from '../../server/admin/admin.ts';
import type { ListedProvider, SignInProviderAdministration } from '../../server/admin/sign-in-providers.ts';
import type { Sealing } from '../../server/keys/seal.ts';
import { newId } from '../../server/oauth/ids.ts';
import type {
  Account,
  Confirms,
  OfferedProvider,
  SignInProviderStore,
  UnderWay,
} from '../../server/people/federation.ts';
import type { EndedSessions, UpstreamLogoutStore } from '../../server/people/provider-logout.ts';
import type { SignInProvider } from '../../server/people/sign-in-provider.ts';
import { linkSubject } from '../../server/people/trusted-issuer.ts';
import { acted } from './admin.ts';
import { tellOfAdministeringAlone } from './administers-alone.ts';
import { type Database, isUniqueViolation, type Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { writeStop } from './liveness.ts';
import { endRolesFrom, giveRoles, LastAdministrator, narrowRoles } from './mapped-roles.ts';
import { mapRoles } from './role-mapping-admin.ts';
import { sendSignal } from './signals.ts';

/** Providers of sign-in before anybody is signed in: the owner's path, so every statement names the organization. */
export const postgresSignInProviders = (database: Database, sealing: Sealing): SignInProviderStore => ({
  offered: (organizationSlug) => database.rows<OfferedProvider>(OFFERED, [organizationSlug ?? null]),

  async find(id) {
    const row = await database.first<SignInProvider & { clientSecret: string | null }>(
      `${SELECT_PROVIDER} where p.id = $1`,
      [id],
    );
    return row && { ...row, clientSecret: openSecret(row.id, row.clientSecret, sealing) };
  },

  async begin(stateHash, browserHash, underWay, expiresAt) {
    await database.run(BEGIN, [
      stateHash,
      underWay.organization,
      underWay.provider,
      browserHash,
      underWay.sealed,
      underWay.returnTo,
      underWay.fresh,
      underWay.connects ?? null,
      underWay.confirms ? JSON.stringify(underWay.confirms) : null,
      underWay.startedAt,
      expiresAt,
    ]);
  },

  async take(stateHash, browserHash) {
    const row = await database.first<UnderWay & { connects: string | null; confirms: Confirms | null }>(TAKE, [
      stateHash,
      browserHash,
    ]);
    return row && { ...row, connects: row.connects ?? undefined, confirms: row.confirms ?? undefined };
  },

  personFor: (organization, identifier) =>
    database.transaction(async (statements) => {
      const link = await statements.first<{ id: string; person: string; signsIn: boolean; otherWay: boolean }>(LINK, [
        organization,
        identifier,
      ]);
      if (!link) return undefined;
      if (link.signsIn) return link.person;
      if (link.otherWay) return 'linked_only';
      await statements.run('update credentials set signs_in = true where organization = $1 and id = $2', [
        organization,
        link.id,
      ]);
      return link.person;
    }),

  async signsIn(organization, identifier) {
    const row = await database.first<{ person: string }>(
      `select person from credentials where organization = $1 and kind = 'upstream' and identifier = $2 and signs_in`,
      [organization, identifier],
    );
    return row?.person;
  },

  async provision({ organization, id: provider, issuer }, { id, email, name }, identifier) {
    try {
      await database.transaction(async (statements) => {
        await statements.run('insert into people (organization, id, email, name) values ($1, $2, $3, $4)', [
          organization,
          id,
          email,
          name,
        ]);
        await statements.run(ADD_IDENTITY, [organization, id, newId('crd'), identifier, provider]);
        await record(statements, organization, id, { by: provider, credential: 'upstream', issuer });
      });
      return 'made';
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  },

  accounts: (organization, person) =>
    database.within(organization, async (statements) => ({
      accounts: await statements.rows<Account>(ACCOUNTS, [organization, person]),
      providers: await statements.rows<OfferedProvider>(OF_ORGANIZATION, [organization]),
    })),

  disconnect: (organization, person, id) =>
    database.transaction(async (statements) => {
      const found = await statements.first<{ identifier: string; signsIn: boolean; otherWay: boolean }>(ACCOUNT, [
        organization,
        person,
        id,
      ]);
      if (!found) return 'unknown';
      if (found.signsIn && !found.otherWay) return 'last';
      await statements.run('delete from credentials where organization = $1 and id = $2', [organization, id]);
      const [issuer] = JSON.parse(found.identifier) as string[];
      // Whatever came of the issuer's statements about this person ends with the link, as when an administrator takes it.
      await writeStop(statements, {
        organization,
        kind: 'issuer',
        subject: linkSubject(issuer ?? '', id),
        by: person,
        reason: 'the person disconnected the account',
      });
      await endRolesFrom(statements, organization, person, issuer ?? '');
      await record(statements, organization, person, { by: person, credential: 'upstream', issuer, removed: true });
      return 'disconnected';
    }),

  giveRoles: (provider, person, said) =>
    database.transaction((statements) => giveRoles(statements, provider, person, said)),

  connect: (organization, person, identifier, provider) =>
    database.transaction(async (statements) => {
      // One that an administrator linked to the same person becomes theirs; another's stays another's.
      const connected = await statements.run(CONNECT, [organization, person, newId('crd'), identifier, person]);
      if (connected === 0) return 'taken';
      await record(statements, organization, person, { by: person, credential: 'upstream', provider });
      return 'connected';
    }),
});

/** Ends what hangs on a session at a provider, and whatever waits for the person's decision. */
export const postgresUpstreamLogouts = (database: Database): UpstreamLogoutStore => ({
  end: (organization, { issuer, subject, session }) =>
    database.transaction(async (statements): Promise<EndedSessions> => {
      const ended = await statements.rows<{ person: string }>(END_SESSIONS, [
        organization,
        issuer,
        subject ?? null,
        session ?? null,
      ]);
      const people = [...new Set(ended.map(({ person }) => person))];
      const waiting = await statements.rows<{ id: string; person: string; agent: string; client_id: string }>(
        END_WAITING,
        [organization, people],
      );
      for (const person of people) {
        await writeEvent(statements, {
          organization,
          type: 'person.signed_out',
          decision: 'allowed',
          reason: 'at_provider',
          person,
          content: { issuer, sessions: ended.filter((one) => one.person === person).length },
        });
      }
      for (const { id, person, agent, client_id } of waiting) {
        await writeEvent(statements, {
          organization,
          type: 'task.denied',
          decision: 'refused',
          reason: 'signed_out_at_provider',
          person,
          agent,
          application: client_id,
          approval: id,
        });
        await sendSignal(statements, 'approval', id);
      }
      return { sessions: ended.length, approvals: waiting.length };
    }),
});

/** Sealed under the provider's id: the secret of one provider is worth nothing in the row of another. */
const sealSecret = (id: string, secret: string | undefined, sealing: Sealing): string | null =>
  secret === undefined ? null : sealing.seal(`sign-in provider ${id}`, secret);
const openSecret = (id: string, sealed: string | null, sealing: Sealing): string | undefined =>
  sealed === null ? undefined : sealing.open(`sign-in provider ${id}`, sealed);

const record = (statements: Statements, organization: string, person: string, content: Record<string, unknown>) =>
  writeEvent(statements, { organization, type: 'person.enrolled', decision: 'allowed', person, content });

const PROVIDER_COLUMNS = `
  p.id, p.name, p.issuer, p.client_id as "clientId", p.scopes, p.subject_claim as "subjectClaim", p.email_claim as "emailClaim",
  p.name_claim as "nameClaim", p.required_acr as "requiredAcr", p.required_amr as "requiredAmr", p.acr, p.provisions,
  p.role_mapping as "roleMapping"`;

const SELECT_PROVIDER = `
  select p.organization, o.domains as "organizationDomains", p.client_secret as "clientSecret", ${PROVIDER_COLUMNS}
  from sign_in_providers p join organizations o on o.id = p.organization`;

const ACCOUNTS = `
  select c.id, c.identifier::jsonb ->> 0 as issuer, p.name, c.created_at as since, c.signs_in as "signsIn"
  from credentials c left join sign_in_providers p on p.organization = c.organization and p.issuer = c.identifier::jsonb ->> 0
  where c.organization = $1 and c.person = $2 and c.kind = 'upstream' order by c.created_at, c.id`;

const OF_ORGANIZATION = `
  select p.id, p.name, o.name as "organizationName"
  from sign_in_providers p join organizations o on o.id = p.organization where p.organization = $1 order by p.name`;

const ACCOUNT = `
  select c.identifier, c.signs_in as "signsIn",
         exists (select from credentials o where o.organization = c.organization and o.person = c.person and o.id <> c.id
                 and (o.kind <> 'upstream' or o.signs_in)) as "otherWay"
  from credentials c join people p on p.organization = c.organization and p.id = c.person
  where c.organization = $1 and c.person = $2 and c.id = $3 and c.kind = 'upstream'
  for update of p`;

const OFFERED = `
  select p.id, p.name, o.name as "organizationName"
  from sign_in_providers p join organizations o on o.id = p.organization
  where case when $1::text is null then p.listed else o.slug = $1 end
  order by o.name, p.name limit 20`;

const BEGIN = `
  insert into sign_ins_under_way (state_hash, organization, provider, browser_hash, sealed, return_to, fresh, connects, confirms, started_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;

// Taken by whoever brings it first; another browser's is left for the right one.
const TAKE = `
  delete from sign_ins_under_way where state_hash = $1 and browser_hash = $2 and expires_at > clock_timestamp()
  returning organization, provider, sealed, return_to as "returnTo", fresh, connects, confirms, started_at as "startedAt"`;

// The person's row is locked: two first uses, or a first use and an enrolment, come one after the other.
const LINK = `
  select c.id, c.person, c.signs_in as "signsIn",
         exists (select from credentials o where o.organization = c.organization and o.person = c.person
                 and (o.kind <> 'upstream' or o.signs_in)) as "otherWay"
  from credentials c join people p on p.organization = c.organization and p.id = c.person
  where c.organization = $1 and c.kind = 'upstream' and c.identifier = $2
  for update of p`;

const ADD_IDENTITY = `
  insert into credentials (organization, person, id, kind, identifier, made_by, signs_in) values ($1, $2, $3, 'upstream', $4, $5, true)`;

const CONNECT = `
  insert into credentials (organization, person, id, kind, identifier, made_by, signs_in) values ($1, $2, $3, 'upstream', $4, $5, true)
  on conflict (organization, identifier) where kind = 'upstream' do update set signs_in = true where credentials.person = excluded.person`;

const END_SESSIONS = `
  delete from sessions
  where organization = $1 and upstream_issuer = $2
    and ($3::text is null or upstream_subject = $3) and ($4::text is null or upstream_session = $4)
    and ($3::text is not null or $4::text is not null)
  returning person`;

// In one order, as polls that end let go of them.
const END_WAITING = `
  with waiting as (
    select id from approvals
    where organization = $1 and person = any($2) and status = 'pending' and expires_at > clock_timestamp()
    order by id for no key update)
  update approvals a set status = 'denied', decided_at = clock_timestamp(), deny_reason = 'signed_out'
  from waiting where a.organization = $1 and a.id = waiting.id
  returning a.id, a.person, a.agent, a.client_id`;

/** What administrators do about them, under row-level security. */
export const postgresSignInProviderAdmin = (database: Database, sealing: Sealing): SignInProviderAdministration => ({
  providers: (organization) =>
    database.within(organization, (statements) => statements.rows<ListedProvider>(LISTED, [organization])),

  add: (act, provider, listed) =>
    database.within(act.organization, async (statements) => {
      const added = await statements.run(ADD, [
        act.organization,
        provider.id,
        provider.name,
        provider.issuer,
        provider.clientId,
        sealSecret(provider.id, provider.clientSecret, sealing),
        provider.scopes,
        provider.subjectClaim,
        provider.emailClaim,
        provider.nameClaim,
        provider.requiredAcr,
        provider.requiredAmr,
        JSON.stringify(provider.acr),
        provider.provisions,
        listed,
        actorOf(act.caller),
      ]);
      if (added === 0) return 'taken';
      const { clientSecret: _, organization: __, organizationDomains: ___, roleMapping: ____, ...content } = provider;
      await acted(statements, act, 'sign_in_provider.added', { ...content, listed });
      return 'added';
    }),

  setPasswords: (act, rule) =>
    database.within(act.organization, async (statements) => {
      const set = await statements.run(
        `update organizations set passwords = $2
         where id = $1 and ($2 = 'everyone' or exists (select from sign_in_providers where organization = $1))`,
        [act.organization, rule],
      );
      if (set === 1) await acted(statements, act, 'passwords.ruled', { passwords: rule });
      return set === 1;
    }),

  letConfirm: (act, id) =>
    database.within(act.organization, async (statements) => {
      const by = actorOf(act.caller);
      const row = await statements.first<{ asked: string | null; since: Date | null }>(CONFIRMATION, [
        act.organization,
        id,
      ]);
      if (!row) return undefined;
      if (row.since !== null) return 'allowed_already';
      if (row.asked === by) return 'needs_another';
      const outcome = row.asked === null ? 'asked' : 'allowed';
      await statements.run(outcome === 'asked' ? ASK_TO_CONFIRM : LET_CONFIRM, [act.organization, id, by]);
      await acted(statements, act, 'sign_in_provider.confirms', { id, outcome });
      return outcome;
    }),

  letConfirmNoMore: (act, id) =>
    database.within(act.organization, async (statements) => {
      const changed = await statements.run(CONFIRMS_NO_MORE, [act.organization, id]);
      if (changed === 1) await acted(statements, act, 'sign_in_provider.confirms', { id, outcome: 'taken_back' });
      return changed === 1;
    }),

  mapRoles: (act, id, mapping) => mapRoles(database, act, id, mapping),

  // By the owner's path, as what it gave is taken from people.
  async remove(act, id) {
    try {
      return await database.transaction(async (statements) => {
        const found = await statements.first<{ issuer: string; name: string }>(
          'select issuer, name from sign_in_providers where organization = $1 and id = $2 for update',
          [act.organization, id],
        );
        if (!found) return undefined;
        const gone = await narrowRoles(statements, act.organization, id, undefined);
        await statements.run('delete from sign_in_providers where organization = $1 and id = $2', [
          act.organization,
          id,
        ]);
        const sessions = await statements.run(
          'update sessions set expires_at = clock_timestamp() where organization = $1 and provider = $2 and expires_at > clock_timestamp()',
          [act.organization, id],
        );
        await statements.run(
          `update organizations set passwords = 'everyone'
           where id = $1 and not exists (select from sign_in_providers where organization = $1)`,
          [act.organization],
        );
        await acted(statements, act, 'sign_in_provider.removed', { id, ...found, sessions });
        await tellOfAdministeringAlone(statements, act, gone);
        return { sessions };
      });
    } catch (error) {
      if (error instanceof LastAdministrator) return 'last_administrator';
      throw error;
    }
  },
});

/** As long one administrator's word waits for another's. */
const ASKED = `p.confirms_asked_at > clock_timestamp() - interval '1 day'`;

const ROLES_WAIT = `p.roles_asked_at > clock_timestamp() - interval '1 day'`;

const CONFIRMATION = `
  select case when ${ASKED} then p.confirms_asked_by end as asked, p.confirms_since as since
  from sign_in_providers p where p.organization = $1 and p.id = $2 for update`;

const ASK_TO_CONFIRM = `
  update sign_in_providers set confirms_asked_by = $3, confirms_asked_at = clock_timestamp() where organization = $1 and id = $2`;

const LET_CONFIRM = `
  update sign_in_providers set confirms_by = $3, confirms_since = clock_timestamp() where organization = $1 and id = $2`;

const CONFIRMS_NO_MORE = `
  update sign_in_providers
  set confirms_asked_by = null, confirms_asked_at = null, confirms_by = null, confirms_since = null
  where organization = $1 and id = $2 and confirms_asked_by is not null`;

const LISTED = `
  select ${PROVIDER_COLUMNS}, p.listed, p.made_by, p.created_at, p.confirms_since,
         case when ${ROLES_WAIT} then p.roles_asked end as roles_asked, case when ${ROLES_WAIT} then p.roles_asked_by end as roles_asked_by,
         case when p.confirms_since is null and ${ASKED} then p.confirms_asked_by end as confirms_asked_by,
         case when p.client_secret is null then 'private_key_jwt' else 'client_secret_basic' end as authenticates
  from sign_in_providers p where p.organization = $1 order by p.name, p.id`;

const ADD = `
  insert into sign_in_providers (organization, id, name, issuer, client_id, client_secret, scopes, subject_claim, email_claim,
                                 name_claim, required_acr, required_amr, acr, provisions, listed, made_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  on conflict (organization, issuer) do nothing`;
