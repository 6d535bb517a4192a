import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Configuration, errors, Provider } from 'oidc-provider';

import { sayingOf } from '../../server/admin/register-pages.ts';
import { readDocument } from '../../server/agents/document.ts';
import { saidOf, tooManyAgents } from '../../server/agents/refused.ts';
import { type Metadata, whyRefused } from '../../server/agents/registration.ts';
import { inEnglish, type Saying } from '../../views/words/saying.ts';
import { newKey } from '../support/agent.ts';
import { said } from '../support/said.ts';

const LIMITS = {
  modeCeiling: 'attended',
  allowUnbound: false,
  mayAsk: (type: string) => type === 'calendar.read',
  certificates: [],
  delivery: { push: false, notificationHosts: [] },
  attestation: 'not offered',
} as const;
const CIBA = 'urn:openid:params:grant-type:ciba';

/** A registration that nothing is wrong with. */
async function good(): Promise<Metadata> {
  const { publicJwk } = await newKey();
  return { client_name: 'Planner', redirect_uris: ['https://planner.example/cb'], jwks: { keys: [publicJwk] } };
}

test('a registration that nothing is wrong with is not refused, and is left as it was', async () => {
  const metadata = await good();
  const before = structuredClone(metadata);
  expect([whyRefused(metadata, LIMITS), metadata]).toEqual([undefined, before]);
});

test.each<[string, Metadata]>([
  ['nested deeper', { contacts: [[[[[[[1]]]]]]] }],
  ['contacts.0 has a control character', { contacts: ['a\u0007'] }],
  ['client_name is a text of 1 to 80 characters', { client_name: '' }],
  ['client_name: a bidirectional control character', { client_name: 'a\u202eb' }],
  ['looks like a seal', { client_name: 'Planner ✓' }],
  ['white space other', { client_name: 'Planner  2' }],
  ['agent_mode must be', { agent_mode: 'robot' }],
  ['agent_mode may not rise above attended', { agent_mode: 'unattended' }],
  ['grant_types must be an array', { grant_types: 'implicit' }],
  ['grant_types may hold authorization_code', { grant_types: ['implicit'] }],
  ['agents have keys, not secrets', { token_endpoint_auth_method: 'client_secret_basic' }],
  ['a public client may only use', { token_endpoint_auth_method: 'none', grant_types: [CIBA] }],
  ['agents have keys, not secrets', { jwks: undefined }],
  ['jwks_uri must be an https URL', { jwks: undefined, jwks_uri: 'http://keys.example/' }],
  ['dpop_bound_access_tokens or', { dpop_bound_access_tokens: false }],
  ['must be true or false', { tls_client_certificate_bound_access_tokens: 'yes' }],
  ['asks for no client certificates', { tls_client_certificate_bound_access_tokens: true }],
  ['tls_client_auth_san_ip is for tls_client_auth', { tls_client_auth_san_ip: '10.0.0.1' }],
  ['workload_identity holds issuer, subject and claims alone', { workload_identity: { issuers: 1 } }],
  ['client_attester is for', { client_attester: 'https://attester.example' }],
  ['redirect_uris must be absolute URIs', { redirect_uris: ['here'] }],
  ['redirect_uris have no user', { redirect_uris: ['https://planner.example/cb#x'] }],
  ['redirect_uris use https', { redirect_uris: ['http://planner.example/cb'] }],
  ["authorization_details_types: 'payments' is unknown", { authorization_details_types: ['payments'] }],
  ['profile must be fapi_ciba or absent', { profile: 'fapi' }],
  ['push delivery is not offered here', { grant_types: [CIBA], backchannel_token_delivery_mode: 'push' }],
  [
    "hooks.example is not known to be this client's",
    {
      grant_types: [CIBA],
      backchannel_token_delivery_mode: 'ping',
      backchannel_client_notification_endpoint: 'https://hooks.example/ciba',
    },
  ],
])('A4: "%s" is said in the language of whoever registers at the page', async (english, wrong) => {
  const refused = whyRefused({ ...(await good()), ...wrong }, LIMITS);
  expect(said(refused)).toContain(english);
  // RFC 6749 §5.2: what machines are told.
  expect(inEnglish(refused as Saying)).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
});

test('A4: what the endpoint answered is said by the rule that answered, by its words, or by its code alone', async () => {
  const wrong = { ...(await good()), redirect_uris: ['here'] };
  const answer = (error: string, error_description: string) =>
    said(sayingOf({ error, error_description }, wrong, LIMITS));
  const [rule, engine] = ['redirect_uris must be absolute URIs', 'client JSON Web Key Set is invalid'];
  expect(answer('invalid_redirect_uri', rule)).toBe(rule);
  expect(answer('invalid_client_metadata', engine)).toBe(engine);
  expect(answer('access_denied', tooManyAgents(200).error_description ?? '')).toMatch(/has its 200 agents/);
  expect(answer('slow_down', 'too many registrations: try again later')).toMatch(/try again later/);
  expect(answer('invalid_token', 'something new')).toBe('the answer was invalid_token');
});

const WEB = { client_id: 'c', redirect_uris: ['https://planner.example/cb'], token_endpoint_auth_method: 'none' };
const NATIVE = { ...WEB, application_type: 'native' };
const IMPLICIT = { ...WEB, grant_types: ['implicit'], response_types: ['id_token'] };
const PAIRWISE = { subject_type: 'pairwise', redirect_uris: [], response_types: [] };
const KEYED = { ...WEB, token_endpoint_auth_method: 'private_key_jwt' };

/** Everything that it can do is on here, so that it can refuse for every reason that it has. */
const ENGINE: Configuration = {
  jwks: { keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })] } as never,
  cookies: { keys: ['of no session'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  subjectTypes: ['public', 'pairwise'],
  responseTypes: ['code', 'id_token', 'id_token token', 'none'],
  scopes: ['openid'],
  clientAuthMethods: ['none', 'private_key_jwt', 'tls_client_auth'],
  features: {
    devInteractions: { enabled: false },
    ciba: { enabled: true, deliveryModes: ['poll', 'ping'] } as never,
    dPoP: { enabled: true },
    encryption: { enabled: true },
    mTLS: { enabled: true, certificateBoundAccessTokens: true, tlsClientAuth: true } as never,
    registration: { enabled: true },
    requestObjects: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    rpMetadataChoices: { enabled: true } as never,
  },
};

test.each<[string, Metadata, { cimd: boolean }?]>([
  ['redirect_uris is mandatory property', { ...WEB, redirect_uris: undefined }],
  [
    'id_token_encrypted_response_alg is mandatory property when id_token_encrypted_response_enc is provided',
    { ...WEB, id_token_encrypted_response_enc: 'A128GCM' },
  ],
  ['jwks or jwks_uri is mandatory for this client', KEYED],
  ['contacts must only contain strings', { ...WEB, contacts: [1] }],
  ['logo_uri must be a non-empty string if provided', { ...WEB, logo_uri: '' }],
  ['logo_uri must be a web uri', { ...WEB, logo_uri: 'ftp://planner.example' }],
  ['initiate_login_uri must be a https uri', { ...WEB, initiate_login_uri: 'http://planner.example' }],
  ['contacts must be an array', { ...WEB, contacts: 'anna' }],
  ['require_auth_time must be a boolean', { ...WEB, require_auth_time: 'yes' }],
  ['default_max_age must be a non-negative integer', { ...WEB, default_max_age: -1 }],
  ['response_types can only contain code, id_token, id_token token or none', { ...WEB, response_types: ['token'] }],
  ['application_type must be native or web', { ...WEB, application_type: 'television' }],
  [
    'token_endpoint_auth_signing_alg must not be provided (no values are allowed)',
    { ...WEB, token_endpoint_auth_signing_alg: 'ES256' },
  ],
  [
    'grant_types has no values supported by this authorization server',
    { ...WEB, grant_types: ['password'] },
    { cimd: true },
  ],
  ['default_acr_values must be empty (no values are allowed)', { ...WEB, default_acr_values: ['phr'] }],
  ['redirect_uris must only contain valid uris', { ...WEB, redirect_uris: ['here'] }],
  ['redirect_uris must contain members', { ...WEB, redirect_uris: [] }],
  ['response_modes must contain members', { ...WEB, response_modes: [] }],
  [
    'response_types must not include "token" when dpop_bound_access_tokens is used',
    { ...WEB, response_types: ['id_token token'], dpop_bound_access_tokens: true },
  ],
  ['redirect_uris must not contain fragments', { ...WEB, redirect_uris: ['https://planner.example/cb#x'] }],
  ['redirect_uris must only contain web uris', { ...WEB, redirect_uris: ['planner:/cb'] }],
  ['MUST only register URLs using the https scheme', { ...IMPLICIT, redirect_uris: ['http://planner.example/cb'] }],
  ['must not be using localhost', { ...IMPLICIT, redirect_uris: ['https://localhost/cb'] }],
  ['can only use loopback addresses', { ...NATIVE, redirect_uris: ['http://planner.example/cb'] }],
  ['must not be using [::1] as hostname', { ...NATIVE, redirect_uris: ['https://[::1]/cb'] }],
  ['must not use the javascript URI scheme', { ...NATIVE, redirect_uris: ['javascript:alert(1)'] }],
  ['contacts can only contain email addresses', { ...WEB, contacts: ['anna'] }],
  [
    'only one proof of possession mechanism',
    { ...WEB, dpop_bound_access_tokens: true, tls_client_certificate_bound_access_tokens: true },
  ],
  ['tls_client_auth requires one of', { ...WEB, token_endpoint_auth_method: 'tls_client_auth' }],
  [
    'only one tls_client_auth certificate subject',
    {
      ...WEB,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_san_dns: 'planner.example',
      tls_client_auth_san_ip: '192.0.2.1',
    },
  ],
  ['must not be used at the same time', { ...KEYED, jwks: { keys: [] }, jwks_uri: 'https://planner.example/jwks' }],
  ['client JSON Web Key Set is invalid', { ...KEYED, jwks: { keys: [{ kty: 'oct', k: 'secret' }] } }],
  [
    'subject_types_supported must include the value of provided subject_type',
    { ...WEB, subject_type: 'public', subject_types_supported: ['pairwise'] },
  ],
  ['subject_types_supported includes no supported values', { ...WEB, subject_types_supported: ['none'] }],
  [
    'pairwise urn:openid:params:grant-type:ciba clients must utilize',
    {
      ...PAIRWISE,
      client_id: 'c',
      token_endpoint_auth_method: 'none',
      grant_types: [CIBA],
      backchannel_token_delivery_mode: 'poll',
      jwks_uri: 'https://planner.example/jwks',
    },
  ],
  ['scope must only contain', { ...WEB, scope: 'everything' }],
  ['invalid client_id value', { ...WEB, client_id: 'plänner' }],
])(
  'A4: the engine says "%s", and so does a page in its reader\'s language',
  (english, metadata, how = { cimd: false }) => {
    const refused = refusedByEngine(metadata, how);
    expect(said(saidOf(refused))).toContain(english);
    SAID.add(refused.error_description ?? '');
  },
);

const SAID = new Set<string>();

test('A4: there is no sentence of the engine that the rows above did not make it say', () => {
  const engine = createRequire(import.meta.url).resolve('oidc-provider');
  const schema = readFileSync(join(dirname(engine), 'helpers/client_schema.js'), 'utf8');
  const sentences = [...schema.matchAll(/(['`])((?:\$\{|[a-z])[^'`\n]* [^\n]*?)\1[,);\s]/g)]
    .map(([, , sentence = '']) => sentence)
    .filter((text) => !/^extraClientMetadata/.test(text));
  expect(sentences.length).toBeGreaterThan(35);
  const unsaid = sentences.filter((sentence) => {
    const pattern = sentence
      .split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
      .map((piece) => piece.replace(/[().]/g, '\\$&'))
      .join('.+');
    return ![...SAID].some((one) => new RegExp(`^${pattern}$`).test(one));
  });
  expect(unsaid).toEqual([]);
});

test.each([
  ['"client_id":"x","client_id":"y"', "member 'client_id' appears twice"],
  ['"\u202e":1,"\u202e":2', "member '\ufffd' appears twice"],
  ['"__proto__":1', "member '__proto__' is not accepted"],
  ['"n":12345678901234567890', 'number 12345678901234567890 cannot be held exactly'],
  ['"n":[[[[[[[1]]]]]]]', 'nested deeper than 6 levels'],
])('A4: a description that holds %s is refused in the language of whoever reads why', (members, english) => {
  const read = readDocument('https://planner.example/a', 'application/json', `{${members}}`);
  expect(read.ok ? '' : said(read.problem)).toBe(`it is no JSON with one meaning: ${english}`);
});

let engine: Provider | undefined;

function refusedByEngine(metadata: Metadata, how?: object): errors.OIDCProviderError {
  engine ??= new Provider('https://issuer.example', ENGINE);
  const { Client } = engine as unknown as { Client: new (...given: unknown[]) => unknown };
  try {
    new Client(metadata, undefined, how);
  } catch (error) {
    if (error instanceof errors.OIDCProviderError) return error;
    throw error;
  }
  throw new Error('the engine refuses nothing here');
}
