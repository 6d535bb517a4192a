import { type Act, actorOf } from '../../server/admin/admin.ts';
import type { Elsewhere, IssuerStore, ListedIssuer, ListedLink } from '../../server/admin/issuers.ts';
import { newId } from '../../server/oauth/ids.ts';
import { linkSubject, upstreamIdentifier } from '../../server/people/trusted-issuer.ts';
import { acted, record, stopped } from './admin.ts';
import type { Database, Statements } from './database.ts';
import { writeStop } from './liveness.ts';
import { endRolesFrom } from './mapped-roles.ts';
import { pageIn } from './paging.ts';

/** What administrators do about other issuers, under row-level security. */
export const postgresIssuers = (database: Database): IssuerStore => ({
  issuers: (organization) =>
    database.within(organization, (statements) => statements.rows<ListedIssuer>(ISSUERS, [organization])),
  addIssuer: (act, one) =>
    database.within(act.organization, async (statements) => {
      const added = await statements.run(ADD_ISSUER, [
        act.organization,
        one.issuer,
        one.name,
        one.tenant,
        one.jwksUri,
        one.jwks === null ? null : JSON.stringify(one.jwks),
        one.algorithms,
        one.subjectClaim,
        JSON.stringify(one.audiences),
        one.profiles,
        one.agents,
        one.actions,
        one.longestSeconds,
        JSON.stringify(one.acr),
        actorOf(act.caller),
      ]);
      if (added === 0) return 'taken';
      const { organization: _, jwks, ...content } = one;
      const keys = jwks?.keys.map((key) => (key as { kid?: unknown }).kid ?? null);
      await acted(statements, act, 'issuer.trusted', { ...content, ...(keys && { keys }) });
      return 'added';
    }),
  removeIssuer: (act, issuer, reason) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run('delete from trusted_issuers where organization = $1 and issuer = $2', [
        act.organization,
        issuer,
      ]);
      return removed === 0 ? undefined : end(statements, act, issuer, reason);
    }),

  links: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<ListedLink>(
        statements,
        {
          select: LINKS,
          parameters: [organization],
          by: [`person ->> 'email'`, 'text'],
          id: `issuer || ' ' || subject`,
          words: [`person ->> 'email'`, `person ->> 'name'`, 'issuer', 'subject'],
          filters: { person: (value) => `person ->> 'id' = ${value}`, issuer: (value) => `issuer = ${value}` },
        },
        asked,
      ),
    ),
  link: (act, { person, issuer, subject }) =>
    database.within(act.organization, async (statements) => {
      const linked = await statements.run(LINK, [
        act.organization,
        person,
        newId('crd'),
        await identifierAt(statements, act.organization, issuer, subject),
        actorOf(act.caller),
      ]);
      if (linked === 0) return 'taken';
      await acted(statements, act, 'person.linked', { linked: person, issuer, subject });
      return 'linked';
    }),
  // By the owner's path: what the account gave them ends with it.
  unlink: (act, { issuer, subject }, reason) =>
    database.transaction(async (statements) => {
      const account = [act.organization, await identifierAt(statements, act.organization, issuer, subject)];
      // The person before their account, as they themselves disconnect it.
      await statements.run(HOLD_LINKED, account);
      const link = await statements.first<{ id: string; person: string; onlyWay: boolean }>(LINKED, account);
      if (!link) return undefined;
      // Whoever has no way in is given one by one administrator, who would take their account over.
      if (link.onlyWay && act.caller.kind === 'person') return 'only_way_in';
      await statements.run('delete from credentials where organization = $1 and id = $2', [act.organization, link.id]);
      await endRolesFrom(statements, act.organization, link.person, issuer);
      return end(statements, act, linkSubject(issuer, link.id), reason);
    }),

  elsewhere: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<Elsewhere>(
        statements,
        {
          select: ELSEWHERE,
          parameters: [organization],
          by: [`agent ->> 'name'`, 'text'],
          id: `authorization_server || ' ' || (agent ->> 'id')`,
          words: [`agent ->> 'name'`, 'authorization_server', 'client_id'],
          filters: {
            agent: (value) => `${value} in (agent ->> 'id', agent ->> 'name')`,
            authorization_server: (value) => `authorization_server = ${value}`,
          },
        },
        asked,
      ),
    ),
  putElsewhere: (act, { agent, authorization_server, client_id, tells, aud_tenant }) =>
    database.within(act.organization, async (statements) => {
      await statements.run(PUT_ELSEWHERE, [
        act.organization,
        authorization_server,
        agent,
        client_id,
        tells,
        aud_tenant,
        actorOf(act.caller),
      ]);
      const content = { authorization_server, client_id, tells, aud_tenant };
      await record(statements, act, 'agent.changed', 'elsewhere_put', content, { agent });
    }),
  removeElsewhere: (act, agent, authorizationServer) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run(
        'delete from agents_elsewhere where organization = $1 and authorization_server = $2 and agent = $3',
        [act.organization, authorizationServer, agent],
      );
      if (removed === 0) return false;
      const content = { authorization_server: authorizationServer };
      await record(statements, act, 'agent.changed', 'elsewhere_removed', content, { agent });
      return true;
    }),
});

async function end(statements: Statements, act: Act, subject: string, reason: string) {
  await writeStop(statements, {
    organization: act.organization,
    kind: 'issuer',
    subject,
    by: actorOf(act.caller),
    reason,
  });
  await record(statements, act, 'authority.stopped', 'issuer', { subject, reason }, {});
  return stopped(statements, act.organization, `issuer:${subject}`);
}

const ISSUERS = `
  select t.organization, t.issuer, t.name, t.tenant, t.jwks_uri as "jwksUri", t.jwks, t.algorithms, t.subject_claim as "subjectClaim",
         t.audiences, t.profiles, t.agents, t.actions, t.longest_seconds as "longestSeconds", t.acr, t.made_by, t.created_at,
         (select count(distinct c.person)::int from credentials c
          where c.organization = t.organization and case when c.kind = 'upstream' then c.identifier::jsonb ->> 0 end = t.issuer) as people
  from trusted_issuers t where t.organization = $1 order by t.name, t.issuer`;

const ADD_ISSUER = `
  insert into trusted_issuers (organization, issuer, name, tenant, jwks_uri, jwks, algorithms, subject_claim, audiences, profiles, agents,
                               actions, longest_seconds, acr, made_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (organization, issuer) do nothing`;

/** By the claim that this organization takes the issuer's people by, now. */
async function identifierAt(
  statements: Statements,
  organization: string,
  issuer: string,
  subject: string,
): Promise<string> {
  const row = await statements.first<{ claim: string | null }>(CLAIM, [organization, issuer]);
  return upstreamIdentifier(issuer, subject, row?.claim ?? 'sub');
}

const CLAIM = `
  select coalesce(
    (select subject_claim from trusted_issuers where organization = $1 and issuer = $2),
    (select subject_claim from sign_in_providers where organization = $1 and issuer = $2)) as claim`;

const LINKS = `
  select json_build_object('id', p.id, 'name', p.name, 'email', p.email) as person,
         c.identifier::jsonb ->> 0 as issuer, c.identifier::jsonb ->> 1 as subject, c.created_at
  from credentials c join people p on p.organization = c.organization and p.id = c.person
  where c.organization = $1 and c.kind = 'upstream'`;

const LINK = `
  insert into credentials (organization, person, id, kind, identifier, made_by) values ($1, $2, $3, 'upstream', $4, $5)
  on conflict (organization, identifier) where kind = 'upstream' do nothing`;

const HOLD_LINKED = `
  select from people
  where organization = $1
    and id in (select person from credentials where organization = $1 and kind = 'upstream' and identifier = $2)
  for no key update`;

const LINKED = `
  select c.id, c.person,
         c.signs_in and not exists (
           select from credentials o where o.organization = c.organization and o.person = c.person and o.id <> c.id
             and (o.kind <> 'upstream' or o.signs_in)) as "onlyWay"
  from credentials c where c.organization = $1 and c.kind = 'upstream' and c.identifier = $2`;

const ELSEWHERE = `
  select json_build_object('id', a.id, 'name', a.name) as agent, e.authorization_server, e.client_id, e.tells, e.aud_tenant
  from agents_elsewhere e join agents a on a.organization = e.organization and a.id = e.agent
  where e.organization = $1`;

const PUT_ELSEWHERE = `
  insert into agents_elsewhere as e (organization, authorization_server, agent, client_id, tells, aud_tenant, made_by)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (organization, authorization_server, agent) do update
  set client_id = excluded.client_id, tells = excluded.tells, aud_tenant = excluded.aud_tenant, made_by = excluded.made_by`;
