import { expect, test } from '@jest/globals';

import { saidAs } from '../../server/admin/register-pages.ts';
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

test('A4: what the endpoint answered is said by the rule that answered; of any other, as machines hear it', async () => {
  const wrong = { ...(await good()), redirect_uris: ['here'] };
  const answered = 'redirect_uris must be absolute URIs';
  expect(said(saidAs(answered, wrong, LIMITS) as Saying)).toBe(answered);
  expect(saidAs('the engine says something else', wrong, LIMITS)).toBe('the engine says something else');
});
