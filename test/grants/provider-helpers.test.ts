import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Provider from 'oidc-provider';
import * as helpers from 'oidc-provider/lib/helpers/grants.js';

import { offerPush } from '../../grants/provider-helpers.ts';
import { newKey } from '../support/agent.ts';

const { resolve } = createRequire(import.meta.url);
const engine = join(resolve('oidc-provider'), '../..');
const installed = JSON.parse(readFileSync(join(engine, 'package.json'), 'utf8')).version;

// What we use of the engine beyond its public API. It promises nothing about it, so an upgrade begins by reading this.

test('the engine is pinned exactly, and it is the one that is installed', () => {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(dependencies['oidc-provider']).toMatch(/^\d+\.\d+\.\d+$/);
  expect(installed).toBe(dependencies['oidc-provider']);
});

test('the helpers for custom grants are there, with the parameters that we give them', () => {
  expect(helpers.validateDpop).toHaveLength(3); // provider, context, and an access token, which a token endpoint has not
  expect(helpers.checkDpopReplay).toHaveLength(4); // provider, context, proof, client; the error has a default
  expect(Object.keys(helpers).toSorted()).toEqual([
    'applyAuthorizationDetails',
    'applyRefreshTokenBindings',
    'buildTokenResponse',
    'checkDpopReplay',
    'checkDpopRequired',
    'checkMtlsCert',
    'consumeGrantSource',
    'findAccount',
    'findGrantSource',
    'resolveAndApplyResource',
    'resolveRequestedResources',
    'shouldIssueRefreshToken',
    'validateClientScope',
    'validateDpop',
    'validateGrant',
  ]);
});

test('push delivery is taken by registration and metadata once it is in the set', async () => {
  const provider = new Provider('https://issuer.example', {
    jwks: { keys: [(await newKey()).jwk] } as never,
    features: { devInteractions: { enabled: false }, ciba: { enabled: true, deliveryModes: ['poll'] } as never },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['key'] },
  });
  offerPush(provider);
  const Client = provider.Client as unknown as new (metadata: object) => { backchannelTokenDeliveryMode: string };
  const client = new Client({
    client_id: 'a',
    grant_types: ['urn:openid:params:grant-type:ciba'],
    response_types: [],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [(await newKey()).publicJwk] },
    backchannel_token_delivery_mode: 'push',
    backchannel_client_notification_endpoint: 'https://a.example/cb',
  });
  expect(client.backchannelTokenDeliveryMode).toBe('push');
});

test('what we put in the place of the engine’s own is still in that place', async () => {
  const provider = new Provider('https://issuer.example', {
    adapter: class {
      upsert() {}
      find() {}
    } as never,
    jwks: { keys: [(await newKey()).jwk] } as never,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['key'] },
    ttl: { AccessToken: 60, ClientCredentials: 60 },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [{ client_id: 'a', token_endpoint_auth_method: 'none', redirect_uris: ['https://a.example/'] }],
    extraTokenClaims: () => {
      throw new Error('made by grants/issue.ts alone');
    },
  });
  expect(typeof (provider.ReplayDetection as unknown as { unique: unknown }).unique).toBe('function');
  // The hook that keeps the engine from making access tokens stands before every one that it could make.
  const client = await provider.Client.find('a');
  for (const Token of [provider.AccessToken, provider.ClientCredentials]) {
    await expect(new Token({ client, accountId: 'b' } as never).save()).rejects.toThrow(
      'made by grants/issue.ts alone',
    );
  }
});

test('only one file reaches past the public API', () => {
  const root = join(import.meta.dirname, '../..');
  const files = ['server', 'grants', 'adapters'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => join(folder, file)),
  );
  const reaching = files.filter((file) => /from 'oidc-provider\/lib/.test(readFileSync(join(root, file), 'utf8')));
  expect(reaching).toEqual(['grants/provider-helpers.ts']);
});
