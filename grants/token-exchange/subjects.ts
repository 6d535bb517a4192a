import type { ClientRecord } from '../../server/agents/clients.ts';
import { lineageUnder } from '../../server/delegation/chain.ts';
import { readToken, type TokenReader } from '../../server/delegation/subject.ts';
import type { IssuedToken, PresentedToken } from '../../server/delegation/token.ts';
import { parseJws } from '../../server/oauth/jws.ts';
import { allow, type Outcome, refuse } from '../../server/oauth/refusal.ts';
import type { Claim } from '../covered-by-task.ts';
import type { Caller } from '../grant.ts';

export interface SubjectDependencies {
  reader: TokenReader;
  /** A person of the organization, if active. */
  activePerson(organization: string, id: string): Promise<boolean>;
  /** The claim of a JWT that an issuer signed whom this organization trusts. */
  trustedClaim(value: string, client: ClientRecord, presented: 'jwt' | 'id_token'): Promise<Outcome<Claim>>;
}

/** What a subject token is: authority of ours, or a statement of who the person is. */
export type Subject = { token: PresentedToken; claim?: undefined } | { token?: undefined; claim: Claim };

/**
 * The subject of an exchange by its declared type (RFC 8693 §3, TX-01): `access_token` is one of ours; `id_token` is
 * for this client, of ours or of a trusted issuer; `jwt` is a trusted issuer's.
 */
export async function readSubject(
  { value, type }: { value: string; type: 'access_token' | 'id_token' | 'jwt' },
  caller: Caller,
  dependencies: SubjectDependencies,
): Promise<Outcome<Subject>> {
  const { client } = caller;
  const { reader } = dependencies;
  if (type === 'access_token') {
    const read = await readToken(value, reader);
    return read.ok ? subjectOf(read.value, caller) : read;
  }
  const isOurs = parseJws(value)?.payload.iss === reader.issuer;
  if (isOurs && type === 'jwt') return invalid('a token of this server says which it is');
  if (isOurs) return idTokenClaim(value, client, dependencies);
  if (client.agent === null) return invalid('no agent');
  const claim = await dependencies.trustedClaim(value, client, type);
  return claim.ok ? allow({ claim: claim.value }) : claim;
}

const invalid = (detail: string) => refuse({ reason: 'subject_token_invalid', detail });

function subjectOf(token: PresentedToken, { client, organization }: Caller): Outcome<Subject> {
  const owns = client.kind === 'resource_server' && token.resourceServer === client.clientId;
  // Nothing crosses organizations, except through the server of a resource that all of them share.
  if (token.organization !== organization && !owns && token.clientId !== client.clientId) {
    return invalid('of another organization');
  }
  return allow(isApplicationToken(token) && client.agent ? { claim: claimOf(token) } : { token });
}

/** A token of the company's own application: it carries no task and no actor. */
const isApplicationToken = (token: IssuedToken): boolean =>
  token.kind === 'root' && token.agents.length === 0 && token.person !== null;

/** What an application's token says: for whom, not what. */
const claimOf = (token: IssuedToken): Claim => ({
  organization: token.organization,
  person: token.person ?? '',
  // Bound to the application's key, it is worth something in the application's hands alone (TX-05).
  boundTo: token.boundTo,
  // A stop of the application ends what came before its sign-in, not after.
  since: token.since,
  expiresAt: token.expiresAt,
  authentication: token.authentication,
  lineage: lineageUnder(token, {}),
  parent: token.jti,
});

/** OpenID Connect Core §3.1.3.7: an ID token of ours, for the authenticated client alone (TX-01, JAG-02). */
async function idTokenClaim(
  value: string,
  client: ClientRecord,
  { reader, activePerson }: SubjectDependencies,
): Promise<Outcome<Subject>> {
  if (client.agent === null) return invalid('no agent');
  const payload = reader.keys.verify(value, 'jwt');
  if (!payload) return invalid('not an ID token of ours');
  const { sub, aud, exp, iat, auth_time, acr, amr } = payload;
  // A logout token has events and an ID token never (RFC 8725 §3.11); neither has a client assertion our signature.
  if (aud !== client.clientId || typeof sub !== 'string' || 'events' in payload) return invalid('not for this client');
  if (typeof exp !== 'number' || typeof iat !== 'number' || exp * 1000 <= Date.now()) return invalid('expired');
  if (!(await activePerson(client.organization, sub))) return invalid('the person is not active');
  return allow({
    claim: {
      organization: client.organization,
      person: sub,
      boundTo: null,
      since: new Date(iat * 1000),
      expiresAt: new Date(exp * 1000),
      authentication: {
        ...(typeof acr === 'string' && { acr }),
        ...(Array.isArray(amr) && { amr: amr as string[] }),
        ...(typeof auth_time === 'number' && { auth_time }),
      },
      lineage: [`client:${client.clientId}`],
    },
  });
}
