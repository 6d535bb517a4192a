import type { Context } from 'koa';

import { type ClientStore, DEPLOYMENT } from '../agents/clients.ts';
import { readToken, type TokenReader } from '../delegation/subject.ts';
import { type BindingProofs, challenge, presentedToken, unprovenBinding } from '../http/bearer.ts';
import { PROOF_ALGORITHMS } from '../oauth/proof.ts';
import type { PeopleStore, Person } from '../people/person.ts';
import { type AdminCaller, type AdminOutcome, done } from './admin.ts';
import { VIEWERS } from './console.ts';

export interface CallerDependencies {
  reader: TokenReader;
  clients: ClientStore;
  people: PeopleStore;
  proofs: BindingProofs;
  hasPasskey(person: Pick<Person, 'organization' | 'id'>): Promise<boolean>;

  /** Does this person answer for an agent? */
  ownsAgents(organization: string, person: string): Promise<boolean>;
}

/** Whoever calls, and how much of what they may do this token carries. */
export interface Called {
  caller: AdminCaller;
  /** Its scope is `admin.read`. */
  readOnly: boolean;
  /** When the person signed in; undefined for the operator, whose key speaks anew for each token. */
  authenticatedAt: Date | undefined;
  /** How they did; `phr`: with a passkey. */
  acr: string | undefined;

  /** They answer for an agent, whatever roles they have. */
  owns: boolean;
}

/**
 * An access token of ours for this server itself with scope `admin`, of a command line, bound to a key. Whoever is behind it is looked
 * up anew at every request: an administrator who lost the role, or was stopped, loses the rest of their hour as well.
 */
export async function callerOf(
  ctx: Context,
  { reader, clients, people, proofs, ownsAgents }: CallerDependencies,
): Promise<AdminOutcome<Called>> {
  const presented = presentedToken(ctx);
  if (!presented) {
    ctx.set('WWW-Authenticate', 'DPoP scope="admin"');
    return {
      ok: false,
      status: 401,
      reason: 'not_signed_in',
      detail: 'an access token with the scope admin is required',
    };
  }
  const read = await readToken(presented.value, reader);
  const refusal = read.ok ? await unprovenBinding(ctx, presented, read.value.boundTo, proofs) : 'invalid_token';
  if (!read.ok || refusal) {
    challenge(ctx, refusal ?? 'invalid_token');
    return {
      ok: false,
      status: 401,
      reason: 'not_signed_in',
      detail: 'the access token is not active, or not with this proof',
    };
  }
  const token = read.value;
  if (token.boundTo === null) {
    // Stolen from a log or a proxy it would open everything that an administrator may, for an hour (RFC 9449 §1).
    ctx.set('WWW-Authenticate', `DPoP error="invalid_token", algs="${PROOF_ALGORITHMS.join(' ')}", scope="admin"`);
    return {
      ok: false,
      status: 401,
      reason: 'key_required',
      detail: 'access tokens of administrators are bound to a key: ask for one with a DPoP proof (RFC 9449)',
    };
  }
  const client = await clients.find(token.clientId);
  const readOnly = !token.scopes.includes('admin');
  const isAdministration =
    token.resource === reader.issuer && (!readOnly || token.scopes.includes('admin.read')) && token.agent === null;
  if (isAdministration && client?.kind === 'command_line' && client.organization === DEPLOYMENT) {
    if (token.person === null && token.kind === 'own')
      return done({
        caller: { kind: 'operator', client: client.clientId },
        readOnly,
        authenticatedAt: undefined,
        acr: undefined,
        owns: false,
      });
    const person = token.person === null ? undefined : await people.find(token.person);
    if (person?.status === 'active') {
      const owns = await ownsAgents(person.organization, person.id);
      if (owns || VIEWERS.some((role) => person.roles.includes(role))) {
        const { auth_time = 0, acr } = token.authentication;
        const caller = { kind: 'person' as const, client: client.clientId, person };
        return done({ caller, readOnly, authenticatedAt: new Date(auth_time * 1000), acr, owns });
      }
    }
  }
  ctx.set('WWW-Authenticate', 'DPoP error="insufficient_scope", scope="admin"');
  return {
    ok: false,
    status: 403,
    reason: 'not_an_administrator',
    detail: 'this is for the operator, for administrators, and for whoever answers for an agent',
  };
}
