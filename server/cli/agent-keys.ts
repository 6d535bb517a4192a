import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { JWK } from 'jose';

import { call } from './client.ts';
import { issuerOf, type Place } from './credentials.ts';
import { Failure } from './failure.ts';
import { newKey, reserve } from './keys.ts';

/** What an agent's builder keeps: its key, and what changes its registration (RFC 7592). */
interface AgentFile {
  issuer: string;
  client_id: string;
  agent_id: string;
  jwk: JWK;
  registration_client_uri: string;
  registration_access_token: string;
}

type Registration = Record<string, unknown> & AgentFile & { agent_status: string };

/**
 * Registers an agent on the one path there is (RFC 7591): an initial access token for this owner, this deputy and one
 * use, and then the registration that any builder would send.
 */
export async function createAgent(
  place: Place,
  name: string,
  options: {
    owner: string;
    deputy: string;
    purpose: string;
    mode: string;
    status: string;
    actions?: string[];
    environment?: string;
    redirectUri: string[];
    out: string;
    organization?: string;
  },
): Promise<Registration> {
  reserve(options.out);
  try {
    const { jwk, publicJwk } = await newKey();
    const registration = await register(place, { ...options, name, jwks: { keys: [publicJwk] } });
    writeAgentFile(options.out, { ...registration, issuer: issuerOf(place), jwk });
    return registration;
  } catch (error) {
    rmSync(options.out, { force: true }); // nothing was made: the name is free again
    throw error;
  }
}

/** One agent with this public key, or the address of its keys. */
export async function register(
  place: Place,
  agent: {
    name: string;
    owner: string;
    deputy: string;
    purpose: string;
    mode: string;
    status: string;
    actions?: string[] | undefined;
    environment?: string | undefined;
    redirectUri: string[];
    organization?: string | undefined;
    jwks?: { keys: JWK[] } | undefined;
    jwks_uri?: string | undefined;
    grantTypes?: string[] | undefined;
    /** Until it ends. */
    days?: number | undefined;
  },
): Promise<Registration> {
  const { owner, deputy, mode, status, organization, days, environment } = agent;
  const ends = days === undefined ? {} : { agent_expires_in: days * 86_400 };
  const token = await call<{ initial_access_token: string; registration_endpoint: string }>(
    place,
    '/initial-access-tokens',
    {
      method: 'POST',
      body: { owner, deputy, mode, status, organization, environment, uses: 1, expires_in: 300, ...ends },
    },
  );
  return send(token.registration_endpoint, 'POST', token.initial_access_token, {
    client_name: agent.name,
    agent_purpose: agent.purpose,
    agent_mode: mode,
    ...(agent.jwks && { jwks: agent.jwks }),
    ...(agent.jwks_uri !== undefined && { jwks_uri: agent.jwks_uri }),
    ...(agent.actions && { authorization_details_types: agent.actions }),
    grant_types: agent.grantTypes ?? grantsOf(agent),
    ...(agent.redirectUri.length > 0
      ? {
          redirect_uris: agent.redirectUri,
          application_type: agent.redirectUri.every((uri) => uri.startsWith('https:')) ? 'web' : 'native',
        }
      : { redirect_uris: [], response_types: [] }),
  });
}

/** What an agent needs by how it runs: a browser, the way from behind, or what others hand to it. */
function grantsOf({ mode, redirectUri }: { mode: string; redirectUri: readonly string[] }): string[] {
  return [
    ...(redirectUri.length > 0 ? ['authorization_code'] : []),
    ...(mode === 'sub_agent' ? [] : ['urn:openid:params:grant-type:ciba']),
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ];
}

/** A new key beside the old one, so that nothing breaks while it is rolled out; `finish` takes the old one away. */
export async function rotateKey(
  { issuer }: Place,
  path: string,
  finish: boolean,
): Promise<{ client_id: string; keys: number; waits_for?: string }> {
  const file = JSON.parse(readFileSync(path, 'utf8')) as AgentFile;
  if (issuer !== undefined && issuer !== file.issuer)
    throw new Failure('usage', `${path} is of ${file.issuer}, not of ${issuer}.`);
  const before = await send(file.registration_client_uri, 'GET', file.registration_access_token);
  const keys = (before.jwks as { keys?: JWK[] } | undefined)?.keys ?? [];
  const made = finish ? undefined : await newKey();
  const kept = finish ? keys.filter(({ kid }) => kid === file.jwk.kid) : keys;
  if (kept.length === 0) throw new Failure('conflict', `The key in ${path} is not registered (any more).`);
  const {
    registration_client_uri: uri,
    registration_access_token: _,
    client_id_issued_at: __,
    client_secret_expires_at: ___,
    pending_change: ____,
    ...metadata
  } = before;
  for (const readOnly of ['agent_id', 'agent_status', 'agent_owner', 'organization', 'agent_expires_at'])
    delete metadata[readOnly];
  const after = await send(uri ?? file.registration_client_uri, 'PUT', file.registration_access_token, {
    ...metadata,
    jwks: { keys: made ? [made.publicJwk, ...kept] : kept },
  });
  const waiting = after.pending_change as { waits_for?: string } | undefined;
  writeAgentFile(path, {
    ...file,
    jwk: made?.jwk ?? file.jwk,
    registration_access_token: after.registration_access_token ?? file.registration_access_token,
  });
  return {
    client_id: file.client_id,
    keys: kept.length + (made ? 1 : 0),
    ...(waiting?.waits_for !== undefined && { waits_for: waiting.waits_for }),
  };
}

async function send(url: string, method: string, token: string, body?: object): Promise<Registration> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json().catch(() => ({}))) as Registration & {
    error_description?: string;
    error?: string;
  };
  if (response.ok) return answer;
  throw new Failure(
    response.status === 401 ? 'notSignedIn' : response.status === 403 ? 'refused' : 'error',
    `The registration was refused: ${answer.error_description ?? answer.error ?? response.status}`,
  );
}

/** Beside, then in its place: a full disk loses neither the old key nor the new one. */
function writeAgentFile(path: string, file: AgentFile): void {
  const { issuer, client_id, agent_id, jwk, registration_client_uri, registration_access_token } = file;
  const kept = { issuer, client_id, agent_id, jwk, registration_client_uri, registration_access_token };
  writeFileSync(`${path}.new`, `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
