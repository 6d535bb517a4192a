import type { LinkedPerson, TrustedIssuer, TrustedIssuerStore } from '../../server/people/trusted-issuer.ts';
import type { Statements } from './database.ts';

/** What the protocol path asks: by organization, always. */
export const postgresTrustedIssuers = (statements: Statements): TrustedIssuerStore => ({
  find: (organization, issuer) =>
    statements.first<TrustedIssuer>(`${SELECT_ISSUER} where organization = $1 and issuer = $2`, [organization, issuer]),
  person: (organization, identifier) => statements.first<LinkedPerson>(PERSON, [organization, identifier]),
});

export const SELECT_ISSUER = `
  select organization, issuer, name, tenant, jwks_uri as "jwksUri", jwks, algorithms, subject_claim as "subjectClaim", audiences, profiles,
         agents, actions, longest_seconds as "longestSeconds", acr
  from trusted_issuers`;

const PERSON = `
  select p.id, p.status = 'active' as active, c.id as link
  from credentials c join people p on p.organization = c.organization and p.id = c.person
  where c.organization = $1 and c.kind = 'upstream' and c.identifier = $2`;

/** An agent and its person as another authorization server knows them, as far as it is to be told. */
export const elsewhereOf = (
  statements: Statements,
  organization: string,
  authorizationServer: string,
  agent: string,
  person: string,
) =>
  statements.first<{
    authorizationServer: string;
    clientId: string;
    audTenant: string | null;
    audSub: string | null;
    email: string | null;
  }>(ELSEWHERE, [organization, authorizationServer, agent, person]);

const ELSEWHERE = `
  select e.authorization_server as "authorizationServer", e.client_id as "clientId", e.aud_tenant as "audTenant",
         case when 'email' = any(e.tells) then p.email end as email,
         case when 'aud_sub' = any(e.tells) then (
           select c.identifier::jsonb ->> 1 from credentials c
           where c.organization = $1 and c.person = $4 and case when c.kind = 'upstream' then c.identifier::jsonb ->> 0 end = $2
           order by c.created_at limit 1) end as "audSub"
  from agents_elsewhere e join people p on p.organization = e.organization and p.id = $4
  where e.organization = $1 and e.authorization_server = $2 and e.agent = $3`;
