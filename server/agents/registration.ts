import type { JsonWebKey } from 'node:crypto';
import { errors } from 'oidc-provider';
import { KEYS_REFUSED } from '../../views/words/console-agent-changes.ts';
import { UNFIT } from '../../views/words/console-register.ts';
import { REGISTRATION_REFUSED } from '../../views/words/console-registration-refused.ts';
import { HOSTILE } from '../../views/words/console-values.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import { newId } from '../oauth/ids.ts';
import { lookAlikesIn } from '../oauth/look-alikes.ts';
import { DEPTH_LIMIT, depthProblem } from '../oauth/strict-json.ts';
import { A_MEMBER_NAME, checkSpacing, checkText, checkTexts, controlCharacter } from '../oauth/text.ts';
import { type AgentMode, isAgentMode, withinCeiling } from './agent.ts';
import { ATTESTED } from './attestation.ts';
import { certificatesIn, SUBJECT_MEMBERS, subjectProblem, TLS_METHODS } from './certificate.ts';
import { isSecretMethod } from './client-secret.ts';
import type { ClientRecord, RegistrationTerms } from './clients.ts';
import { checkDelivery, type DeliveryTerms } from './delivery.ts';
import { isSameSite } from './document.ts';
import { canAuthenticate, hasOddEnd, isForSomethingElse, type Jwk } from './keys.ts';
import { PRESETS, type PresetName, purposeOf, strangeRedirects } from './presets.ts';
import { invalid, invalidRedirect, saidOf } from './refused.ts';
import { workloadProblem } from './workload.ts';

/** Metadata of `design.md`'s contract that agents send. */
export const SENT_METADATA = [
  'agent_purpose',
  'agent_mode',
  'profile',
  'software_statement',
  'software_id',
  'software_version',
  'workload_identity',
  'client_attester',
] as const;
/** Read-only in answers: they come from our tables, whatever a client sends. */
export const OWN_METADATA = ['agent_id', 'agent_status', 'agent_owner', 'organization', 'agent_expires_at'] as const;

const GRANTS = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
];
/** Not by itself: whose agent it is, is then said by nothing in the request. */
const GRANTS_OF_DOCUMENTS = GRANTS.filter((grant) => grant !== 'authorization_code' && grant !== 'client_credentials');
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export type Metadata = Record<string, unknown>;

/** What a registration may not go beyond. */
export interface Limits extends Pick<RegistrationTerms, 'modeCeiling' | 'allowUnbound'> {
  /** May this organization ask for this type? Another organization's type does not exist for it. */
  mayAsk(type: string): boolean;
  /** The authentication methods by certificate that work here; none: nothing here asks for certificates. */
  certificates: readonly string[];
  delivery: DeliveryTerms;
  attestation: AttestationTerms;
  /** The secret that an administrator allowed this client, by its method. */
  secret?: unknown;
}

/** Of the attester that a registration names. */
export type AttestationTerms = 'not offered' | 'untrusted' | 'trusted';

/**
 * RFC 7591 §2, before the engine's own validation: the terms of the initial access token decide, never the agent.
 * Changes `metadata` in place, as the engine's registration policies do.
 *
 * @throws errors.InvalidClientMetadata saying which rule failed and what would pass
 */
export function applyTerms(metadata: Metadata, terms: RegistrationTerms & Limits): void {
  if (terms.preset !== null) applyPreset(metadata, terms.preset);
  checkMetadata(metadata, terms);
  const purpose = metadata.agent_purpose;
  Object.assign(metadata, {
    agent_id: newId('agt'),
    // No purpose, no activation: the agent is there, and its owner can see what is missing.
    agent_status: purpose === undefined ? 'pending' : terms.finalStatus,
    agent_owner: terms.owner,
    organization: terms.organization,
    ...(terms.agentSeconds !== null && { agent_expires_at: Math.floor(Date.now() / 1000) + terms.agentSeconds }),
  });
}

/** What is known of a well-known client beforehand: a public one, whose answers go nowhere but to it. */
function applyPreset(metadata: Metadata, preset: PresetName): void {
  const { name, redirects } = PRESETS[preset];
  const [strange] = strangeRedirects(preset, metadata.redirect_uris ?? []);
  if (strange !== undefined || metadata.redirect_uris === undefined) {
    throw invalidRedirect(saying(REGISTRATION_REFUSED.presetRedirects, { name, redirects: redirects.join(', ') }));
  }
  Object.assign(metadata, {
    client_name: name,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  });
  for (const member of ['jwks', 'jwks_uri', 'agent_mode']) delete metadata[member];
  metadata.agent_purpose ??= purposeOf(preset);
}

/** RFC 7592 §2.2: a replacement passes the same checks, and keeps what the registration decided. */
export function applyRecord(metadata: Metadata, record: ClientRecord, limits: Limits): void {
  checkMetadata(metadata, limits);
  const { agent_purpose: before, ...decided } = ownMetadata(record);
  Object.assign(metadata, decided);
  // The purpose is the agent's to say, and once said it is never missing again.
  if (before !== undefined) metadata.agent_purpose ??= before;
}

/**
 * What a metadata document describes (CIMD), by the checks of a registration: a client that begins in the browser,
 * whatever else it would like to be. With a key it may also ask from behind and exchange, where it is known already.
 *
 * @throws errors.InvalidClientMetadata
 */
export function applyDocument(document: Metadata, mayAsk: (type: string) => boolean): Metadata {
  const {
    grant_types: grants,
    authorization_details_types: types,
    token_endpoint_auth_method: method,
    jwks,
  } = document;
  const wanted = Array.isArray(grants) ? grants : [];
  const more = method === 'none' ? ['refresh_token'] : GRANTS_OF_DOCUMENTS;
  const metadata: Metadata = {
    ...document,
    grant_types: ['authorization_code', ...more.filter((grant) => wanted.includes(grant))],
    response_types: ['code'],
    // Keys and types for other servers are none of ours.
    ...(isObject(jwks) && Array.isArray(jwks.keys) && { jwks: { keys: jwks.keys.filter(canAuthenticate) } }),
    ...(Array.isArray(types) && { authorization_details_types: types.filter((type) => mayAsk(String(type))) }),
  };
  checkMetadata(metadata, {
    modeCeiling: 'attended',
    allowUnbound: true,
    mayAsk,
    certificates: [],
    delivery: { push: false, notificationHosts: [] },
    attestation: 'not offered',
  });
  delete metadata.agent_mode;
  return metadata;
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

/**
 * Why this registration is refused, to whoever reads it at a page of ours, which sent it and was answered for machines.
 * Undefined where it is none of the rules here: the engine's, or one that needs to know more than these.
 */
export function whyRefused(metadata: Metadata, limits: Limits): Saying | undefined {
  try {
    checkMetadata(structuredClone(metadata), limits);
    return undefined;
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    return saidOf(error);
  }
}

function checkMetadata(
  metadata: Metadata,
  { modeCeiling, allowUnbound, mayAsk, certificates, delivery, attestation, secret }: Limits,
): void {
  if (depthProblem(metadata) !== undefined) throw invalid(saying(REGISTRATION_REFUSED.nested, { levels: DEPTH_LIMIT }));
  const hostile = checkTexts(metadata, '', controlCharacter);
  if (hostile) {
    const member = hostile.field === A_MEMBER_NAME ? saying(REGISTRATION_REFUSED.aMemberName) : hostile.field;
    throw invalid(saying(REGISTRATION_REFUSED.has, { member, problem: saying(HOSTILE[hostile.problem]) }));
  }
  // There are no secrets here, and no pairwise subjects whose sector we would have to fetch. What the engine made
  // before it knew the method must not be stored either.
  for (const name of [...OWN_METADATA, 'client_secret', 'client_secret_expires_at', 'sector_identifier_uri']) {
    delete metadata[name];
  }

  const { agent_purpose: purpose, client_name: name = 'Unnamed agent' } = metadata;
  metadata.client_name = shortText('client_name', name, 80);
  const pretends = nameProblem(metadata.client_name as string);
  if (pretends !== undefined)
    throw invalid(saying(REGISTRATION_REFUSED.unfit, { member: 'client_name', problem: saying(pretends) }));
  if (purpose !== undefined) metadata.agent_purpose = shortText('agent_purpose', purpose, 120);
  const mode = metadata.agent_mode ?? (modeCeiling === 'sub_agent' ? 'sub_agent' : 'attended');
  if (!isAgentMode(mode)) throw invalid(saying(REGISTRATION_REFUSED.mode));
  if (!withinCeiling(mode, modeCeiling)) throw invalid(saying(REGISTRATION_REFUSED.modeCeiling, { mode: modeCeiling }));
  metadata.agent_mode = mode;

  const grants = metadata.grant_types ?? ['authorization_code'];
  if (!Array.isArray(grants)) throw invalid(saying(REGISTRATION_REFUSED.grantsArray));
  const unknown = grants.find((grant) => !GRANTS.includes(grant as string));
  if (unknown !== undefined) throw invalid(saying(REGISTRATION_REFUSED.grants, { grants: GRANTS.join(', ') }));
  metadata.grant_types = grants;
  if (!grants.includes('authorization_code')) {
    // An agent that never uses a browser needs neither a response type nor a redirect.
    metadata.response_types ??= [];
    metadata.redirect_uris ??= [];
  }
  metadata.application_type = checkRedirects(metadata.redirect_uris, metadata.application_type);
  checkTypes(metadata.authorization_details_types, mayAsk);

  const method = metadata.token_endpoint_auth_method ?? 'private_key_jwt';
  metadata.token_endpoint_auth_method = method;
  // Once allowed, it stays so when its builder replaces the registration; nobody gets one by asking for it here (F2-05).
  const byAllowedSecret = isSecretMethod(method) && method === secret;
  if (typeof method === 'string' && method.startsWith('client_secret') && !byAllowedSecret) {
    throw invalid(saying(REGISTRATION_REFUSED.secret));
  }
  const hasKey = method !== 'none';
  if (!hasKey && grants.some((grant) => grant !== 'authorization_code' && grant !== 'refresh_token')) {
    throw invalid(saying(REGISTRATION_REFUSED.publicGrants));
  }
  checkCertificate(metadata, certificates);
  // Vouched for by an authority, under a name: there is no key to register.
  if (metadata.workload_identity !== undefined) applyWorkload(metadata);
  else if (method === ATTESTED || metadata.client_attester !== undefined) checkAttester(metadata, attestation);
  else if (hasKey && ((method !== 'tls_client_auth' && !byAllowedSecret) || metadata.jwks !== undefined))
    checkKeys(metadata);

  // Bound to what the client has: its certificate, or a key of its choice.
  const byCertificate = TLS_METHODS.some((name) => name === method);
  if (metadata.dpop_bound_access_tokens !== true && byCertificate) {
    metadata.tls_client_certificate_bound_access_tokens ??= true;
  }
  const bound = metadata.tls_client_certificate_bound_access_tokens === true;
  metadata.dpop_bound_access_tokens ??= hasKey && !bound;
  if (hasKey && !bound && metadata.dpop_bound_access_tokens !== true && !allowUnbound) {
    throw invalid(saying(REGISTRATION_REFUSED.mustBind));
  }
  if (byAllowedSecret && !bound && metadata.dpop_bound_access_tokens !== true) {
    throw invalid(saying(REGISTRATION_REFUSED.secretBound));
  }
  leaveOutForeignPages(metadata);
  checkDelivery(metadata, delivery);
}

/**
 * RFC 7591 §5: pages and pictures that a registration names belong to whoever answers at its redirects. Any others are left
 * out, as the answer shows: nobody fetches or shows them here, but whoever reads the registration elsewhere might (DCR-05).
 */
function leaveOutForeignPages(metadata: Metadata): void {
  const redirects = Array.isArray(metadata.redirect_uris) ? metadata.redirect_uris : [];
  const hosts = redirects.flatMap((uri) => {
    const url = URL.parse(String(uri));
    return url?.protocol === 'https:' ? [url.hostname] : [];
  });
  if (hosts.length === 0) return; // on the person's own computer: there is nothing to compare with
  for (const name of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']) {
    const url = typeof metadata[name] === 'string' ? URL.parse(metadata[name]) : null;
    if (url && !hosts.some((host) => isSameSite(host, url.hostname))) delete metadata[name];
  }
}

/** A client that authenticates by what its platform says of it has no key of its own to register. */
function applyWorkload(metadata: Metadata): void {
  const problem = workloadProblem(metadata.workload_identity);
  if (problem !== undefined) throw invalid(saying(problem));
  if (metadata.token_endpoint_auth_method !== 'private_key_jwt' || keysIn(metadata) !== undefined) {
    throw invalid(saying(REGISTRATION_REFUSED.workloadKeys));
  }
}

const keysIn = ({ jwks, jwks_uri: uri }: Metadata): unknown => jwks ?? uri;

/** Each instance has a key of its own, which its attester names; none of them is registered (ATT-01). */
function checkAttester(metadata: Metadata, attestation: AttestationTerms): void {
  const { token_endpoint_auth_method: method, client_attester: attester } = metadata;
  if (method !== ATTESTED) throw invalid(saying(REGISTRATION_REFUSED.attesterFor, { method: ATTESTED }));
  if (attestation === 'not offered') throw invalid(saying(REGISTRATION_REFUSED.attestationOff, { method: ATTESTED }));
  if (typeof attester !== 'string') throw invalid(saying(REGISTRATION_REFUSED.attesterMissing, { method: ATTESTED }));
  if (attestation === 'untrusted') {
    throw invalid(saying(REGISTRATION_REFUSED.attesterUntrusted, { attester: shown(attester) }));
  }
  if (keysIn(metadata) !== undefined) throw invalid(saying(REGISTRATION_REFUSED.attesterKeys));
  if (metadata.tls_client_certificate_bound_access_tokens === true || metadata.dpop_bound_access_tokens === false) {
    throw invalid(saying(REGISTRATION_REFUSED.attestedBound));
  }
}

/** RFC 8705 §2.1.2, §2.2.2, §3.4. What the engine would drop without a word is refused here: it would be missed. */
function checkCertificate(metadata: Metadata, methods: readonly string[]): void {
  const { token_endpoint_auth_method: method, tls_client_certificate_bound_access_tokens: bound } = metadata;
  if (bound !== undefined && typeof bound !== 'boolean') {
    throw invalid(saying(REGISTRATION_REFUSED.boundBoolean));
  }
  if (bound === true && methods.length === 0) throw invalid(saying(REGISTRATION_REFUSED.noCertificates));
  if (bound === true && metadata.dpop_bound_access_tokens === true) {
    throw invalid(saying(REGISTRATION_REFUSED.boundTwice));
  }
  const subjects = SUBJECT_MEMBERS.filter((member) => metadata[member] !== undefined);
  if (method !== 'tls_client_auth') {
    const [member] = subjects;
    if (member !== undefined) throw invalid(saying(REGISTRATION_REFUSED.subjectFor, { member }));
  } else if (methods.includes(method)) {
    const [member] = subjects;
    if (member === undefined || subjects.length > 1) {
      throw invalid(saying(REGISTRATION_REFUSED.subjectOne, { members: SUBJECT_MEMBERS.join(', ') }));
    }
    const problem = subjectProblem(member, metadata[member]);
    if (problem !== undefined) throw invalid(problem);
  }
  if (method === 'self_signed_tls_client_auth' && metadata.jwks !== undefined && !holdCertificates(metadata.jwks)) {
    throw invalid(saying(REGISTRATION_REFUSED.certificatesInJwks));
  }
}

/** A certificate of another key would be taken in the name of this one. */
function holdCertificates(jwks: unknown): boolean {
  const { keys } = (jwks ?? {}) as { keys?: JsonWebKey[] };
  if (!Array.isArray(keys)) return true; // the engine says what is wrong with it
  return keys.every((jwk) => {
    const [certificate] = certificatesIn({ keys: [jwk] });
    const inside = certificate?.publicKey.export({ format: 'jwk' });
    return (
      inside !== undefined && (['kty', 'crv', 'x', 'y', 'n', 'e'] as const).every((name) => inside[name] === jwk[name])
    );
  });
}

/**
 * Exact redirects to https, and for native applications to loopback or a scheme of the app's own (DCR-04, OC-09,
 * BCP-10). Clients that name loopback and no type mean native ones.
 *
 * @returns the application type
 */
function checkRedirects(uris: unknown, type: unknown): unknown {
  if (uris === undefined) return type;
  if (!Array.isArray(uris) || uris.length > 20) throw invalidRedirect(saying(REGISTRATION_REFUSED.redirectsMany));
  let onlyNative = false;
  for (const uri of uris) {
    const url = typeof uri === 'string' ? URL.parse(uri) : null;
    if (!url) throw invalidRedirect(saying(REGISTRATION_REFUSED.redirectsAbsolute));
    if (url.username || url.password || url.hash || !/^[\x21\x23-\x29\x2b-\x5b\x5d-\x7e]+$/.test(uri)) {
      throw invalidRedirect(saying(REGISTRATION_REFUSED.redirectsPlain));
    }
    if (url.protocol === 'https:') continue;
    const loopback = url.protocol === 'http:' && LOOPBACK.includes(url.hostname);
    if (type === 'web' || !(loopback || /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol))) {
      throw invalidRedirect(saying(REGISTRATION_REFUSED.redirectsScheme));
    }
    onlyNative = true;
  }
  return type ?? (onlyNative ? 'native' : 'web');
}

/** RFC 9396 §10. The engine would name every type there is, those of other organizations too. */
function checkTypes(types: unknown, mayAsk: Limits['mayAsk']): void {
  if (!Array.isArray(types)) return; // the engine says what is wrong with it
  const unknown = types.find((type) => typeof type === 'string' && !mayAsk(type));
  if (unknown !== undefined) throw invalid(saying(REGISTRATION_REFUSED.unknownType, { type: shown(unknown) }));
}

/** A key that can sign what we accept, and nothing to fetch over plain http. */
export function checkKeys(metadata: Metadata): void {
  const { jwks, jwks_uri: uri } = metadata;
  if (jwks === undefined && uri === undefined) {
    throw invalid(saying(KEYS_REFUSED.none));
  }
  if (typeof uri === 'string') {
    const url = URL.parse(uri);
    const loopback = url?.protocol === 'http:' && LOOPBACK.includes(url.hostname);
    if (url?.protocol !== 'https:' && !loopback) throw invalid(saying(KEYS_REFUSED.address));
  }
  if (typeof jwks !== 'object' || jwks === null) return; // the engine says what is wrong with it
  const { keys } = jwks as { keys?: unknown };
  if (!Array.isArray(keys)) return;
  const wanted = saying(KEYS_REFUSED.wanted);
  if (keys.length > 20 || !keys.some(canAuthenticate)) {
    throw invalid(saying(KEYS_REFUSED.unusable, { wanted }));
  }
  // Found out today and not on the day when the other one ends. A certificate is compared, whatever its key is.
  const useless =
    metadata.token_endpoint_auth_method === 'private_key_jwt'
      ? keys.findIndex((jwk) => !canAuthenticate(jwk) && !(isObject(jwk) && isForSomethingElse(jwk)))
      : -1;
  if (useless >= 0) {
    throw invalid(saying(KEYS_REFUSED.useless, { position: useless + 1, wanted }));
  }
  if (hasOddEnd(metadata)) throw invalid(saying(REGISTRATION_REFUSED.keyEnd));
}

const isObject = (value: unknown): value is Jwk => typeof value === 'object' && value !== null;

function shortText(name: string, value: unknown, limit: number): string {
  if (typeof value !== 'string' || value.trim() === '' || [...value].length > limit) {
    throw invalid(saying(REGISTRATION_REFUSED.text, { member: name, limit }));
  }
  const problem = checkText(value);
  if (problem !== undefined) {
    throw invalid(saying(REGISTRATION_REFUSED.unfit, { member: name, problem: saying(HOSTILE[problem]) }));
  }
  return value;
}

/** A name stands where the server itself speaks: it wears no seal there, and is made of what it looks like. */
export function nameProblem(name: string): PlainMessage | undefined {
  if (SEALS.test(name)) return UNFIT.seal;
  if (lookAlikesIn(name).length > 0) return UNFIT.lookAlike;
  const spacing = checkSpacing(name);
  return spacing && HOSTILE[spacing];
}

/** Ticks, shields, locks, stars and medals. */
const SEALS =
  /[\u2605\u2606\u2611\u2705\u2713\u2714\u2b50\u{1f396}\u{1f3c5}\u{1f3c6}\u{1f44d}\u{1f44c}\u{1f4af}\u{1f50f}-\u{1f513}\u{1f5f8}\u{1f5f9}\u{1f6e1}\u{1f947}\u{1faaa}\u{1f197}]/u;

// RFC 6749 §5.2: printable ASCII without quote and backslash.
const shown = (text: string) => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 100);
