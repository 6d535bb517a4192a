/**
 * The bare engine: oidc-provider alone, with clients and everything else in memory and no evidence. It has no tasks, no
 * chain, no redemption; what it does have (client authentication, replay detection, grants, signatures) is the part of
 * a request that is the engine's own price.
 */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { type Adapter, type AdapterPayload, type Configuration, errors, Provider } from 'oidc-provider';

import { checkDpopReplay, validateDpop } from '../grants/provider-helpers.ts';
import { CHALLENGE, type EcJwk, REDIRECT } from './client.ts';

interface Start {
  id: number;
  ask: 'start';
  port: number;
  clients: { client_id: string; jwk: EcJwk; boundTokens: boolean }[];
  resource: string;
}

type Seed =
  /** Authorization codes, opaque access tokens, or backchannel requests that are approved when `approved`. */
  { id: number; ask: 'codes' | 'opaque' | 'requests'; client: string; count: number; approved?: boolean };

const CIBA = 'urn:openid:params:grant-type:ciba';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const PERSON = 'person';
const SCOPE = 'calendar.read';

let provider: Provider;
let resource: string;

process.on('message', (message: Start | Seed) => {
  if (message.ask === 'start') serve(message).then(() => process.send?.({ id: message.id }), crash);
  else if (message.ask === 'codes' || message.ask === 'opaque' || message.ask === 'requests') {
    seed(message).then((values) => process.send?.({ id: message.id, values }), crash);
  }
});

const crash = (error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
};

async function serve({ port, clients, resource: calendar }: Start): Promise<void> {
  resource = calendar;
  const issuer = `http://localhost:${port}`;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const configuration = {
    adapter: Memory,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    scopes: ['openid', SCOPE],
    clients: clients.map(({ client_id, jwk, boundTokens }) => ({
      client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      grant_types: ['authorization_code', 'client_credentials', CIBA, EXCHANGE],
      response_types: ['code'],
      redirect_uris: [REDIRECT],
      application_type: 'native',
      id_token_signed_response_alg: 'ES256',
      dpop_bound_access_tokens: boundTokens,
      backchannel_token_delivery_mode: 'poll',
    })),
    clientAuthMethods: ['private_key_jwt'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'], idTokenSigningAlgValues: ['ES256'] },
    expiresWithSession: () => false,
    findAccount: async (_ctx: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => resource,
        useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: SCOPE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
      ciba: { enabled: true, deliveryModes: ['poll'] },
    },
    ttl: { AuthorizationCode: 3600, BackchannelAuthenticationRequest: 3600, Grant: 7200, AccessToken: 3600 },
  };
  provider = new Provider(issuer, configuration as unknown as Configuration);
  // An engine that would let two of twenty through measures something else: one insert decides, as in the product.
  const seen = new Set<string>();
  (provider.ReplayDetection as unknown as { unique: unknown }).unique = async (by: string, jti: string) => {
    const key = `${by} ${jti}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  };
  exchangeGrant(provider, issuer, createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })));
  await new Promise<void>((resolve) => void provider.listen(port, '127.0.0.1', resolve));
}

/** The engine has no token exchange. The least one: verify the token, find its grant, mint through the models. */
function exchangeGrant(provider: Provider, issuer: string, key: ReturnType<typeof createPublicKey>): void {
  const handle = async (ctx: never) => {
    const { oidc } = ctx as { oidc: { params: Record<string, string>; client: object } };
    const proof = await validateDpop(provider, ctx);
    if (proof) await checkDpopReplay(provider, ctx, proof, (oidc.client as { clientId: string }).clientId);
    const [header = '', body = '', signature = ''] = (oidc.params.subject_token ?? '').split('.');
    const genuine = verify(
      'sha256',
      Buffer.from(`${header}.${body}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    if (!genuine || claims.iss !== issuer || claims.exp < Date.now() / 1000) throw new errors.InvalidGrant('subject');
    const grant = await provider.Grant.find(grantOf(claims.client_id));
    if (!grant) throw new errors.InvalidGrant('grant');
    const token = accessToken(oidc.client, claims.client_id);
    if (proof) token.setThumbprint('jkt', proof.thumbprint);
    (ctx as { body: object }).body = {
      access_token: await token.save(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: proof ? 'DPoP' : 'Bearer',
      expires_in: 300,
      scope: SCOPE,
    };
  };
  provider.registerGrantType(EXCHANGE, handle as never, ['subject_token', 'subject_token_type', 'resource']);
}

function accessToken(client: object, clientId: string) {
  const token = new provider.AccessToken({
    accountId: PERSON,
    client,
    grantId: grantOf(clientId),
    scope: SCOPE,
    expiresIn: 300,
  } as never);
  (token as { resourceServer: unknown }).resourceServer = new provider.ResourceServer(resource, {
    scope: SCOPE,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  } as never);
  return token;
}

async function seed({ ask, client: clientId, count, approved }: Seed): Promise<string[]> {
  const client = await provider.Client.find(clientId);
  const grant = new provider.Grant({ accountId: PERSON, clientId });
  grant.addOIDCScope(`openid ${SCOPE}`);
  grant.addResourceScope(resource, SCOPE);
  (grant as { jti: string }).jti = grantOf(clientId);
  await grant.save();
  const common = { accountId: PERSON, client, grantId: grantOf(clientId), expiresWithSession: false };
  const values: string[] = [];
  for (let index = 0; index < count; index++) {
    if (ask === 'codes') {
      const code = new provider.AuthorizationCode({
        ...common,
        scope: SCOPE,
        resource,
        redirectUri: REDIRECT,
        codeChallenge: CHALLENGE,
        codeChallengeMethod: 'S256',
      } as never);
      values.push(await code.save());
    } else if (ask === 'opaque') {
      values.push(await new provider.AccessToken({ ...common, scope: SCOPE } as never).save());
    } else {
      const scope = `openid ${SCOPE}`;
      const request = new provider.BackchannelAuthenticationRequest({
        ...common,
        grantId: undefined,
        scope,
        resource,
        claims: {},
        params: { scope, resource, client_id: clientId },
      } as never);
      values.push(await request.save());
      if (approved) await provider.backchannelResult(request, grantOf(clientId));
    }
  }
  return values;
}

const grantOf = (clientId: string): string => `grant_${clientId}`.padEnd(43, '0');

/** Everything in a Map: the least an adapter can cost. */
class Memory implements Adapter {
  readonly #kept = new Map<string, AdapterPayload>();

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#kept.set(id, payload);
  }
  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = this.#kept.get(id);
    return payload && { ...payload };
  }
  async consume(id: string): Promise<void> {
    const payload = this.#kept.get(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id: string): Promise<void> {
    this.#kept.delete(id);
  }
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return [...this.#kept.values()].find((payload) => payload.uid === uid);
  }
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }
  async revokeByGrantId(): Promise<void> {}
}
