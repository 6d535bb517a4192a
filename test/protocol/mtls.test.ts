import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  answerOf,
  CALENDAR,
  CIBA,
  claimsOf,
  EXCHANGE,
  type Json,
  newKey,
  pkce,
  push,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { authority, type CertificateWish, type Certified, certify } from '../support/certificates.ts';
import {
  accessTokenIn,
  addClient,
  addEdge,
  databaseOf,
  eventsOf,
  exchange,
  HOUR,
  introspect,
} from '../support/delegation.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { send } from '../support/send.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  type CertificateServer,
  overTls,
  startBehindProxy,
  startListener,
  type TlsClient,
  tlsClient,
} from '../support/tls.ts';
import { manage, metadataWith, registerWith, replaceable, setAgentStatus } from './support.ts';

const ca = authority();
const SUBJECT: CertificateWish['subject'] = [[['C', 'DE']], [['O', 'Acme, Inc.']], [['CN', 'agent-7']]];
const DN = 'CN=agent-7,O=Acme\\, Inc.,C=DE';
const NAMES = {
  dns: ['agent.acme.example'],
  uri: ['spiffe://acme.example/agent', 'https://x.example/, URI:https://victim.example/'],
  ip: [Buffer.from([10, 0, 0, 7]), Buffer.from('20010db8000000000000000000000007', 'hex')],
  email: ['agent@acme.example'],
};
const certified = certify({ subject: SUBJECT, ...NAMES, use: 'client' }, ca);
/** The same names by the same authority, for somebody else's key: what a renewal or a careless authority makes. */
const namesake = certify({ subject: SUBJECT, ...NAMES, use: 'client' }, ca);
const BY_AUTHORITY = { token_endpoint_auth_method: 'tls_client_auth', jwks: undefined, tls_client_auth_subject_dn: DN };
const selfSigned = () => certify({ subject: SUBJECT });
const bySelfSigned = (own: Certified) => ({
  token_endpoint_auth_method: 'self_signed_tls_client_auth',
  jwks: { keys: [own.jwk] },
});

const servers = {} as { listener: CertificateServer; proxy: CertificateServer };
beforeAll(async () => {
  [servers.listener, servers.proxy] = await Promise.all([startListener(ca), startBehindProxy(ca)]);
});
afterAll(() => Promise.all([servers.listener?.close(), servers.proxy?.close()]));

const agentOf = async (server: CertificateServer, own: Certified | undefined, more: Json): Promise<TlsClient> =>
  tlsClient(server, await registerAgent(server, more), own);

describe('MT-01: a subject has no end; the certificate that proves it has one, of which its owner hears', () => {
  const DAY = 86_400;
  const until = (days: number) => certify({ subject: SUBJECT, use: 'client', until: days * DAY }, ca);
  const [long, renewed, brief] = [until(60), until(90), until(7)];
  test.each([
    ['its own', [long], long],
    ['the last of several', [renewed, long], renewed],
    ['the renewed one', [long, renewed], renewed],
    ['none where a machine renews it every few days', [long, brief], undefined],
  ])('%s', async (_, shown, expected) => {
    const server = servers.listener;
    const client = await registerAgent(server, BY_AUTHORITY);
    for (const certificate of shown)
      await tlsClient(server, client, certificate).post('/token/revocation', { token: 'x' });
    // Named by whoever proves nothing, it does not change.
    await tlsClient(server, client, certify({ subject: SUBJECT, until: 300 * DAY })).post('/token/revocation', {
      token: 'x',
    });
    const database = databaseOf(server);
    const row = await database.first<{ ends: Date | null }>(
      'select keys_end_at as ends from clients where client_id = $1',
      [client.clientId],
    );
    await database.close();
    expect(row?.ends).toEqual(expected?.x509.validToDate ?? null);
  });
});

/** At every endpoint where clients authenticate: what a client hears that did, and nothing else was right. */
const AUTHENTICATED: [path: string, form: Record<string, string>, status: number, error: string | undefined][] = [
  ['/token', { grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_grant'],
  ['/request', {}, 400, 'invalid_request'],
  ['/backchannel', {}, 400, 'invalid_request'],
  ['/token/introspection', { token: 'x' }, 200, undefined],
  ['/token/revocation', { token: 'x' }, 200, undefined],
];

describe.each(['listener', 'proxy'] as const)(
  'MT-01: a client authenticates by its certificate, through a %s',
  (way) => {
    let server: CertificateServer;
    beforeAll(() => {
      server = servers[way];
    });
    const answers = (client: TlsClient) =>
      Promise.all(
        AUTHENTICATED.map(async ([path, form]) => {
          const { status, body } = await client.post(path, form);
          return [path, status, body.error ?? undefined];
        }),
      );
    const welcome = AUTHENTICATED.map(([path, , status, error]) => [path, status, error]);
    const refused = AUTHENTICATED.map(([path]) => [path, 401, 'invalid_client']);

    test.each([
      ['tls_client_auth_subject_dn', DN],
      ['tls_client_auth_subject_dn', 'cn=agent-7, o=Acme\\2C Inc., c=DE'],
      ['tls_client_auth_san_dns', 'AGENT.acme.example'],
      ['tls_client_auth_san_uri', 'spiffe://acme.example/agent'],
      ['tls_client_auth_san_ip', '10.0.0.7'],
      ['tls_client_auth_san_ip', '2001:DB8::7'],
      ['tls_client_auth_san_email', 'agent@acme.example'],
    ])('MT-01: by an authority, named by %s %s', async (member, value) => {
      const client = await agentOf(server, certified, {
        ...BY_AUTHORITY,
        tls_client_auth_subject_dn: undefined,
        [member]: value,
      });
      expect(client.registration).toMatchObject({ [member]: value, tls_client_certificate_bound_access_tokens: true });
      expect(await answers(client)).toEqual(welcome);
      // The next handshake, and one that takes up an earlier session.
      expect(await answers(client)).toEqual(welcome);
    });

    test('MT-01: by itself, with the certificate that it registered', async () => {
      const own = selfSigned();
      expect(await answers(await agentOf(server, own, bySelfSigned(own)))).toEqual(welcome);
    });

    const STRANGERS: [string, () => Certified | undefined][] = [
      ['no certificate', () => undefined],
      [
        'one of another authority with the same name, for the same subject',
        () => certify({ subject: SUBJECT, use: 'client' }, authority()),
      ],
      ['a self-signed one for the same subject', selfSigned],
      ['one that expired', () => certify({ subject: SUBJECT, use: 'client', from: -7200, until: -60 }, ca)],
      ['one that is not yet valid', () => certify({ subject: SUBJECT, use: 'client', from: 600 }, ca)],
      ['one for servers alone', () => certify({ subject: SUBJECT, use: 'server' }, ca)],
      ['one that a holder of a certificate issued', () => certify({ subject: SUBJECT, use: 'client' }, certified)],
      ['the authority’s own', () => ca],
      [
        'another subject of the authority',
        () => certify({ subject: [...SUBJECT.slice(0, 2), [['CN', 'agent-8']]], use: 'client' }, ca),
      ],
      ['a longer subject', () => certify({ subject: [...SUBJECT, [['OU', 'x']]], use: 'client' }, ca)],
      ['the same names in another order', () => certify({ subject: SUBJECT.toReversed(), use: 'client' }, ca)],
      ['the names in one relative name', () => certify({ subject: [SUBJECT.flat()], use: 'client' }, ca)],
      ['the whole name as one value', () => certify({ subject: [[['CN', DN]]], use: 'client' }, ca)],
      [
        'a line break in a name',
        () => certify({ subject: [[['C', 'DE\nO=Acme, Inc.\nCN=agent-7']]], use: 'client' }, ca),
      ],
    ];
    test.each(STRANGERS)('MT-01: not with %s', async (_name, make) => {
      const client = await agentOf(server, make(), BY_AUTHORITY);
      expect(await answers(client)).toEqual(refused);
    });

    test.each([
      ['tls_client_auth_san_dns', 'other.acme.example'],
      ['tls_client_auth_san_dns', 'agent-7'], // the common name is not a DNS name
      ['tls_client_auth_san_uri', 'https://victim.example/'],
      ['tls_client_auth_san_uri', 'spiffe://acme.example/'],
      ['tls_client_auth_san_ip', '10.0.0.8'],
      ['tls_client_auth_san_email', 'other@acme.example'],
    ])('MT-01: not as %s %s', async (member, value) => {
      const client = await agentOf(server, certified, {
        ...BY_AUTHORITY,
        tls_client_auth_subject_dn: undefined,
        [member]: value,
      });
      expect(await answers(client)).toEqual(refused);
    });

    test('MT-01: not by a wildcard in the certificate', async () => {
      const wild = certify({ subject: SUBJECT, dns: ['*.acme.example'], use: 'client' }, ca);
      const more = {
        ...BY_AUTHORITY,
        tls_client_auth_subject_dn: undefined,
        tls_client_auth_san_dns: 'agent.acme.example',
      };
      expect(await answers(await agentOf(server, wild, more))).toEqual(refused);
    });

    test.each<[string, (own: Certified) => Certified | undefined]>([
      ['none', () => undefined],
      ['another with the same subject', () => selfSigned()],
      ['another of the same key', ({ key }) => certify({ subject: SUBJECT, key })],
      ['one of the same key by an authority', ({ key }) => certify({ subject: SUBJECT, key }, ca)],
    ])('MT-01: by itself, and not with %s', async (_name, make) => {
      const own = selfSigned();
      expect(await answers(await agentOf(server, make(own), bySelfSigned(own)))).toEqual(refused);
    });

    test('MT-01: only by the method that it registered', async () => {
      const byKey = await registerAgent(server);
      expect(await answers(tlsClient(server, { ...byKey, registration: {} }, certified))).toEqual(refused);
      const byCertificate = await agentOf(server, certified, BY_AUTHORITY);
      for (const [path, form] of AUTHENTICATED) {
        const assertion = {
          client_assertion: await byCertificate.assertion(),
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        };
        expect((await byCertificate.post(path, { ...form, ...assertion })).body.error).toBe('invalid_client');
      }
    });

    test('MT-01: names itself', async () => {
      const client = await agentOf(server, certified, BY_AUTHORITY);
      for (const [path, form] of AUTHENTICATED) {
        const answer = await client.post(path, { ...form, client_id: undefined });
        expect([path, answer.status, answer.body.error]).toEqual([path, 400, 'invalid_request']);
      }
    });

    test('design §4: not while it is suspended, and its refusals are evidence', async () => {
      const client = await agentOf(server, certified, BY_AUTHORITY);
      const database = databaseOf(server);
      const refusals = await eventsOf(database, () =>
        client.token({ grant_type: 'refresh_token', refresh_token: 'x' }),
      );
      expect(refusals).toMatchObject([
        { type: 'token.refused', agent: client.registration.agent_id, reason: 'invalid_grant' },
      ]);
      const strange = await eventsOf(database, () =>
        client.showing(undefined).token({ grant_type: 'refresh_token', refresh_token: 'x' }),
      );
      expect(strange).toEqual([]);
      await setAgentStatus(database, client, 'suspended');
      expect(await answers(client)).toEqual(refused);
      await database.close();
    });
  },
);

describe('MT-05: a certificate counts where it was proven, and nowhere else', () => {
  const header = (own: Certified) => `:${own.x509.raw.toString('base64')}:`;
  const form = (client: TestClient) =>
    new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: client.clientId });
  const heard = async (response: Response) => {
    const { status, body } = await answerOf(response);
    return [status, body.error];
  };

  test('in a header, to a server that ends TLS itself: at no port of it', async () => {
    const server = servers.listener;
    const client = await agentOf(server, certified, BY_AUTHORITY);
    const headers = { 'Client-Cert': header(certified), 'X-SSL-Client-Cert': encodeURIComponent(certified.pem.cert) };
    const request = { method: 'POST', headers, body: form(client) };
    expect(await heard(await overTls(`${server.address}/token`, request))).toEqual([401, 'invalid_client']);
    expect(await heard(await send(`${server.issuer}/token`, request))).toEqual([401, 'invalid_client']);
    // Beside a certificate of its own, which is somebody else's.
    const other = certify({ subject: [[['CN', 'other']]], use: 'client' }, ca);
    expect(await heard(await overTls(`${server.address}/token`, { ...request, certified: other }))).toEqual([
      401,
      'invalid_client',
    ]);
  });

  test('in a header that the caller sent, through a proxy that replaces it', async () => {
    const server = servers.proxy;
    const client = await agentOf(server, certified, BY_AUTHORITY);
    const headers = { 'Client-Cert': header(certified) };
    expect(await heard(await overTls(`${server.address}/token`, { headers, body: form(client) }))).toEqual([
      401,
      'invalid_client',
    ]);
  });

  describe('in the header of the proxy', () => {
    const at = async (value: string | undefined, host?: string) => {
      const server = servers.proxy;
      const client = await agentOf(server, certified, BY_AUTHORITY);
      const headers = { ...(value !== undefined && { 'Client-Cert': value }) };
      const url = `${host ?? server.address.replace('https:', 'http:')}/token`;
      return heard(await send(url, { method: 'POST', headers, body: form(client) }, server.issuer));
    };

    test.each([
      ['as in RFC 9440', () => header(certified), 400],
      ['as percent-encoded PEM', () => encodeURIComponent(certified.pem.cert), 400],
      ['not at all', () => undefined, 401],
      ['empty', () => '', 401],
      ['as nothing between colons', () => '::', 401],
      ['as something else between colons', () => ':AAAA:', 401],
      ['as a number', () => '%%%', 401],
      ['twice, the first its own', () => `${header(certified)}, ${header(namesake)}`, 401],
      ['twice, in PEM', () => encodeURIComponent(`${certified.pem.cert}${namesake.pem.cert}`), 401],
      ['without colons', () => certified.x509.raw.toString('base64'), 401],
      ['with a parameter', () => `${header(certified)};a=1`, 401],
    ])('%s', async (_name, value, status) => {
      expect(await at(value())).toEqual([status, status === 400 ? 'invalid_grant' : 'invalid_client']);
    });

    test('not at the address where nobody asks for certificates: there the caller may have written it', async () => {
      expect(await at(header(certified), servers.proxy.issuer)).toEqual([401, 'invalid_client']);
    });
  });

  test('at the address for certificates there is nothing but what takes them: no page, no cookie, no metadata', async () => {
    for (const server of [servers.listener, servers.proxy]) {
      for (const path of [
        '/',
        '/login',
        '/auth?client_id=x',
        '/inbox',
        '/reg',
        '/jwks',
        '/.well-known/openid-configuration',
        '/admin/api/whoami',
      ]) {
        const response = await overTls(`${server.address}${path}`, { method: 'GET' });
        expect([path, response.status]).toEqual([path, 421]);
        expect(response.headers.get('set-cookie')).toBeNull();
      }
    }
  });

  test('what a proxy would say is not believed of a caller who comes to the port without one', async () => {
    const server = await startListener(ca, { COUNTERSIGN_TRUST_PROXY: '1' });
    const client = await agentOf(server, certified, BY_AUTHORITY);
    const headers = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-For': '1.2.3.4',
      Forwarded: 'host=evil.example',
    };
    expect(await heard(await overTls(`${server.address}/token`, { headers, body: form(client), certified }))).toEqual([
      400,
      'invalid_grant',
    ]);
    await server.close();
  });
});

describe('MT-01 MT-03: what is registered', () => {
  const register = async (more: Json, server: TestServer = servers.listener): Promise<Answer> =>
    registerWith(server, await metadataWith(more));
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  test.each<[string, Json]>([
    ['no subject', { ...BY_AUTHORITY, tls_client_auth_subject_dn: undefined }],
    ['two subjects', { ...BY_AUTHORITY, tls_client_auth_san_dns: 'agent.acme.example' }],
    ['a subject for another method', { tls_client_auth_subject_dn: DN }],
    ['a name that is none', { ...BY_AUTHORITY, tls_client_auth_subject_dn: 'agent-7' }],
    ['a name with a hole', { ...BY_AUTHORITY, tls_client_auth_subject_dn: 'CN=a,,O=b' }],
    ['a name in hexadecimal', { ...BY_AUTHORITY, tls_client_auth_subject_dn: 'CN=#0c0161' }],
    ['a subject that is no text', { ...BY_AUTHORITY, tls_client_auth_subject_dn: [DN] }],
    [
      'a wildcard',
      { ...BY_AUTHORITY, tls_client_auth_subject_dn: undefined, tls_client_auth_san_dns: '*.acme.example' },
    ],
    [
      'an address that is none',
      { ...BY_AUTHORITY, tls_client_auth_subject_dn: undefined, tls_client_auth_san_ip: '10.0.0' },
    ],
    ['no URI', { ...BY_AUTHORITY, tls_client_auth_subject_dn: undefined, tls_client_auth_san_uri: 'agent' }],
    [
      'no e-mail address',
      { ...BY_AUTHORITY, tls_client_auth_subject_dn: undefined, tls_client_auth_san_email: 'agent' },
    ],
    ['self-signed without a certificate', { token_endpoint_auth_method: 'self_signed_tls_client_auth' }],
    ['self-signed without keys', { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: undefined }],
    [
      'a certificate of another key',
      {
        ...bySelfSigned(selfSigned()),
        jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), x5c: selfSigned().jwk.x5c }] },
      },
    ],
    [
      'a certificate that is none',
      { ...bySelfSigned(selfSigned()), jwks: { keys: [{ ...selfSigned().jwk, x5c: ['AAAA'] }] } },
    ],
    ['tokens bound to both', { tls_client_certificate_bound_access_tokens: true, dpop_bound_access_tokens: true }],
    ['tokens bound to perhaps', { tls_client_certificate_bound_access_tokens: 'true' }],
  ])('%s is refused', async (_name, more) => {
    const answer = await register(more);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
  });

  test('MT-03: tokens are bound to the certificate unless the client would rather prove a key', async () => {
    expect((await register(BY_AUTHORITY)).body).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      dpop_bound_access_tokens: false,
    });
    const byKey = await register({ ...BY_AUTHORITY, dpop_bound_access_tokens: true });
    expect(byKey.body).toMatchObject({
      tls_client_certificate_bound_access_tokens: false,
      dpop_bound_access_tokens: true,
    });
  });

  test('MT-03: what is bound cannot be unbound by its client', async () => {
    const { body } = await register(BY_AUTHORITY);
    const answer = await manage(body, 'PUT', {
      ...replaceable(body),
      tls_client_certificate_bound_access_tokens: false,
    });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
  });

  test('MT-03 MD-08: the metadata names it all, where it works', async () => {
    for (const server of [servers.listener, servers.proxy]) {
      const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as Json;
      const methods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];
      expect(metadata).toMatchObject({
        tls_client_certificate_bound_access_tokens: true,
        token_endpoint_auth_methods_supported: [...methods, 'none'],
        introspection_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_methods_supported: [...methods, 'none'],
      });
      expect(metadata.mtls_endpoint_aliases).toEqual({
        token_endpoint: `${server.address}/token`,
        revocation_endpoint: `${server.address}/token/revocation`,
        introspection_endpoint: `${server.address}/token/introspection`,
        pushed_authorization_request_endpoint: `${server.address}/request`,
        backchannel_authentication_endpoint: `${server.address}/backchannel`,
        redemption_endpoint: `${server.address}/redemptions`,
        outcome_endpoint: `${server.address}/outcomes`,
      });
      for (const [name, url] of Object.entries(metadata.mtls_endpoint_aliases as Record<string, string>)) {
        expect(url).toBe(metadata[name].replace(server.issuer, server.address));
      }
    }
  });

  test('MT-03 MD-08: without a setting for it nothing is named, and nothing of it can be registered', async () => {
    const server = await startServer();
    const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as Json;
    expect(Object.keys(metadata).filter((name) => /mtls|tls_/.test(name))).toEqual([]);
    for (const more of [
      BY_AUTHORITY,
      bySelfSigned(selfSigned()),
      { tls_client_certificate_bound_access_tokens: true },
    ]) {
      const answer = await register(more, server);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    }
    await server.close();
  });

  test('MD-08: without an authority there is only the self-signed kind', async () => {
    const server = await startListener(ca, { COUNTERSIGN_MTLS_AUTHORITIES: '' });
    const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as Json;
    expect(metadata.token_endpoint_auth_methods_supported).toEqual([
      'private_key_jwt',
      'self_signed_tls_client_auth',
      'none',
    ]);
    expect((await register(BY_AUTHORITY, server)).status).toBe(400);
    await server.close();
  });
});

describe('MT-02: a token is bound to the certificate', () => {
  let server: CertificateServer;
  let database: Database;
  let person: TestPerson;
  let agent: TlsClient;
  beforeAll(async () => {
    server = servers.listener;
    database = databaseOf(server);
    person = await signIn(server);
    agent = await agentOf(server, certified, BY_AUTHORITY);
  });
  afterAll(() => database?.close());
  const cnf = (own: Certified) => ({ 'x5t#S256': own.thumbprint });
  const READING = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
  const ROOT = { authorization_details: detailsParameter(readDetails()) };
  const fresh = (form: Json) => ({ ...form, prompt: 'consent' });
  const rootOf = async (client: TestClient) => accessTokenIn(await tokenInBrowser(client, person, fresh(ROOT), HOUR));

  test('MT-02: by a code, and refreshed; introspection says so', async () => {
    const first = await tokenInBrowser(agent, person, fresh(READING), HOUR);
    expect(first).toMatchObject({ status: 200, body: { token_type: 'Bearer', refresh_token: expect.any(String) } });
    expect(claimsOf(first.body.access_token)).toMatchObject({
      cnf: cnf(certified),
      act: { sub: agent.registration.agent_id },
    });
    expect(await introspect(agent, first.body.access_token)).toMatchObject({
      active: true,
      token_type: 'Bearer',
      cnf: cnf(certified),
    });
    expect(await introspect(agent, first.body.refresh_token)).toMatchObject({ active: true, cnf: cnf(certified) });
    const second = await agent.token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
    expect(claimsOf(second.body.access_token).cnf).toEqual(cnf(certified));
    const stolen = await agent
      .showing(namesake)
      .token({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token });
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
  });

  test('MT-02: from behind', async () => {
    const asked = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: person.email,
      authorization_details: detailsParameter(readDetails({ from: '2027-02-01', to: '2027-02-02' })),
      resource: CALENDAR,
    });
    const [, review = ''] = /href="(\/r\/apr_[0-9a-f]+)"/.exec((await person.get('/inbox')).html) ?? [];
    await person.submit(await person.get(review), { ...HOUR, number: asked.body.display_code });
    const form = { grant_type: CIBA, auth_req_id: asked.body.auth_req_id };
    const stolen = await agent.showing(namesake).token(form);
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    expect(claimsOf(accessTokenIn(await agent.token(form))).cnf).toEqual(cnf(certified));
  });

  test('MT-02: for a client that authenticates by its key and shows a certificate beside it', async () => {
    const own = selfSigned();
    const client = await agentOf(server, own, { tls_client_certificate_bound_access_tokens: true });
    const { parameters, verifier } = await decideInBrowser(client, person, fresh(READING), HOUR);
    const form = { grant_type: 'authorization_code', code: parameters.get('code') ?? '', code_verifier: verifier };
    const without = await client.showing(undefined).token(form);
    expect([without.status, without.body.error]).toEqual([400, 'invalid_request']);
    const withBoth = await client.token(form, { dpop: true });
    expect([withBoth.status, withBoth.body.error]).toEqual([400, 'invalid_request']);
    expect(claimsOf(accessTokenIn(await client.token(form))).cnf).toEqual(cnf(own)); // the code was still good
  });

  test('MT-02 OA-28: a task belongs to the first certificate that its client shows', async () => {
    const { parameters, verifier } = await decideInBrowser(agent, person, fresh(ROOT), HOUR);
    const form = { grant_type: 'authorization_code', code: parameters.get('code') ?? '', code_verifier: verifier };
    const root = accessTokenIn(await agent.token(form));
    const other = await exchange(agent.showing(namesake), root, { resource: CALENDAR });
    expect([other.status, other.body.error]).toEqual([400, 'invalid_grant']);
  });

  test('MT-04: the refresh token of a public client', async () => {
    const own = selfSigned();
    const client = await agentOf(server, own, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      jwks: undefined,
      tls_client_certificate_bound_access_tokens: true,
    });
    const { body } = await tokenInBrowser(client, person, fresh(READING), HOUR);
    expect(claimsOf(body.access_token).cnf).toEqual(cnf(own));
    const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
    const attempts = [client.showing(selfSigned()).token(form), client.showing(undefined).token(form)];
    const errors = (await Promise.all(attempts)).map((answer) => [answer.status, answer.body.error]);
    expect(errors).toEqual([
      [400, 'invalid_grant'],
      [400, 'invalid_request'],
    ]);
    const next = await client.token(form);
    expect(next).toMatchObject({ status: 200, body: { refresh_token: expect.any(String) } });
    expect(claimsOf(next.body.access_token).cnf).toEqual(cnf(own));
  });

  describe('TX-05: an exchange keeps it', () => {
    test('with the same certificate, and with no other one of the same name', async () => {
      const root = await rootOf(agent);
      const leaf = accessTokenIn(await exchange(agent, root, { resource: CALENDAR }));
      expect(claimsOf(leaf)).toMatchObject({ aud: CALENDAR, cnf: cnf(certified) });
      for (const subject of [root, leaf]) {
        const other = await exchange(agent.showing(namesake), subject, { resource: CALENDAR });
        expect([other.status, other.body.error]).toEqual([400, 'invalid_grant']);
      }
    });

    /** As after the owner accepted such a change. */
    const swapped = async (client: TlsClient, more: Json) => {
      const database = databaseOf(server);
      await database.run('update clients set metadata = metadata || $2 where client_id = $1', [client.clientId, more]);
      await database.close();
      return tlsClient(server, client, certified);
    };

    test('and is never changed into a key of another kind: from a certificate', async () => {
      const client = await agentOf(server, certified, { tls_client_certificate_bound_access_tokens: true });
      const root = await rootOf(client);
      const after = await swapped(client, {
        tls_client_certificate_bound_access_tokens: false,
        dpop_bound_access_tokens: true,
      });
      const answer = await exchange(after, root, { resource: CALENDAR }, { dpop: true });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
    });

    test('and is never changed into a key of another kind: to a certificate', async () => {
      const client = await registerAgent(server);
      const root = await rootOf(client);
      const after = await swapped(tlsClient(server, client, certified), {
        tls_client_certificate_bound_access_tokens: true,
        dpop_bound_access_tokens: false,
      });
      const answer = await exchange(after, root, { resource: CALENDAR });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
    });

    test('and a thumbprint does not pass for the other kind of one', async () => {
      const own = selfSigned();
      const client = await agentOf(server, own, bySelfSigned(own));
      const root = await rootOf(client);
      expect(claimsOf(root).cnf).toEqual(cnf(own));
      const byKey = await registerAgent(server);
      const stolen = await exchange(byKey, root, { resource: CALENDAR });
      expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_request']);
    });

    test('and whoever takes up a hand-off with its certificate gets its own bound to that', async () => {
      const parent = await registerAgent(server);
      const own = selfSigned();
      const child = await agentOf(server, own, { ...bySelfSigned(own), agent_mode: 'sub_agent' });
      await addEdge(database, parent, child, [READ]);
      const root = await rootOf(parent);
      const handOff = accessTokenIn(await exchange(parent, root, { requested_actor: child.registration.agent_id }));
      const stolen = await exchange(child.showing(selfSigned()), handOff, { resource: CALENDAR });
      expect([stolen.status, stolen.body.error]).toEqual([401, 'invalid_client']);
      const leaf = accessTokenIn(await exchange(child, handOff, { resource: CALENDAR }));
      expect(claimsOf(leaf)).toMatchObject({
        cnf: cnf(own),
        act: { sub: child.registration.agent_id, act: { sub: parent.registration.agent_id } },
      });
    });

    test('and nothing is handed to an agent that has no key of its own to bind it to', async () => {
      const parent = await registerAgent(server);
      const { publicJwk } = await newKey();
      // A key that it never authenticates with proves nothing when a hand-off is taken up.
      const child = await agentOf(server, certified, {
        ...BY_AUTHORITY,
        jwks: { keys: [publicJwk] },
        agent_mode: 'sub_agent',
      });
      await addEdge(database, parent, child, [READ]);
      const answer = await exchange(parent, await rootOf(parent), { requested_actor: child.registration.agent_id });
      expect(answer.status).toBe(400);
    });
  });

  describe('where our own endpoints take tokens', () => {
    let rs: TlsClient;
    let token: string;
    beforeAll(async () => {
      const metadata = {
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: DN,
        tls_client_certificate_bound_access_tokens: true,
      };
      rs = tlsClient(server, await addClient(server, database, 'resource_server', { metadata }), certified);
      const answer = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' });
      token = accessTokenIn(answer);
      expect(claimsOf(token).cnf).toEqual(cnf(certified));
    });
    const report = async (own: Certified | undefined, scheme = 'Bearer', path = '/outcomes') => {
      const headers = { authorization: `${scheme} ${token}`, 'content-type': 'application/json' };
      const body =
        path === '/outcomes'
          ? '[]'
          : JSON.stringify({ token: 'x', action: READ, parameters: {}, idempotency_key: '1' });
      return overTls(`${server.address}${path}`, { headers, body, certified: own });
    };

    test('MT-02: with the certificate it is taken', async () => {
      expect((await report(certified)).status).toBe(202);
      expect((await report(certified, 'Bearer', '/redemptions')).status).toBe(403); // heard: the token in it is none
    });

    test.each<[string, () => Promise<Response>]>([
      ['without', () => report(undefined)],
      ['with another of the same name', () => report(namesake)],
      ['with a self-signed one of the same name', () => report(selfSigned())],
      ['as DPoP', () => report(certified, 'DPoP')],
      ['at redemption, without', () => report(undefined, 'Bearer', '/redemptions')],
      ['at redemption, with another', () => report(namesake, 'Bearer', '/redemptions')],
      [
        'at the address where nobody asks for it, in a header',
        () =>
          fetch(`${server.issuer}/outcomes`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${token}`,
              'content-type': 'application/json',
              'client-cert': `:${certified.x509.raw.toString('base64')}:`,
            },
            body: '[]',
          }),
      ],
    ])('MT-02: %s it is 401 invalid_token', async (_name, attempt) => {
      const { status, body, headers } = await answerOf(await attempt());
      expect([status, body.error]).toEqual([401, 'invalid_token']);
      expect(headers.get('www-authenticate')).toMatch(/error="invalid_token"/);
    });

    test('MT-02: another server’s is not this one’s, whoever shows it', async () => {
      const plain = await addClient(server, database, 'resource_server');
      const own = accessTokenIn(
        await plain.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false }),
      );
      const headers = { authorization: `Bearer ${own}`, 'content-type': 'application/json' };
      // Unbound: a certificate beside it changes nothing.
      expect((await overTls(`${server.address}/outcomes`, { headers, body: '[]', certified })).status).toBe(202);
    });
  });

  test('DP-01: a proof names the address that the client called', async () => {
    const client = await agentOf(server, certified, { ...BY_AUTHORITY, dpop_bound_access_tokens: true });
    const { parameters, verifier } = await decideInBrowser(client, person, fresh(READING), HOUR);
    const form = { grant_type: 'authorization_code', code: parameters.get('code') ?? '', code_verifier: verifier };
    const elsewhere = await client.token(form, { dpop: await client.proof(`${server.issuer}/token`) });
    expect([elsewhere.status, elsewhere.body.error]).toEqual([400, 'invalid_dpop_proof']);
    const token = accessTokenIn(await client.token(form, { dpop: true }));
    expect(claimsOf(token).cnf).toEqual({ jkt: client.jkt });
    const pushed = await push(client, { code_challenge: pkce().challenge, ...READING }, { dpop: true });
    expect(pushed.status).toBe(201);
    expect(pushed.headers.get('dpop-nonce')).toBeTruthy();
  });

  test('X5T: a server that lost its setting issues nothing, and nothing unbound', async () => {
    const client = await agentOf(server, selfSigned(), { tls_client_certificate_bound_access_tokens: true });
    const off = await startServer({ DATABASE_URL: server.databaseUrl, DATA_DIR: server.dataDir });
    const there = { ...server, issuer: off.issuer, address: off.issuer };
    const form = { grant_type: EXCHANGE, subject_token: 'x', subject_token_type: ACCESS_TOKEN };
    const body = new URLSearchParams({
      ...form,
      client_id: client.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await client.assertion({ aud: off.issuer }),
    });
    const answer = await answerOf(await fetch(`${there.issuer}/token`, { method: 'POST', body }));
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    expect(answer.body.error_description).toMatch(/certificate/);
    await off.close();
  });
});
