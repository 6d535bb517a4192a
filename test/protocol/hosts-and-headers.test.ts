import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { CALENDAR, readDetails, registerAgent, type TestClient } from '../support/agent.ts';
import { browserOf, decideInBrowser, detailsParameter, signIn } from '../support/person.ts';
import { freePort, startServer, type TestServer } from '../support/server.ts';
import { postForm, raw } from './support.ts';

const DISCOVERY = '/.well-known/openid-configuration';

let server: TestServer;
let agent: TestClient;
let host: string;
let port: string;
beforeAll(async () => {
  server = await startServer();
  agent = await registerAgent(server);
  ({ host, port } = new URL(server.issuer));
});
afterAll(() => server?.close());

describe('design §4: this server answers to the name of its issuer', () => {
  test.each([
    ['another host', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: evil.example`],
    ['another port', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: localhost:1`],
    ['no port', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: localhost`],
    ['a dot at the end', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: localhost.:${port}`],
    ['a user in the host', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: evil@${host}`],
    ['a list of hosts', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: ${host}, evil.example`],
    ['no host', () => `GET ${DISCOVERY} HTTP/1.0\r\nX-Nothing: x`],
    ['the absolute form of another host', () => `GET http://evil.example${DISCOVERY} HTTP/1.1\r\nHost: ${host}`],
    ['the absolute form of another port', () => `GET http://localhost:1${DISCOVERY} HTTP/1.1\r\nHost: ${host}`],
    ['the absolute form with a user', () => `GET http://evil@evil.example${DISCOVERY} HTTP/1.1\r\nHost: ${host}`],
    ['the absolute form of another scheme', () => `GET ftp://evil.example/x HTTP/1.1\r\nHost: ${host}`],
    ['the asterisk form', () => `OPTIONS * HTTP/1.1\r\nHost: ${host}`],
    ['a POST to 127.0.0.1', () => `POST /token HTTP/1.1\r\nHost: 127.0.0.1:${port}`],
  ])('%s is misdirected', async (_name, head) => {
    const { status, body } = await raw(server, head());
    expect([status, body.error]).toEqual([421, 'invalid_request']);
    expect(JSON.stringify(body)).not.toContain('evil');
  });

  test.each([
    ['the host in capitals', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: ${host.toUpperCase()}`],
    ['X-Forwarded-Host', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Host: evil.example`],
    ['X-Forwarded-Proto', () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: https`],
    [
      'X-Forwarded-Port and Forwarded',
      () =>
        `GET ${DISCOVERY} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Port: 1\r\nForwarded: host=evil.example;proto=https`,
    ],
    [
      'X-Original-URL',
      () => `GET ${DISCOVERY} HTTP/1.1\r\nHost: ${host}\r\nX-Original-URL: /admin\r\nX-Rewrite-URL: /admin`,
    ],
    ['the absolute form of the issuer', () => `GET ${server.issuer}${DISCOVERY} HTTP/1.1\r\nHost: ${host}`],
    [
      'the absolute form of the issuer beside another host',
      () => `GET ${server.issuer}${DISCOVERY} HTTP/1.1\r\nHost: evil.example`,
    ],
  ])('BCP-15: %s changes no URL of ours', async (_name, head) => {
    const { status, body } = await raw(server, head());
    expect(status).toBe(200);
    const urls = Object.entries(body).filter(([name]) => /_endpoint$|_uri$|^issuer$/.test(name));
    for (const [name, url] of urls) expect([name, String(url).startsWith(server.issuer)]).toEqual([name, true]);
  });

  test('a path that looks like a host is a path', async () => {
    expect((await raw(server, `GET //evil.example${DISCOVERY} HTTP/1.1\r\nHost: ${host}`)).status).toBe(404);
  });

  test('127.0.0.1 is sent to the name of the issuer, and nowhere else', async () => {
    for (const [target, location] of [
      ['/inbox?x=1', `${server.issuer}/inbox?x=1`],
      ['//evil.example/x', `${server.issuer}//evil.example/x`],
    ]) {
      const answer = await raw(server, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}`);
      expect([answer.status, answer.headers.get('location')]).toEqual([302, location]);
    }
    const absolute = await raw(server, `GET http://evil.example/x HTTP/1.1\r\nHost: 127.0.0.1:${port}`);
    expect(absolute.status).toBe(421);
  });

  test('DP-01 PK-03: a proof or an assertion for another host is worth nothing, whatever the headers say', async () => {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await agent.assertion({ aud: 'http://evil.example/token' }),
    }).toString();
    for (const line of ['Host: evil.example', `Host: ${host}\r\nX-Forwarded-Host: evil.example`]) {
      const head = `POST /token HTTP/1.1\r\n${line}\r\nContent-Type: application/x-www-form-urlencoded`;
      expect((await raw(server, head, form)).status).toBeGreaterThanOrEqual(400);
    }
    const proof = await agent.proof('http://evil.example/token');
    const answer = await agent.token(
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { dpop: proof, headers: { 'x-forwarded-host': 'evil.example' } },
    );
    expect(answer.body.error).toBe('invalid_dpop_proof');
  });
});

describe('behind a proxy that is trusted', () => {
  let proxied: TestServer;
  let address: string;
  const ISSUER = 'https://as.example';
  beforeAll(async () => {
    const free = await freePort();
    address = `http://localhost:${free}`;
    proxied = await startServer({ ISSUER, PORT: String(free), COUNTERSIGN_TRUST_PROXY: '1' });
  });
  afterAll(() => proxied?.close());
  const at = (head: string) => raw({ ...proxied, issuer: address }, head);

  test.each([
    ['its own Host', 'Host: as.example'],
    ['X-Forwarded-Host', 'Host: upstream:3000\r\nX-Forwarded-Host: as.example'],
    ['X-Forwarded-Proto http, which would make links insecure', 'Host: as.example\r\nX-Forwarded-Proto: http'],
  ])('MCP-09: URLs are those of the issuer, with %s', async (_name, lines) => {
    const { status, body } = await at(`GET ${DISCOVERY} HTTP/1.1\r\n${lines}`);
    expect([status, body.issuer, body.token_endpoint]).toEqual([200, ISSUER, `${ISSUER}/token`]);
  });

  test('F2-25: cookies are Secure because the issuer is https', async () => {
    const answer = await at('GET /login HTTP/1.1\r\nHost: as.example\r\nAccept: text/html');
    expect(answer.status).toBe(200);
    for (const cookie of answer.headers.getSetCookie()) expect(cookie).toMatch(/; Secure/i);
  });

  test('another forwarded host is misdirected', async () => {
    expect((await at(`GET ${DISCOVERY} HTTP/1.1\r\nHost: as.example\r\nX-Forwarded-Host: evil.example`)).status).toBe(
      421,
    );
  });
});

describe('MCP-14: pages of other origins', () => {
  const ORIGIN = 'https://app.example';
  const preflight = (path: string, method: string) =>
    fetch(`${server.issuer}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,dpop',
      },
    });

  test.each([
    ['/.well-known/oauth-authorization-server', 'GET'],
    [DISCOVERY, 'GET'],
    ['/jwks', 'GET'],
    ['/token', 'POST'],
    ['/request', 'POST'],
    ['/token/revocation', 'POST'],
    ['/reg', 'POST'],
    ['/reg/cli_x', 'PUT'],
  ])('may call %s, without cookies', async (path, method) => {
    const before = await preflight(path, method);
    expect(before.status).toBe(204);
    expect(before.headers.get('access-control-allow-origin')).toBe('*');
    expect(before.headers.get('access-control-allow-methods')).toContain(method);
    expect(before.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type.*DPoP/i);
    const answer = await fetch(`${server.issuer}${path}`, { method, headers: { origin: ORIGIN } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    for (const response of [before, answer])
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('a client that sends an Origin is served as any other', async () => {
    const answer = await agent.token(
      { grant_type: 'refresh_token', refresh_token: 'x' },
      { headers: { origin: ORIGIN } },
    );
    expect([answer.body.error, answer.headers.get('access-control-allow-origin')]).toEqual(['invalid_grant', '*']);
  });

  test.each([
    '/auth',
    '/auth/x',
    '/login',
    '/inbox',
    '/',
    '/interaction/x',
    '/agents',
    '/backchannel',
    '/token/introspection',
    '/redemptions',
    '/outcomes',
    '/admin/api/agents',
  ])('OA-10: may not read %s', async (path) => {
    for (const response of [
      await preflight(path, 'POST'),
      await fetch(`${server.issuer}${path}`, { headers: { origin: ORIGIN }, redirect: 'manual' }),
    ]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

describe('headers of every answer', () => {
  test.each([
    ['/login', 'a page'],
    ['/auth', 'an error page of the engine'],
    ['/auth/unknown', 'an error page of a broken flow'],
    ['/nothing-here', 'a page that is not there'],
  ])('OA-14 BCP-11 BCP-18: %s, %s, is in no frame and loads nothing from elsewhere', async (path) => {
    const response = await fetch(`${server.issuer}${path}`, { headers: { accept: 'text/html' } });
    const html = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('x-frame-options')).toBe('DENY');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(html).not.toMatch(/(src|href|action)="(https?:)?\/\/(?!localhost)/);
    expect(html).not.toMatch(/fonts\.g|oidc-provider|at \w+ \(/);
  });

  test('§11.2: a person’s own pages are in nobody’s hold; a request in a client’s popup is left in the client’s', async () => {
    const person = await signIn(server);
    const opener = async (path: string) => (await person.get(path)).headers.get('cross-origin-opener-policy');
    for (const path of ['/inbox', '/agents', '/owned', '/settings/security', '/settings/notifications']) {
      expect([path, await opener(path)]).toEqual([path, 'same-origin']);
    }
    const details = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
    const { page, result } = await decideInBrowser(agent, person, details);
    expect([page, result].map(({ headers }) => headers.get('cross-origin-opener-policy'))).toEqual([null, null]);
    expect(await opener('/settings/security?return_to=%2Finteraction%2Fone')).toBeNull();
    expect((await browserOf(server.issuer).get('/login')).headers.get('cross-origin-opener-policy')).toBeNull();
  });

  test('every answer has a reference of its own, which a page shows', async () => {
    const answers = await Promise.all(
      [1, 2].map(() => fetch(`${server.issuer}/nothing`, { headers: { accept: 'text/html' } })),
    );
    const ids = answers.map((answer) => answer.headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(2);
    expect(await answers[0]?.text()).toContain(ids[0]);
  });

  test('nothing says what this server is made of', async () => {
    const response = await fetch(`${server.issuer}/nothing`);
    for (const name of ['server', 'x-powered-by']) expect(response.headers.get(name)).toBeNull();
  });

  test.each([
    '/token',
    '/request',
    '/backchannel',
    '/token/introspection',
    '/token/revocation',
    '/reg',
    '/redemptions',
    '/outcomes',
  ])('OA-21: a refusal of %s is JSON and not for caches, whatever is accepted', async (path) => {
    const answer = await postForm(server, path, {}, { accept: 'text/html' });
    expect([answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      'application/json; charset=utf-8',
      'no-store',
    ]);
    expect(typeof answer.body.error).toBe('string');
  });

  test.each([
    ['GET', '/token', 'POST'],
    ['GET', '/request', 'POST'],
    ['GET', '/backchannel', 'POST'],
    ['GET', '/token/introspection', 'POST'],
    ['GET', '/token/revocation', 'POST'],
    ['GET', '/reg', 'POST'],
    ['GET', '/redemptions', 'POST'],
    ['GET', '/outcomes', 'POST'],
    ['POST', '/jwks', 'GET, HEAD'],
    ['POST', DISCOVERY, 'GET, HEAD'],
    ['POST', '/auth', 'GET, HEAD'],
    ['PATCH', '/reg/cli_x', 'GET, PUT, DELETE'],
  ])('OA-20: %s %s is 405 and says what is allowed', async (method, path, allowed) => {
    const response = await fetch(`${server.issuer}${path}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
  });
});
