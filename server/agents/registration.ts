import { errors } from 'oidc-provider';

import { newId } from '../oauth/ids.ts';
import { checkText } from '../oauth/text.ts';
import { type AgentMode, isAgentMode, withinCeiling } from './agent.ts';
import type { ClientRecord, RegistrationTerms } from './clients.ts';

/** Metadata of `design.md`'s contract that agents send. */
export const SENT_METADATA = ['agent_purpose', 'agent_mode'] as const;
/** Read-only in answers: they come from our tables, whatever a client sends. */
export const OWN_METADATA = ['agent_id', 'agent_status', 'agent_owner', 'organization', 'agent_expires_at'] as const;

const GRANTS = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:token-exchange',
];
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export type Metadata = Record<string, unknown>;

/**
 * RFC 7591 §2, before the engine's own validation: the terms of the initial access token decide, never the agent.
 * Changes `metadata` in place, as the engine's registration policies do.
 *
 * @throws errors.InvalidClientMetadata saying which rule failed and what would pass
 */
export function applyTerms(metadata: Metadata, terms: RegistrationTerms): void {
  checkMetadata(metadata, terms);
  const purpose = metadata.agent_purpose;
  Object.assign(metadata, {
    agent_id: newId('agt'),
    // No purpose, no activation: the agent is there, and its owner can see what is missing.
    agent_status: purpose === undefined ? 'pending' : terms.finalStatus,
    agent_owner: terms.owner,
    organization: terms.organization,
  });
}

/** RFC 7592 §2.2: a replacement passes the same checks, and keeps what the registration decided. */
export function applyRecord(
  metadata: Metadata,
  record: ClientRecord,
  terms: Pick<RegistrationTerms, 'modeCeiling' | 'allowUnbound'>,
): void {
  checkMetadata(metadata, terms);
  Object.assign(metadata, ownMetadata(record));
}

/** What a client is told about its agent. */
export const ownMetadata = ({ organization, agent }: ClientRecord): Metadata =>
  agent === null
    ? {}
    : {
        organization,
        agent_id: agent.id,
        agent_status: agent.status,
        agent_owner: agent.owner,
        agent_mode: agent.mode,
        ...(agent.purpose !== null && { agent_purpose: agent.purpose }),
        ...(agent.expiresAt !== null && { agent_expires_at: Math.floor(agent.expiresAt.getTime() / 1000) }),
      };

/** The mode a registration asked for. */
export const modeOf = (metadata: Metadata): AgentMode => metadata.agent_mode as AgentMode;

function checkMetadata(
  metadata: Metadata,
  { modeCeiling, allowUnbound }: Pick<RegistrationTerms, 'modeCeiling' | 'allowUnbound'>,
): void {
  // A statement we cannot verify would be believed by whoever reads the registration (DCR-06).
  if (metadata.software_statement !== undefined) {
    throw new errors.UnapprovedSoftwareStatement('no software statement issuer is trusted here');
  }
  for (const name of OWN_METADATA) delete metadata[name];

  const { agent_purpose: purpose, client_name: name = 'Unnamed agent' } = metadata;
  metadata.client_name = shortText('client_name', name, 80);
  if (purpose !== undefined) metadata.agent_purpose = shortText('agent_purpose', purpose, 120);
  const mode = metadata.agent_mode ?? (modeCeiling === 'sub_agent' ? 'sub_agent' : 'attended');
  if (!isAgentMode(mode)) throw invalid('agent_mode must be attended, unattended or sub_agent');
  if (!withinCeiling(mode, modeCeiling))
    throw invalid(`agent_mode may not rise above ${modeCeiling} with this initial access token`);
  metadata.agent_mode = mode;

  const grants = metadata.grant_types ?? ['authorization_code'];
  if (!Array.isArray(grants)) throw invalid('grant_types must be an array');
  const unknown = grants.find((grant) => !GRANTS.includes(grant as string));
  if (unknown !== undefined) throw invalid(`grant_types may hold ${GRANTS.join(', ')}`);
  metadata.grant_types = grants;
  if (!grants.includes('authorization_code')) {
    // An agent that never uses a browser needs neither a response type nor a redirect.
    metadata.response_types ??= [];
    metadata.redirect_uris ??= [];
  }
  if (grants.includes('urn:openid:params:grant-type:ciba')) metadata.backchannel_token_delivery_mode ??= 'poll';
  checkRedirects(metadata.redirect_uris, metadata.application_type);

  const method = metadata.token_endpoint_auth_method ?? 'private_key_jwt';
  metadata.token_endpoint_auth_method = method;
  const hasKey = method !== 'none';
  if (!hasKey && grants.some((grant) => grant !== 'authorization_code' && grant !== 'refresh_token')) {
    throw invalid('a public client may only use authorization_code and refresh_token: register a key');
  }
  if (hasKey && metadata.jwks === undefined && metadata.jwks_uri === undefined) {
    throw invalid('register a public key by jwks or jwks_uri: agents have keys, not secrets');
  }
  metadata.dpop_bound_access_tokens ??= hasKey;
  if (hasKey && metadata.dpop_bound_access_tokens !== true && !allowUnbound) {
    throw invalid('dpop_bound_access_tokens must be true with this initial access token');
  }
}

/** Exact redirects to https, loopback, or a scheme of the app's own (DCR-04, BCP-10). */
function checkRedirects(uris: unknown, applicationType: unknown): void {
  if (uris === undefined) return;
  if (!Array.isArray(uris) || uris.length > 20) throw redirect('redirect_uris must be an array of at most 20');
  for (const uri of uris) {
    const url = typeof uri === 'string' ? URL.parse(uri) : null;
    if (!url) throw redirect('redirect_uris must be absolute URIs');
    if (url.username || url.password || url.hash || String(uri).includes('*')) {
      throw redirect('redirect_uris have no user, fragment or wildcard');
    }
    const native = applicationType === 'native' && /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol);
    const loopback = url.protocol === 'http:' && LOOPBACK.includes(url.hostname);
    if (url.protocol !== 'https:' && !loopback && !native) {
      throw redirect(
        'redirect_uris use https, http on loopback, or a private-use scheme with a dot for native applications',
      );
    }
  }
}

function shortText(name: string, value: unknown, limit: number): string {
  if (typeof value !== 'string' || value.trim() === '' || [...value].length > limit) {
    throw invalid(`${name} is a text of 1 to ${limit} characters`);
  }
  const problem = checkText(value);
  if (problem !== undefined) throw invalid(`${name}: ${problem}`);
  return value;
}

const invalid = (description: string) => new errors.InvalidClientMetadata(description);
const redirect = (description: string) => new errors.CustomOIDCProviderError('invalid_redirect_uri', description);
