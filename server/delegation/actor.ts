import { inEnglish } from '../../views/words/saying.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { isActive } from '../agents/clients.ts';
import type { Binding } from '../oauth/binding.ts';
import type { Jws } from '../oauth/jws.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import { plainJws } from '../people/trusted-jwt.ts';
import type { Actor } from './exchange.ts';
import { readToken, type TokenReader } from './subject.ts';

export interface ActorReader {
  reader: TokenReader;
  client(clientId: string): Promise<ClientRecord | undefined>;
  /** The content of a JWT that one of the client's registered keys signed. */
  signedBy(client: ClientRecord, jwt: string): Promise<Pick<Jws, 'header' | 'payload'> | undefined>;
  thumbprints(client: ClientRecord): Promise<readonly string[]>;
}

/** An actor as its token proves it, and what has to be remembered of the token: it counts once. */
export type ReadActor = Actor & { use: { issuer: string; jti: string } };

/** Seconds since it was made: it says that somebody is there now (SPL-04). */
const FRESH_SECONDS = 300;
const CLOCK_SECONDS = 60;

/**
 * The `actor_token` of an exchange (RFC 8693 §2.1): a JWT that an agent signed with its registered key (`iss` its
 * client, `sub` itself, for this server alone), or an access token that the authenticated client was issued for
 * itself. Whether this actor may act here is for the rules.
 */
export function readActor(
  { value, type }: { value: string; type: 'jwt' | 'access_token' },
  caller: { client: ClientRecord; boundTo: Binding | undefined },
  dependencies: ActorReader,
): Promise<Outcome<ReadActor>> {
  return type === 'jwt' ? readSigned(value, caller.client, dependencies) : readIssued(value, caller, dependencies);
}

const invalid = (detail: string) => refuse({ reason: 'actor_token_invalid', detail });

async function readSigned(
  value: string,
  caller: ClientRecord,
  { reader, client: find, signedBy, thumbprints }: ActorReader,
): Promise<Outcome<ReadActor>> {
  const jws = plainJws(value);
  if ('problem' in jws) return invalid(inEnglish(jws.problem));
  const { header, payload } = jws;
  // No access token, proof or assertion that says what it is passes as something else (RFC 8725 §3.11).
  const typ = header.typ === undefined ? undefined : String(header.typ).toLowerCase();
  if (typ !== undefined && typ !== 'jwt' && typ !== 'actor-token+jwt') return invalid('wrong typ');
  const { iss, sub, aud, iat, exp, jti, act } = payload;
  if (act !== undefined) return refuse({ reason: 'actor_token_acts' });
  if (typeof iss !== 'string' || typeof sub !== 'string') return invalid('iss and sub are required');
  if (aud !== reader.issuer) return invalid('not for this server alone');
  if (typeof jti !== 'string' || jti === '') return invalid('jti is required');
  if (typeof iat !== 'number' || typeof exp !== 'number') return invalid('iat and exp are required');
  const now = Date.now() / 1000;
  if (iat > now + CLOCK_SECONDS || iat < now - FRESH_SECONDS || exp <= now || exp - iat > FRESH_SECONDS) {
    return invalid('not fresh');
  }
  const client = iss === caller.clientId ? caller : await find(iss);
  // `sub` is the agent and not the client, so that a client assertion is never an actor token.
  if (client?.agent == null || client.agent.id !== sub) return invalid('not of an agent');
  if (client.organization !== caller.organization) return invalid('of another organization');
  if (!isActive(client, Date.now())) return invalid('the agent is not active');
  if (!(await signedBy(client, value))) return invalid('not signed by the agent');
  const [key] = await thumbprints(client);
  return allow({
    agent: sub,
    client: client.clientId,
    key,
    expiresAt: new Date(exp * 1000),
    use: { issuer: iss, jti },
  });
}

async function readIssued(
  value: string,
  { client, boundTo }: { client: ClientRecord; boundTo: Binding | undefined },
  { reader }: ActorReader,
): Promise<Outcome<ReadActor>> {
  const read = await readToken(value, reader);
  if (!read.ok) return invalid('not an access token of ours that is alive');
  const token = read.value;
  if (token.act !== null) return refuse({ reason: 'actor_token_acts' });
  if (token.kind !== 'own' || token.agent === null) return invalid('not an agent’s own');
  // Of the authenticated client alone: whoever came by another agent's token is not that agent (SPL-01).
  if (token.clientId !== client.clientId) return invalid('issued to another client');
  if (token.resource !== reader.issuer) return invalid('not for this server alone');
  if (token.issuedAt.getTime() < Date.now() - FRESH_SECONDS * 1000) return invalid('not fresh');
  if (token.boundTo !== null && token.boundTo !== boundTo) return refuse({ reason: 'key_mismatch' });
  return allow({
    agent: token.agent,
    client: token.clientId,
    key: boundTo,
    expiresAt: token.expiresAt,
    use: { issuer: reader.issuer, jti: token.jti },
  });
}
