import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JWK } from 'jose';
import { egressFetch } from '../../adapters/egress.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { postgresDocuments, staleDocuments } from '../../adapters/postgres/documents.ts';
import { type DocumentPolicy, placedId } from '../../server/agents/document.ts';
import { newBreaker, refreshDocuments } from '../../server/agents/documents.ts';
import { applyDocument } from '../../server/agents/registration.ts';
import { openidClient } from '../peers/openid-client.ts';
import { deciding, decidingInInbox, type PeerClient, refusal } from '../peers/peer.ts';
import { type Api, acceptOffers, administrator } from '../support/admin.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  CALENDAR,
  CIBA,
  claimsOf,
  clientWith,
  demoClient,
  EXCHANGE,
  INVITE,
  type Json,
  newKey,
  pkce,
  READ,
  REDIRECT,
  readDetails,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, eventsOf, HOUR, introspect, organizationOf } from '../support/delegation.ts';
import {
  browserOf,
  continuationOf,
  detailsParameter,
  type PageAnswer,
  signIn,
  type TestPerson,
} from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { postForm, wordsOf } from './support.ts';

let server: TestServer;
let database: Database;
let http: Server;
let origin: string;
/** The same shelf at another port: what fails there leaves this one alone. */
let broken: string;
let second: Server;
let admin: Api;
let person: TestPerson;
let resourceServer: TestClient;
/** What stands at an address, by its path; and how often it was asked. */
const shelf = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
const asked = new Map<string, number>();
beforeAll(async () => {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const page = shelf.get(path);
    if (page) page(request, response);
    else response.writeHead(404).end();
  };
  [http, second] = [createServer(answer), createServer(answer)];
  const ports: number[] = [];
  for (const one of [http, second]) {
    await new Promise<void>((resolve) => one.listen(0, 'localhost', resolve));
    ports.push((one.address() as AddressInfo).port);
  }
  [origin, broken] = ports.map((port) => `http://localhost:${port}`) as [string, string];
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: ports.map((port) => `localhost:${port}`).join(',') });
  database = databaseOf(server);
  admin = await administrator(server, 'admin@acme.example');
  person = await signIn(server);
  resourceServer = await demoClient(server, 'resourceServer');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  for (const one of [http, second]) {
    one?.close();
    one?.closeAllConnections();
  }
});

let documents = 0;
/** Publishes a document; answers its address, which is the client_id. */
function publish(more: Json = {}, headers: Json = {}): string {
  const path = `/agent-${++documents}/client.json`;
  republish(path, more, headers);
  return origin + path;
}

function republish(path: string, more: Json = {}, headers: Json = {}): void {
  const document = {
    client_id: origin + path,
    client_name: `Document ${documents}`,
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    ...more,
  };
  shelf.set(path, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600', ...headers });
    response.end(JSON.stringify(document));
  });
}

const stale = () => database.run('update metadata_documents set fresh_until = now()');

function request(clientId: string, more: Record<string, string | undefined> = {}) {
  const { verifier, challenge } = pkce();
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'calendar.read',
    resource: CALENDAR,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st',
    ...more,
  };
  const sent = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const redeem = (page: PageAnswer, form: Record<string, string> = {}): Promise<Answer> =>
    postForm(server, '/token', {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: new URL(page.url).searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: REDIRECT,
      ...form,
    });
  return { path: `/auth?${new URLSearchParams(sent)}`, redeem };
}

/** Asked and approved by a person. */
async function approved(clientId: string, who: TestPerson = person): Promise<Answer> {
  const { path, redeem } = request(clientId);
  const page = await who.get(path);
  const result = await who.submit(page, HOUR);
  return redeem(await who.get(continuationOf(result) ?? ''));
}

const allow = (domain: string, more: Json = {}) =>
  admin('PUT', '/document-policies', {
    domain,
    verdict: 'allow',
    owner: 'owner@acme.example',
    deputy: 'admin@acme.example',
    ...more,
  });
const everybody = () => allow('*');

test('CIMD: it is offered in discovery', async () => {
  const { body } = await (async () => ({
    body: await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json(),
  }))();
  expect((body as Json).client_id_metadata_document_supported).toBe(true);
});

describe('a client that describes itself at its client_id', () => {
  test('CIMD-09, MCP-10: is shown by host, with where it sends people back, and warned about; then it gets its token', async () => {
    const url = publish({ client_name: 'Totally Trusted Bank' });
    const { path, redeem } = request(url);
    const page = await person.get(path);
    expect(page.html).not.toContain('Totally Trusted Bank');
    expect(wordsOf(page)).toContain(
      `Not verified. This agent registered itself from ${new URL(origin).host} → 127.0.0.1:9`,
    );
    const result = await person.submit(page, HOUR);
    const back = await person.get(continuationOf(result) ?? '');
    const { status, body } = await redeem(back);
    expect(status).toBe(200);
    expect(claimsOf(body.access_token)).toMatchObject({
      client_id: url,
      act: { client_id: url, sub: expect.stringMatching(/^agt_/), sub_profile: 'ai_agent' },
      scope: 'calendar.read',
    });
    expect(await introspect(resourceServer, body.access_token)).toMatchObject({ active: true, client_id: url });
    expect((await redeem(back)).body.error).toBe('invalid_grant');
  });

  test('CIMD-09 U9: wherever a person looks at it, nobody but itself vouches for it', async () => {
    const url = publish({ client_name: 'Totally Trusted Bank' });
    const asked = await person.get(request(url).path);
    expect(asked.html).not.toContain('Totally Trusted Bank');
    const { sub } = claimsOf((await approved(url)).body.access_token).act as Json;
    for (const path of [`/agents/${sub}`, `/agents/${sub}/contact`]) {
      const [english, german] = [await person.get(path), await person.get(`${path}?ui_locales=de`)].map(wordsOf);
      expect(english).toContain(`Not verified: registered itself from ${new URL(origin).host}`);
      expect(english).not.toContain('Registered by your organization');
      expect(german).toContain(`Nicht geprüft: von ${new URL(origin).host} aus selbst registriert`);
    }
  });

  test('is let in after the person signed in, whose organization decides', async () => {
    const url = publish();
    const { path, redeem } = request(url);
    const stranger = browserOf(server.issuer, 'person@acme.example');
    const form = await stranger.get(path);
    const page = await stranger.submit(form, { email: stranger.email, password: server.demo.password });
    expect(wordsOf(page)).toContain('Not verified');
    const result = await stranger.submit(page, HOUR);
    expect((await redeem(await stranger.get(continuationOf(result) ?? ''))).status).toBe(200);
  });

  test('is a different agent in each organization, and a code of one is worth nothing to the other', async () => {
    const url = publish();
    const gus = await signIn(server, 'person@globex.example');
    const [here, there] = [await approved(url), await approved(url, gus)];
    const [one, other] = [claimsOf(here.body.access_token), claimsOf(there.body.access_token)];
    expect([one.client_id, other.client_id]).toEqual([url, url]);
    expect(one.act.sub).not.toBe(other.act.sub);
    expect(one.org_id).not.toBe(other.org_id);
    const agents = await database.rows<Json>(
      'select organization, origin, status, name from agents where id = any($1)',
      [[one.act.sub, other.act.sub]],
    );
    expect(agents).toHaveLength(2);
    expect(agents).toEqual(
      expect.arrayContaining([expect.objectContaining({ origin: 'document', status: 'active', name: 'localhost' })]),
    );
    // Suspended here, it goes on there.
    await admin('POST', `/agents/${one.act.sub}/suspend`, { reason: 'odd' });
    expect((await person.get(request(url).path)).status).toBe(400);
    expect((await gus.get(request(url).path)).status).toBe(200);
  });

  test('public, it meets the person each time: nothing is reused in silence', async () => {
    const url = publish();
    expect((await approved(url)).status).toBe(200);
    const again = await person.get(request(url).path);
    expect([again.status, again.url.startsWith(REDIRECT)]).toEqual([200, false]);
    expect(wordsOf(again)).toContain('Not verified');
  });

  test('first seen by twenty at once, at two instances, it is one agent', async () => {
    const url = publish();
    const organization = await organizationOf(database, 'acme');
    const other = databaseOf(server);
    const stores = [postgresDocuments(database), postgresDocuments(other)];
    const [policy] = (await postgresDocuments(database).policies(organization)) as [DocumentPolicy];
    const document = {
      organization,
      clientId: placedId(url, organization),
      url,
      hash: 'h',
      name: 'localhost',
      verified: false,
      metadata: { token_endpoint_auth_method: 'none' },
      policy,
    };
    await Promise.all([...Array(20).keys()].map((n) => stores[n % 2]?.place(document)));
    await other.close();
    const rows = await database.rows('select agent from clients where document_url = $1', [url]);
    const agents = await database.rows(
      `select from agents where purpose like 'Software published at%' and id not in (select agent from clients where agent is not null)`,
    );
    expect([rows.length, agents.length]).toEqual([1, 0]);
  });

  test('its refresh token is rotated, and works for it alone', async () => {
    const url = publish();
    const { body } = await approved(url);
    if (body.refresh_token === undefined) return; // the task lives no longer than its token
    const refreshed = await postForm(server, '/token', {
      grant_type: 'refresh_token',
      client_id: url,
      refresh_token: body.refresh_token,
    });
    expect(refreshed.status).toBe(200);
    const other = publish();
    await approved(other);
    const stolen = await postForm(server, '/token', {
      grant_type: 'refresh_token',
      client_id: other,
      refresh_token: refreshed.body.refresh_token,
    });
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
  });

  test.each(['/backchannel', '/token', '/token/revocation'])(
    'at %s, where nobody says whose it is, it is unknown, and nothing is fetched',
    async (path) => {
      const url = publish();
      const answer = await postForm(server, path, {
        client_id: url,
        grant_type: 'client_credentials',
        scope: 'openid calendar.read',
        login_hint: 'person@acme.example',
        token: 'x.y.z',
      });
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
      expect(answer.body.error_description).toContain('begins with it in a browser');
      expect(asked.get(new URL(url).pathname)).toBeUndefined();
    },
  );

  test('is nobody by the id that we keep it under', async () => {
    const url = publish();
    const { body } = await approved(url);
    const inside = placedId(url, await organizationOf(database, 'acme'));
    const revoked = await postForm(server, '/token/revocation', { client_id: inside, token: body.access_token });
    expect([revoked.status, revoked.body.error]).toEqual([401, 'invalid_client']);
    expect((await person.get(request(inside).path)).status).toBe(400);
    expect(await introspect(resourceServer, body.access_token)).toMatchObject({ active: true });
  });

  test('public, it may push its request, whose organization the person brings along', async () => {
    const url = publish();
    const { path, redeem } = request(url);
    const pushed = await postForm(server, '/request', path.slice('/auth?'.length));
    expect([pushed.status, pushed.body.request_uri]).toEqual([201, expect.stringMatching(/^urn:/)]);
    for (const client_id of [publish(), `${url}x`]) {
      const stolen = new URLSearchParams({ client_id, request_uri: pushed.body.request_uri });
      const there = await person.get(`/auth?${stolen}`);
      expect([there.url.includes('code='), there.html.includes('approve')]).toEqual([false, false]);
    }
    const page = await person.get(
      `/auth?${new URLSearchParams({ client_id: url, request_uri: pushed.body.request_uri })}`,
    );
    expect(wordsOf(page)).toContain('Not verified');
    const back = await person.get(continuationOf(await person.submit(page, HOUR)) ?? '');
    expect((await redeem(back)).status).toBe(200);
  });

  test('public, it may revoke what it holds, and nothing of another', async () => {
    const url = publish();
    const token = (await approved(url)).body.access_token;
    const other = publish();
    await approved(other);
    await postForm(server, '/token/revocation', { client_id: other, token });
    expect(await introspect(resourceServer, token)).toMatchObject({ active: true });
    expect((await postForm(server, '/token/revocation', { client_id: url, token })).status).toBe(200);
    expect(await introspect(resourceServer, token)).toEqual({ active: false });
  });

  test('MCP-06: without application_type, a loopback redirect without a port is any port, as native clients need', async () => {
    const url = publish({ redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'] });
    for (const redirect_uri of ['http://localhost:52163/callback', 'http://127.0.0.1:8080/callback']) {
      expect(wordsOf(await person.get(request(url, { redirect_uri }).path))).toContain('Not verified');
    }
    for (const redirect_uri of [
      'http://localhost:52163/callback/',
      'http://localhost.evil.example:1/callback',
      'http://[::1]:1/callback',
    ])
      expect((await person.get(request(url, { redirect_uri }).path)).status).toBe(400);
  });

  test('CIMD-05: a redirect that the document does not name is refused, without a redirect', async () => {
    const page = await person.get(request(publish(), { redirect_uri: 'https://evil.example/cb' }).path);
    expect([page.status, page.url.startsWith('https://evil')]).toEqual([400, false]);
  });
});

describe.each(['jwks', 'jwks_uri'] as const)('CIMD-04: one with a key, by %s, driven by openid-client', (by) => {
  const documentOf = (publicJwk: JWK): Json => {
    if (by === 'jwks_uri') {
      shelf.set(`/keys-${documents + 1}`, (_, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [publicJwk] })),
      );
    }
    return {
      grant_types: ['authorization_code', 'refresh_token', CIBA, EXCHANGE],
      token_endpoint_auth_method: 'private_key_jwt',
      authorization_details_types: [READ, INVITE],
      ...(by === 'jwks' ? { jwks: { keys: [publicJwk] } } : { jwks_uri: `${origin}/keys-${documents + 1}` }),
    };
  };
  const newClient = async (): Promise<{ url: string; jwk: JWK; peer: PeerClient }> => {
    const { jwk, publicJwk } = await newKey();
    const url = publish(documentOf(publicJwk));
    return { url, jwk, peer: await openidClient.connect(server, url, jwk) };
  };
  const asking = { scope: 'calendar.read', resource: CALENDAR };
  const hinted = (form: Json = {}): Json => ({
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: detailsParameter(readDetails(form)),
    resource: CALENDAR,
  });

  test('pushes, redeems, refreshes, exchanges, asks from behind and revokes, bound to its key', async () => {
    const { url, peer } = await newClient();
    const answer = await peer.askInBrowser(asking, deciding(person, HOUR));
    expect(claimsOf(answer.access_token)).toMatchObject({
      client_id: url,
      act: { client_id: url },
      cnf: { jkt: expect.any(String) },
    });
    // With a key it is asked once for what a live task covers.
    await peer.askInBrowser(asking, async (at) => {
      const page = await person.get(at.href);
      expect(page.url.startsWith(REDIRECT)).toBe(true);
      return new URL(page.url);
    });
    if (answer.refresh_token !== undefined)
      expect(await peer.refresh(answer.refresh_token)).toHaveProperty('access_token');
    const narrower = await peer.exchange({ subject_token: answer.access_token, ...asking });
    expect(claimsOf(narrower.access_token)).toMatchObject({ client_id: url, scope: 'calendar.read' });
    const behind = await peer.askFromBehind(hinted({ calendar: by }), decidingInInbox(person, HOUR));
    expect(claimsOf(behind.access_token)).toMatchObject({ client_id: url, act: { client_id: url } });
    await peer.revoke(behind.access_token);
    expect(await introspect(resourceServer, behind.access_token)).toEqual({ active: false });
    expect(await introspect(resourceServer, answer.access_token)).toMatchObject({ active: true });
  });

  test('without its key it is nobody, at each endpoint', async () => {
    const { url, peer } = await newClient();
    const { access_token: token } = await peer.askInBrowser(asking, deciding(person, HOUR));
    const thief = await clientWith(server, url, (await newKey()).jwk);
    const exchange = { grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN, ...asking };
    const tries: [string, Json][] = [
      ['/request', { response_type: 'code', redirect_uri: REDIRECT, code_challenge: pkce().challenge, ...asking }],
      ['/backchannel', hinted()],
      ['/token', exchange],
      ['/token/revocation', { token }],
      ['/token/introspection', { token }],
    ];
    for (const [path, form] of tries) {
      for (const credentials of [
        {},
        { client_id: url, client_assertion: undefined, client_assertion_type: undefined },
      ]) {
        const { status, body } = await thief.post(path, { ...form, ...credentials });
        expect([path, status, body.error]).toEqual([path, 401, 'invalid_client']);
      }
    }
    expect(await introspect(resourceServer, token)).toMatchObject({ active: true });
  });

  test('the limits of its domain hold at each endpoint, and when the policy narrows later', async () => {
    const { peer } = await newClient();
    const { access_token: token } = await peer.askInBrowser(asking, deciding(person, HOUR));
    await allow('*', { limits: { actions: [INVITE] } });
    try {
      expect(await introspect(resourceServer, token)).toEqual({ active: false });
      expect(await refusal(peer.askFromBehind(hinted({ calendar: 'limits' }), async () => {}))).toMatchObject({
        error: 'access_denied',
      });
      expect(await refusal(peer.exchange({ subject_token: token, ...asking }))).toMatchObject({ status: 400 });
      await expect(peer.askInBrowser(asking, deciding(person, HOUR))).rejects.toThrow();
    } finally {
      await everybody();
    }
    expect(await peer.askInBrowser(asking, deciding(person, HOUR))).toHaveProperty('access_token');
  });

  test('denied, it gets nothing at any endpoint; in another organization it goes on', async () => {
    const { peer, url } = await newClient();
    const gus = await signIn(server, 'person@globex.example');
    const here = await peer.askInBrowser(asking, deciding(person, HOUR));
    const there = await peer.askInBrowser(asking, deciding(gus, HOUR));
    await admin('PUT', '/document-policies', { domain: 'localhost', verdict: 'deny' });
    try {
      const denied = { error: 'invalid_client', status: 401 };
      expect(await refusal(peer.exchange({ subject_token: here.access_token, ...asking }))).toEqual(denied);
      expect(await refusal(peer.askFromBehind(hinted(), async () => {}))).toEqual(denied);
      const exchanged = await peer.exchange({ subject_token: there.access_token, ...asking });
      expect(claimsOf(exchanged.access_token)).toMatchObject({
        client_id: url,
        org_id: claimsOf(there.access_token).org_id,
      });
    } finally {
      await admin('DELETE', '/document-policies/localhost');
    }
  });

  test('only whoever began with it can be asked from behind: a guessed address rings nowhere', async () => {
    const { peer } = await newClient();
    const unknown = { error: 'invalid_client', status: 401 };
    expect(await refusal(peer.askFromBehind(hinted(), async () => {}))).toEqual(unknown);
    await peer.askInBrowser(asking, deciding(person, HOUR));
    const elsewhere = { ...hinted(), login_hint: 'person@globex.example' };
    expect(await refusal(peer.askFromBehind(elsewhere, async () => {}))).toEqual(unknown);
    expect(
      await refusal(peer.askFromBehind({ ...hinted(), login_hint: 'nobody@acme.example' }, async () => {})),
    ).toEqual(unknown);
  });

  test('its own tokens are not for it: nothing of such a request says whose agent it would be', async () => {
    const { peer, jwk, url } = await newClient();
    await peer.askInBrowser(asking, deciding(person, HOUR));
    const client = await clientWith(server, url, jwk);
    const { status, body } = await client.token({ grant_type: 'client_credentials', ...asking });
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });
});

test('a policy that denies everybody leaves alone whom another one lets in', async () => {
  const url = publish();
  await allow('localhost');
  const { body } = await approved(url);
  await admin('PUT', '/document-policies', { domain: '*', verdict: 'deny' });
  expect(await introspect(resourceServer, body.access_token)).toMatchObject({ active: true });
  await admin('DELETE', '/document-policies/localhost');
  expect(await introspect(resourceServer, body.access_token)).toEqual({ active: false });
  await everybody();
});

test('CIMD-13: for trying out, a document on loopback, where the operator says so; nowhere else', async () => {
  const plain = await startServer();
  try {
    const tester = await signIn(plain);
    const url = publish();
    const page = await tester.get(request(url).path);
    expect([page.status, wordsOf(page)]).toEqual([400, expect.stringContaining('must use https')]);
  } finally {
    await plain.close();
  }
  expect((await person.get(request(publish()).path)).status).toBe(200);
});

describe('what is fetched, and what is not', () => {
  const refused = async (clientId: string): Promise<string> => {
    const page = await person.get(request(clientId).path);
    expect([page.status, page.url.startsWith(server.issuer)]).toEqual([400, true]); // and never a redirect
    return wordsOf(page);
  };

  test('CIMD-02: a redirect is no answer', async () => {
    const target = new URL(publish()).pathname;
    shelf.set('/redirects/client.json', (_, response) => response.writeHead(302, { location: target }).end());
    expect(await refused(`${broken}/redirects/client.json`)).toContain('cannot be read');
    expect(asked.get(target)).toBeUndefined();
  });

  test.each([201, 204, 401, 404, 500])('CIMD-02: nor is %i', async (status) => {
    shelf.set(`/status/${status}`, (_, response) => response.writeHead(status).end());
    await refused(`${broken}/status/${status}`);
    const kept = await database.rows('select from metadata_documents where url = $1', [`${broken}/status/${status}`]);
    expect(kept).toEqual([]);
  });

  test('CIMD-03, CIMD-04: what is no good document is refused and not kept', async () => {
    for (const bad of [
      { client_id: 'https://other.example/x' },
      { client_secret: 's' },
      { redirect_uris: ['http://evil.example/'] },
      { redirect_uris: ['https://localhost/cb'], application_type: 'native' },
    ]) {
      const url = publish(bad);
      expect(await refused(url)).toContain('localhost');
    }
  });

  test('CIMD-07: nor is one of more than 5 KB, one that never ends, and one that comes too slowly', async () => {
    const large = publish({ client_name: 'x', padding: 'x'.repeat(5 * 1024) });
    expect(await refused(large)).toContain('cannot be used');
    const endless: [string, (response: ServerResponse) => void][] = [
      ['/endless', (response) => void response.write('{'.repeat(200 * 1024))],
      ['/slow', (response) => void response.write('{')],
      ['/silent', () => {}],
    ];
    for (const [path, write] of endless) {
      shelf.set(path, (_, response) => {
        if (path !== '/silent') response.writeHead(200, { 'content-type': 'application/json' });
        write(response);
      });
      expect(await refused(`${broken}${path}`)).toContain('cannot be read');
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('CIMD-15: nonsense makes us fetch nothing, and neither does a token request', async () => {
    const url = publish();
    for (const more of [{ response_type: 'token' }, { redirect_uri: undefined }, { code_challenge: undefined }])
      await person.get(request(url, more).path);
    await postForm(server, '/token', {
      grant_type: 'authorization_code',
      client_id: url,
      code: 'x',
      code_verifier: 'y',
    });
    expect(asked.get(new URL(url).pathname)).toBeUndefined();
  });

  test('CIMD-08: fetched once while it is fresh, and again after', async () => {
    const url = publish();
    await approved(url);
    await approved(url);
    expect(asked.get(new URL(url).pathname)).toBe(1);
    await stale();
    await approved(url);
    expect(asked.get(new URL(url).pathname)).toBe(2);
  });

  test.each([
    ['a private address', 'https://10.0.0.1/client.json'],
    ['loopback', 'https://127.0.0.1/client.json'],
    ['the metadata service of a cloud', 'https://169.254.169.254/latest/meta-data'],
    ['IPv6 loopback', 'https://[::1]/client.json'],
    ['IPv4 in IPv6', 'https://[::ffff:a00:1]/client.json'],
    ['NAT64', 'https://[64:ff9b::a00:1]/client.json'],
    ['a name of loopback', 'https://localhost/client.json'],
    ['an address without TLS', 'http://agent.example/client.json'],
  ])('CIMD-06: never to %s', async (_, url) => {
    expect(await refused(url)).toMatch(/cannot be read|cannot be used/);
  });
});

describe('what an organization says of domains', () => {
  test('CIMD-12: ask: an administrator sees that somebody wanted it; allowed and accepted, it works under its name', async () => {
    await admin('PUT', '/document-policies', { domain: '*', verdict: 'ask' });
    try {
      const url = publish({ client_name: 'Quiet Planner' });
      expect(wordsOf(await person.get(request(url).path))).toContain('has not allowed the agent from localhost yet');
      const { body } = await admin('GET', '/document-requests');
      expect(body.document_requests).toContainEqual(
        expect.objectContaining({ url, person: 'person@acme.example', times: expect.any(Number) }),
      );
      const globex = await administrator(server, 'admin@globex.example');
      expect((await globex('GET', '/document-requests')).body.document_requests).toEqual([]);

      const allowed = await admin('POST', '/document-requests/allow', {
        url,
        owner: 'owner@acme.example',
        deputy: 'admin@acme.example',
      });
      expect(allowed).toMatchObject({ status: 201, body: { status: 'pending', name: 'Quiet Planner' } });
      expect((await person.get(request(url).path)).status).toBe(400);
      await acceptOffers(server, { agent_id: allowed.body.agent });
      expect(await admin('POST', `/agents/${allowed.body.agent}/activate`, { reason: 'ready' })).toMatchObject({
        status: 200,
      });
      const page = await person.get(request(url).path);
      expect(wordsOf(page)).toContain('Quiet Planner');
      expect(wordsOf(page)).not.toContain('Not verified');
      expect((await approved(url)).status).toBe(200);
    } finally {
      await everybody();
    }
  });

  test('CIMD-12: deny: refused at once, and what it holds ends', async () => {
    const url = publish();
    const { body } = await approved(url);
    expect(await introspect(resourceServer, body.access_token)).toMatchObject({ active: true });
    await admin('PUT', '/document-policies', { domain: 'localhost', verdict: 'deny' });
    expect(await introspect(resourceServer, body.access_token)).toEqual({ active: false });
    expect(wordsOf(await person.get(request(url).path))).toContain('does not allow agents from localhost');
    expect(await admin('DELETE', '/document-policies/localhost')).toMatchObject({ status: 200 });
    expect((await person.get(request(url).path)).status).toBe(200);
  });

  test('CIMD-12: from allow to ask: suspended, until an administrator lets in whom only the policy had', async () => {
    const url = publish();
    const { body } = await approved(url);
    const { agent } = (await database.first<{ agent: string }>('select agent from clients where document_url = $1', [
      url,
    ])) as { agent: string };
    const statusOf = async () => (await admin('GET', `/agents/${agent}`)).body.status;
    const rule = (verdict: 'ask' | 'allow') =>
      admin('PUT', '/document-policies', {
        domain: 'localhost',
        verdict,
        ...(verdict === 'allow' && { owner: 'owner@acme.example', deputy: 'admin@acme.example' }),
      });
    try {
      const events = await eventsOf(database, () => rule('ask'));
      expect(events).toContainEqual(expect.objectContaining({ type: 'authority.stopped', agent }));
      expect([await statusOf(), await introspect(resourceServer, body.access_token)]).toEqual([
        'suspended',
        { active: false },
      ]);
      expect((await person.get(request(url).path)).status).toBe(400);
      // What an administrator suspended, its owner does not bring back.
      const owner = await administrator(server, 'owner@acme.example');
      expect(await owner('POST', `/agents/${agent}/resume`, { reason: 'fine' })).toMatchObject({ status: 409 });
      expect(await admin('POST', `/agents/${agent}/resume`, { reason: 'looked at' })).toMatchObject({ status: 200 });
      expect((await approved(url)).status).toBe(200);
      // Somebody was asked about this one: allowed and asked again, it goes on.
      await rule('allow');
      await rule('ask');
      expect(await statusOf()).toBe('active');
    } finally {
      await admin('DELETE', '/document-policies/localhost');
    }
  });

  test('limits of a domain: its agents ask for no more', async () => {
    await allow('localhost', { limits: { actions: [] } });
    const page = await person.get(request(publish()).path);
    expect(page.url).toContain('error=access_denied');
    await admin('DELETE', '/document-policies/localhost');
  });

  test('names that could be taken for another agent are refused, where names are shown', async () => {
    await allow('localhost');
    try {
      for (const [client_name, why] of [
        ['C1aude Code', 'gives itself a name that is taken'],
        ['Countersign', 'gives itself a name that is taken'],
        ['Сlaude', 'letters or digits that look like others'],
      ] as const) {
        const page = await person.get(request(publish({ client_name })).path);
        expect([client_name, wordsOf(page)]).toEqual([client_name, expect.stringContaining(why)]);
      }
    } finally {
      await admin('DELETE', '/document-policies/localhost');
    }
  });

  test.each([
    [{ domain: 'agent.example', verdict: 'allow' }, 422],
    [{ domain: 'agent.example', verdict: 'allow', owner: 'owner@acme.example', deputy: 'owner@acme.example' }, 422],
    [{ domain: 'agent.example', verdict: 'allow', owner: 'person@globex.example', deputy: 'owner@acme.example' }, 404],
    [{ domain: 'https://agent.example', verdict: 'deny' }, 400],
    [{ domain: '*.example', verdict: 'deny' }, 400],
    [{ domain: 'agent.example', verdict: 'maybe' }, 400],
  ])('a policy %j is refused with %i', async (policy, status) => {
    expect((await admin('PUT', '/document-policies', policy)).status).toBe(status);
  });

  test('the list of domains is read page by page, by any filter', async () => {
    const names = ['a.example', 'b.example', 'c.example'];
    for (const domain of names) await admin('PUT', '/document-policies', { domain, verdict: 'deny' });
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const { body }: Answer = await admin(
        'GET',
        `/document-policies?verdict=deny&limit=1${after && `&after=${encodeURIComponent(after)}`}`,
      );
      expect(body.document_policies.length).toBeLessThanOrEqual(1);
      seen.push(...body.document_policies.map(({ domain }: Json) => domain));
      after = body.next;
    }
    expect(seen).toEqual(names);
    const { body } = await admin('GET', '/document-policies?q=b.exam');
    expect(body.document_policies).toMatchObject([{ domain: 'b.example' }]);
    for (const domain of names) await admin('DELETE', `/document-policies/${domain}`);
  });

  describe('in the console', () => {
    const PAGE = '/admin/documents';
    const at = (domain: string) => `${PAGE}/domain?domain=${encodeURIComponent(domain)}`;
    const OWNER = 'owner@acme.example';
    const policyOf = async (domain: string) =>
      (await admin('GET', `/document-policies?q=${domain}`)).body.document_policies[0];
    let ada: TestPerson;
    beforeAll(async () => {
      ada = await signIn(server, 'admin@acme.example');
    });

    test('an administrator decides on a domain as by the API; what the form has no field for stays', async () => {
      const fields = { domain: 'agent.example', verdict: 'allow', owner: OWNER, deputy: ada.email };
      const saved = await ada.submit(await ada.get(`${PAGE}/domain`), {
        ...fields,
        actions: 'calendar.events.read\r\ncalendar.invitations.send',
        highest_impact: 'medium',
        second_person_above: '',
        requests_per_minute: '60',
      });
      expect([saved.status, wordsOf(saved)]).toEqual([200, expect.stringContaining('Saved. It holds at once')]);
      expect(wordsOf(saved)).toContain('Olga Marin , and');
      const limits = { actions: [READ, INVITE], highest_impact: 'medium', requests_per_minute: 60 };
      expect(await policyOf('agent.example')).toMatchObject({ verdict: 'allow', limits });

      await allow('agent.example', { limits: { ...limits, token_seconds: 60, resources: [CALENDAR] } });
      const page = await ada.get(at('agent.example'));
      expect(page.html).toContain(`value="${OWNER}"`);
      expect(wordsOf(page)).toContain(`systems: ${CALENDAR} · tokens of 60 seconds`);
      await ada.submit(page, { ...fields, actions: READ, highest_impact: 'low', requests_per_minute: '' });
      expect((await policyOf('agent.example')).limits).toEqual({
        actions: [READ],
        highest_impact: 'low',
        token_seconds: 60,
        resources: [CALENDAR],
      });
      // No action at all is not the same as an empty field.
      await allow('agent.example', { limits: { actions: [] } });
      await ada.submit(await ada.get(at('agent.example')), { ...fields, actions: '' });
      expect((await policyOf('agent.example')).limits).toEqual({ actions: [] });

      const form = { csrf: /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '', domain: 'agent.example' };
      expect(wordsOf(await ada.post(`${PAGE}/remove`, form))).toContain('Removed.');
      expect(await policyOf('agent.example')).toBeUndefined();
      expect((await ada.post(`${PAGE}/remove`, form)).status).toBe(404);
      expect((await ada.get(at('agent.example'))).status).toBe(404);
    });

    test.each([
      [{ verdict: 'allow', owner: '', deputy: '' }, 422, 'Name owner and deputy'],
      [{ verdict: 'allow', owner: OWNER, deputy: OWNER }, 422, 'Owner and deputy are two people.'],
      [{ verdict: 'allow', owner: 'person@globex.example', deputy: OWNER }, 422, 'There is nobody here'],
      [{ verdict: 'deny', actions: 'calendar.events.raed' }, 422, 'There is no action calendar.events.raed.'],
      [{ verdict: 'ask', requests_per_minute: '0' }, 422, 'A number from 1 to 100,000'],
      [{ verdict: '' }, 400, 'Choose what becomes of its agents.'],
      [{ domain: 'https://agent.example', verdict: 'deny' }, 400, 'A domain looks like claude.ai'],
    ])('what is wrong with a domain is said, and nothing happens: %j', async (wrong, status, words) => {
      const typed = { domain: 'wrong.example', owner: '', deputy: '', actions: '', requests_per_minute: '', ...wrong };
      const answer = await ada.submit(await ada.get(`${PAGE}/domain`), typed);
      expect([answer.status, wordsOf(answer)]).toEqual([status, expect.stringContaining(words)]);
      expect(await policyOf('wrong.example')).toBeUndefined();
    });

    test('a document that somebody waits for is looked at, allowed, and offered to those who will answer for it', async () => {
      await admin('PUT', '/document-policies', { domain: '*', verdict: 'ask' });
      try {
        const url = publish({ client_name: 'Console Planner' });
        await person.get(request(url).path);
        const list = await ada.get(PAGE);
        expect(wordsOf(list)).toContain(`${url} person@acme.example 1 time`);
        const href = `${PAGE}/allow?url=${encodeURIComponent(url)}`;
        expect(list.html).toContain(`href="${href}"`);
        const page = await ada.get(href);
        const wrong = await ada.submit(page, { url: `${origin}/nowhere.json`, owner: OWNER, deputy: ada.email });
        expect(wordsOf(wrong)).toContain('cannot be read at the moment');
        const fields = { url, owner: OWNER, deputy: ada.email, highest_impact: 'low' };
        expect(wordsOf(await ada.submit(page, fields))).toContain(
          'Allowed. It begins once owner and deputy accepted it',
        );
        // It is here by now, under the name that it would take again.
        expect((await ada.submit(page, fields)).status).toBe(422);
        const [agent] = await database.rows(`select status, limits from agents where name = 'Console Planner'`);
        expect(agent).toEqual({ status: 'pending', limits: { highest_impact: 'low' } });
        const olga = await signIn(server, OWNER);
        expect(wordsOf(await olga.get('/owned'))).toContain('asks you to answer for Console Planner as its owner');
      } finally {
        await everybody();
      }
    });
  });
});

describe('CIMD-10: a document that changes', () => {
  test('is noticed without anybody in a browser: when it asks from behind, and by a job', async () => {
    const [before, after] = [await newKey(), await newKey()];
    const withKey = ({ publicJwk }: { publicJwk: JWK }): Json => ({
      grant_types: ['authorization_code', CIBA, EXCHANGE],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicJwk] },
    });
    const url = publish(withKey(before));
    const peer = await openidClient.connect(server, url, before.jwk);
    const scope = { scope: 'calendar.read', resource: CALENDAR };
    const { access_token: token } = await peer.askInBrowser(scope, deciding(person, HOUR));
    republish(new URL(url).pathname, withKey(after));
    await stale();
    const hinted = { ...scope, scope: 'openid calendar.read', login_hint: 'person@acme.example' };
    expect(await refusal(peer.askFromBehind(hinted, async () => {}))).toEqual({ error: 'invalid_client', status: 401 });
    expect(await introspect(resourceServer, token)).toEqual({ active: false });

    republish(new URL(url).pathname, withKey(before));
    await stale();
    await database.run(`update tasks set expires_at = now() + interval '1 hour' where client_id like $1`, [`${url}#%`]);
    const evident = async () =>
      (
        await database.rows(`select from evidence where application = $1 and reason = 'document_changed'`, [
          placedId(url, await organizationOf(database, 'acme')),
        ])
      ).length;
    const noticed = await evident();
    const documents = {
      store: postgresDocuments(database),
      fetch: egressFetch([new URL(origin).host]),
      privateHosts: [new URL(origin).host],
      prepare: (document: Json) => applyDocument(document, () => true),
      tooMany: async () => undefined,
      breaker: newBreaker(),
    };
    await refreshDocuments(() => staleDocuments(database), documents);
    expect(await evident()).toBe(noticed + 1);
    await refreshDocuments(() => staleDocuments(database), documents);
    expect(await evident()).toBe(noticed + 1);
  });

  test('where its domain is allowed: in force, with evidence, and what was approved for other redirects has ended', async () => {
    const url = publish();
    const { body } = await approved(url);
    republish(new URL(url).pathname, { redirect_uris: [REDIRECT, 'http://127.0.0.1/other'] });
    await stale();
    const events = await eventsOf(database, () => person.get(request(url).path));
    expect(events).toContainEqual(expect.objectContaining({ type: 'agent.changed', reason: 'document_changed' }));
    expect(await introspect(resourceServer, body.access_token)).toEqual({ active: false });
    expect((await approved(url)).status).toBe(200);
  });

  test('where an administrator allowed it: it waits for its owner, and nothing is given meanwhile', async () => {
    await admin('PUT', '/document-policies', { domain: '*', verdict: 'ask' });
    try {
      const url = publish({ client_name: 'Careful Planner' });
      const allowed = await admin('POST', '/document-requests/allow', {
        url,
        owner: 'owner@acme.example',
        deputy: 'admin@acme.example',
      });
      await acceptOffers(server, { agent_id: allowed.body.agent });
      await admin('POST', `/agents/${allowed.body.agent}/activate`, { reason: 'ready' });
      expect((await approved(url)).status).toBe(200);
      republish(new URL(url).pathname, {
        client_name: 'Careful Planner',
        redirect_uris: [REDIRECT, 'http://127.0.0.1/another'],
      });
      await stale();
      expect(wordsOf(await person.get(request(url).path))).toContain('describes itself differently');
      const owner = await signIn(server, 'owner@acme.example');
      const { body } = await admin('GET', '/registration-changes');
      const change = body.changes.find(({ agent }: Json) => agent.id === allowed.body.agent);
      const page = await owner.get(`/owned/changes/${change.id}`);
      expect(page.html).toContain('http://127.0.0.1/another');
      await owner.submit(page, { answer: 'approve' });
      expect((await approved(url)).status).toBe(200);
    } finally {
      await everybody();
    }
  });
});
