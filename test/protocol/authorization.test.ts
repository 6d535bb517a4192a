import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign, importJWK } from 'jose';

import {
  CALENDAR,
  claimsOf,
  demoClient,
  pkce,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { databaseOf } from '../support/delegation.ts';
import {
  browserOf,
  continuationOf,
  decideInBrowser,
  detailsParameter,
  type PageAnswer,
  signIn,
  type TestPerson,
} from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  codeFor,
  type Form,
  jwt,
  now,
  requestObject,
  responseIn,
  setAgentStatus,
  signerFor,
  wordsOf,
} from './support.ts';

const HTTPS = 'https://agent.example/callback';

let server: TestServer;
let person: TestPerson;
/** Registered with a loopback and an https redirect. */
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  person = await signIn(server);
  agent = await registerAgent(server, { redirect_uris: [REDIRECT, HTTPS] });
});
afterAll(() => server?.close());

const CHALLENGE = pkce().challenge;

/** GET /auth with everything right except what the test bends. */
async function authorize(
  form: Form = {},
  { client = agent, by = person }: { client?: TestClient; by?: TestPerson } = {},
): Promise<PageAnswer> {
  const query = new URLSearchParams();
  const all = {
    client_id: client.clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'calendar.read',
    resource: CALENDAR,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'st',
    ...form,
  };
  for (const [name, value] of Object.entries(all)) {
    for (const one of [value].flat()) if (one !== undefined) query.append(name, one);
  }
  return by.get(`/auth?${query}`);
}

const isDecision = ({ html }: PageAnswer) => html.includes('data-testid="approve"');

describe('OA-01 BCP-01 F2-06 BCP-14: a redirect that is not registered is never followed', () => {
  test.each([
    ['another host', 'https://evil.example/callback'],
    ['a longer path', `${HTTPS}/more`],
    ['a shorter path', 'https://agent.example/'],
    ['another case', 'https://AGENT.example/callback'],
    ['a query', `${HTTPS}?next=https://evil.example`],
    ['a fragment', `${HTTPS}#x`],
    ['a user', 'https://agent.example@evil.example/callback'],
    ['a port', 'https://agent.example:8443/callback'],
    ['plain http', 'http://agent.example/callback'],
    ['a path that climbs', 'https://agent.example/x/../callback'],
    ['an encoded path', 'https://agent.example/%63allback'],
    ['a trailing slash', `${HTTPS}/`],
    ['localhost for 127.0.0.1', 'http://localhost:9/callback'],
    ['another loopback path', 'http://127.0.0.1:9/other'],
    ['loopback over https', 'https://127.0.0.1:9/callback'],
    ['a script', 'javascript:alert(1)'],
    ['something that is no URI', 'callback'],
  ])('%s: %s', async (_name, redirect_uri) => {
    const page = await authorize({ redirect_uri });
    expect([page.status, page.url.startsWith(`${server.issuer}/auth?`)]).toEqual([400, true]);
    expect(wordsOf(page)).toContain('(invalid_redirect_uri)');
  });

  test.each([
    ['OA-02: no redirect where several are registered', { redirect_uri: undefined }, 'invalid_request'],
    ['two redirects', { redirect_uri: [REDIRECT, HTTPS] }, 'invalid_request'],
    ['an unknown client', { client_id: 'cli_00000000000000000000000000000000' }, 'invalid_client'],
    ['no client', { client_id: undefined }, 'invalid_request'],
    ['two clients', { client_id: ['a', 'b'] }, 'invalid_request'],
  ])('%s: an error page', async (_name, form, error) => {
    const page = await authorize(form as Form);
    expect([page.status, page.url.startsWith(server.issuer)]).toEqual([400, true]);
    expect(wordsOf(page)).toContain(`(${error})`);
  });

  test('an agent that is not active is answered like one that is unknown, and nothing is redirected', async () => {
    const database = databaseOf(server);
    const client = await registerAgent(server);
    await setAgentStatus(database, client, 'suspended');
    await database.close();
    const page = await authorize({}, { client });
    expect([page.status, page.url.startsWith(server.issuer), wordsOf(page).includes('(invalid_client)')]).toEqual([
      400,
      true,
      true,
    ]);
  });

  test.each([
    ['127.0.0.1', 'http://127.0.0.1:51234/callback'],
    ['127.0.0.1 without a port', 'http://127.0.0.1/callback'],
  ])('OA-01: the port of a loopback redirect is free for native applications: %s', async (_name, redirect_uri) => {
    const client = await registerAgent(server);
    expect(isDecision(await authorize({ redirect_uri }, { client }))).toBe(true);
  });

  test('a single registered redirect may be left out', async () => {
    const client = await registerAgent(server);
    expect(isDecision(await authorize({ redirect_uri: undefined }, { client }))).toBe(true);
  });
});

describe('OA-12 ISS-01 ISS-02 RF-03: an error goes back with state and issuer', () => {
  test.each([
    ['OA-03 OA-05 F2-14: no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['OA-04: plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['OA-04: no method, which would mean plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['a challenge that is too short', { code_challenge: 'abc' }, 'invalid_request'],
    ['OA-09 F2-12: response type token', { response_type: 'token' }, 'unsupported_response_type'],
    ['OA-09: response type id_token token', { response_type: 'id_token token' }, 'unsupported_response_type'],
    ['OA-09: response type code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['RF-02: an unknown scope', { scope: 'calendar.read everything' }, 'invalid_scope'],
    ['RF-02: no scope and nothing else', { scope: undefined }, 'invalid_scope'],
    ['openid alone: an agent does not sign in', { scope: 'openid' }, 'invalid_scope'],
    ['a scope with a quote', { scope: 'a"b' }, 'invalid_scope'],
    ['RI-01: a relative resource', { resource: '/calendar' }, 'invalid_target'],
    ['RI-01: a resource with a fragment', { resource: `${CALENDAR}#x` }, 'invalid_target'],
    ['RI-01: an unknown resource', { resource: 'https://unknown.example' }, 'invalid_target'],
    ['RI-05: a resource with a slash more', { resource: `${CALENDAR}/` }, 'invalid_target'],
    ['RI-05: a prefix of a resource', { resource: 'https://calendar.acme' }, 'invalid_target'],
    ['a resource that the scope is not of', { resource: 'https://crm.acme.example' }, 'invalid_target'],
    [
      'RAR-53 RAR-54: details in the front channel',
      { authorization_details: detailsParameter(readDetails()) },
      'invalid_request',
    ],
    ['OA-13: state twice', { state: ['a', 'b'] }, 'invalid_request'],
    ['OA-13: scope twice', { scope: ['calendar.read', 'calendar.read'] }, 'invalid_request'],
    ['an unsupported response mode', { response_mode: 'web_message' }, 'unsupported_response_mode'],
    ['a JWT response mode, which is not offered', { response_mode: 'query.jwt' }, 'unsupported_response_mode'],
    ['OC-01: prompt=none with another prompt', { prompt: 'none login' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'create' }, 'invalid_request'],
    [
      'JAR-05: a request_uri of the client',
      { request_uri: 'https://agent.example/request.jwt' },
      'request_uri_not_supported',
    ],
    [
      'PAR-05: a pushed request that never was',
      { request_uri: 'urn:ietf:params:oauth:request_uri:never' },
      'invalid_request_uri',
    ],
    ['JAR-03: a request object that is none', { request: 'abc' }, 'invalid_request_object'],
    [
      'request and request_uri',
      { request: 'abc', request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      'invalid_request',
    ],
    ['registration', { registration: '{}' }, 'registration_not_supported'],
    ['a nonce that holds a NUL', { scope: 'openid calendar.read', nonce: 'a\u0001b' }, 'invalid_request'],
    ['a dpop_jkt that is no thumbprint', { dpop_jkt: 'abc' }, 'invalid_request'],
    ['max_age that is no number', { scope: 'openid calendar.read', max_age: 'soon' }, 'invalid_request'],
    ['an id_token_hint that is none', { scope: 'openid calendar.read', id_token_hint: 'abc' }, 'invalid_request'],
  ])('%s', async (_name, form, error) => {
    const { to, parameters } = responseIn(await authorize(form as Form));
    expect(to).toBe(REDIRECT);
    expect(parameters).toMatchObject({ error, iss: server.issuer });
    // With two states there is none to give back.
    expect(parameters.state).toBe(Array.isArray((form as Form).state) ? undefined : 'st');
    // RF-06: printable ASCII without quote and backslash.
    expect(parameters.error_description ?? '').toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
    expect(parameters.scope).not.toBe('');
  });

  test('RF-01: a parameter without a value counts as left out, and an unknown one is ignored', async () => {
    const client = await registerAgent(server);
    expect(isDecision(await authorize({ nonce: '', prompt: '', unknown: 'x' }, { client }))).toBe(true);
  });

  test('F2-20: a state of 2000 characters comes back as it was', async () => {
    const state = 'x'.repeat(2000);
    expect(responseIn(await authorize({ state, scope: 'no.such' })).parameters.state).toBe(state);
  });

  test('a state is given back, never interpreted', async () => {
    const state = '"><script>alert(1)</script>&code=forged\r\nSet-Cookie: a=b';
    const page = await authorize({ state, scope: 'no.such', response_mode: 'form_post' });
    expect(page.html).not.toContain('<script>alert');
    expect(page.headers.get('set-cookie') ?? '').not.toContain('a=b');
    const { parameters } = responseIn(await authorize({ state: 'a&code=forged', scope: 'no.such' }));
    expect(parameters).toMatchObject({ state: 'a&code=forged' });
    expect(parameters.code).toBeUndefined();
  });
});

describe('OC-01: prompt and max_age', () => {
  test.each([
    ['login_required', 'nobody is signed in', undefined],
    ['consent_required', 'a person would have to decide', 'signed in'],
  ])('prompt=none: %s when %s', async (error, _when, who) => {
    const client = await registerAgent(server);
    const page = await authorize({ prompt: 'none' }, { client, by: who ? person : browserOf(server.issuer) });
    expect(responseIn(page).parameters).toMatchObject({ error, iss: server.issuer, state: 'st' });
  });

  test('prompt=none for what a live task covers gives a code without a page', async () => {
    const client = await registerAgent(server);
    const request = { scope: 'calendar.read', resource: CALENDAR, dpop_jkt: client.jkt };
    await client.token(await codeFor(client, person, request));
    const covered = await codeFor(client, person, { ...request, prompt: 'none' });
    expect(covered.code).not.toBe('');
  });

  test.each([
    ['prompt=login', { prompt: 'login' }],
    ['max_age=0', { scope: 'openid calendar.read', max_age: '0' }],
  ])('%s asks for a sign-in that is younger than the request', async (_name, form) => {
    const client = await registerAgent(server);
    const by = await signIn(server);
    await setTimeout(1100); // times are counted in seconds: one that is younger than that is fresh
    const page = await authorize(form, { client, by });
    expect(page.html.includes('name="password"')).toBe(true);
    const decision = await by.submit(page, { email: 'person@acme.example', password: server.demo.password });
    expect(isDecision(decision)).toBe(true);
  });

  test('a max_age that the sign-in is within asks for nothing, and the ID token says when it was', async () => {
    const client = await registerAgent(server);
    const code = await codeFor(client, person, { scope: 'openid calendar.read', resource: CALENDAR, max_age: '3600' });
    const { body } = await client.token(code);
    expect(claimsOf(body.id_token).auth_time).toBeGreaterThan(now() - 3600);
  });
});

describe('JAR-01…04: a request signed by value', () => {
  const inside = {
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'calendar.read',
    resource: CALENDAR,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'inside',
  };
  const bySignature = (client: TestClient, request: string, more: Record<string, string> = {}) =>
    person.get(`/auth?${new URLSearchParams({ client_id: client.clientId, request, ...more })}`);

  test('JAR-01: what stands beside it is not used', async () => {
    const client = await registerAgent(server);
    const request = await requestObject(server, client, { ...inside, scope: 'no.such' });
    const page = await bySignature(client, request, {
      scope: 'calendar.read',
      state: 'outside',
      nonce: 'n',
      redirect_uri: HTTPS,
    });
    expect(responseIn(page)).toMatchObject({ to: REDIRECT, parameters: { error: 'invalid_scope', state: 'inside' } });
  });

  test('JAR-01: a state that stands outside alone is not used', async () => {
    const client = await registerAgent(server);
    const { state: _, ...stateless } = inside;
    const request = await requestObject(server, client, { ...stateless, scope: 'no.such' });
    expect(responseIn(await bySignature(client, request, { state: 'outside' })).parameters.state).toBeUndefined();
  });

  test('RAR-04 RAR-53: details in a signed request are accepted', async () => {
    const client = await registerAgent(server);
    const { scope: _, ...rest } = inside;
    const request = await requestObject(server, client, { ...rest, authorization_details: [readDetails()] });
    expect(isDecision(await bySignature(client, request))).toBe(true);
  });

  test.each([
    ['of another client', { client_id: 'cli_other' }, {}],
    ['issued by another client', { iss: 'cli_other' }, {}],
    ['for another audience', { aud: 'https://other.example' }, {}],
    ['for nobody', { aud: undefined }, {}],
    ['expired', { exp: now() - 60 }, {}],
    ['without an end', { exp: undefined }, {}],
    ['that lives for a day', { exp: now() + 86_400 }, {}],
    ['not valid yet', { nbf: now() + 600 }, {}],
    ['with a request inside', { request: 'x' }, {}],
    ['with a request_uri inside', { request_uri: 'urn:x' }, {}],
    ['JAR-04: of another type', {}, { typ: 'at+jwt' }],
    ['JAR-04: that could pass as a client assertion', { sub: 'itself' }, {}],
    ['signed with a key that is not registered', {}, { kid: 'unknown' }],
    ['of a type that does not exist', { scope: undefined, authorization_details: [{ type: 'no.such' }] }, {}],
  ])('JAR-02: a request object %s is refused', async (_name, claims, header) => {
    const client = await registerAgent(server);
    const bent = 'sub' in claims ? { ...claims, sub: client.clientId } : claims;
    const page = await bySignature(client, await requestObject(server, client, { ...inside, ...bent }, header), {
      redirect_uri: REDIRECT,
      response_type: 'code',
    });
    const { parameters } = responseIn(page);
    expect(page.url.startsWith(REDIRECT) ? parameters.error : wordsOf(page)).toMatch(
      /invalid_request_object|invalid_client|invalid_authorization_details/,
    );
    expect(parameters.code).toBeUndefined();
  });

  test.each(['none', 'HS256'])('JAR-02 JAR-03: alg %s is refused', async (alg) => {
    const client = await registerAgent(server);
    const claims = { iss: client.clientId, aud: server.issuer, client_id: client.clientId, exp: now() + 60, ...inside };
    const page = await bySignature(client, jwt({ alg }, claims, alg === 'none' ? '' : 'AAAA'), {
      redirect_uri: REDIRECT,
    });
    expect(responseIn(page).parameters.error).toBe('invalid_request_object');
  });

  test("JAR-02: another client's key is refused", async () => {
    const client = await registerAgent(server);
    const signer = await signerFor('ES256');
    const claims = { iss: client.clientId, aud: server.issuer, client_id: client.clientId, exp: now() + 60, ...inside };
    const page = await bySignature(client, await signer.sign(claims), { redirect_uri: REDIRECT });
    expect(responseIn(page).parameters.error).toBe('invalid_request_object');
  });

  test('JAR-01: a member that appears twice is refused, because two readers would read two requests', async () => {
    const client = await registerAgent(server);
    const claims = { iss: client.clientId, aud: server.issuer, client_id: client.clientId, exp: now() + 60, ...inside };
    const text = JSON.stringify(claims).replace('"scope"', '"scope":"no.such","scope"');
    const request = await new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg: 'ES256', kid: client.jwk.kid as string })
      .sign(await importJWK(client.jwk, 'ES256'));
    const { parameters } = responseIn(await bySignature(client, request, { redirect_uri: REDIRECT }));
    expect(parameters.error).toBe('invalid_request_object');
  });

  test('JAR-02: a client that registered for signed requests sends no other', async () => {
    const client = await registerAgent(server, { require_signed_request_object: true });
    expect(responseIn(await authorize({}, { client })).parameters).toMatchObject({ error: 'invalid_request' });
  });
});

describe('the answer', () => {
  test('OA-11 F2-18: every redirect is 303', async () => {
    const query = new URLSearchParams({ client_id: agent.clientId, redirect_uri: REDIRECT });
    const response = await fetch(`${server.issuer}/auth?${query}`, { redirect: 'manual' });
    expect(response.status).toBe(303);
  });

  test('OA-10 F2-21: nothing about other origins, and no preflight', async () => {
    const url = `${server.issuer}/auth?client_id=${agent.clientId}`;
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
    const [answer, preflight] = await Promise.all([
      fetch(url, { headers, redirect: 'manual' }),
      fetch(url, { method: 'OPTIONS', headers }),
    ]);
    expect(preflight.status).toBe(405);
    for (const response of [answer, preflight]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  test.each(['POST', 'PUT', 'DELETE'])(
    'OC-01: %s is not offered: it would need cookies that other sites send',
    async (method) => {
      const response = await fetch(`${server.issuer}/auth`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    },
  );

  test('OA-14 BCP-11 BCP-18: error pages are in no frame, tell no referrer, and load nothing from elsewhere', async () => {
    const page = await authorize({ client_id: 'nobody' });
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.html).not.toMatch(/(src|href|action)="(https?:)?\/\//);
    expect(page.html).not.toContain('oidc-provider');
  });

  test('BCP-12 ISS-01: form_post runs exactly one script, which its policy names by hash', async () => {
    const page = await authorize({ scope: 'no.such', response_mode: 'form_post' });
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(page.html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`);
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });

  test('BCP-12: no code and no token stands in a form_post URL', async () => {
    const client = await registerAgent(server);
    const page = await authorize({ response_mode: 'form_post' }, { client });
    const result = await person.submit(page, { decision: 'approve', duration: 'PT1H', read: '1' });
    const back = await person.get(continuationOf(result) ?? '');
    expect(back.url).not.toMatch(/code=/);
    expect(responseIn(back).parameters.code).toEqual(expect.any(String));
  });
});

describe('who decides', () => {
  test('OC-02: a denial is access_denied, with the issuer', async () => {
    const client = await registerAgent(server);
    const { parameters } = await decideInBrowser(
      client,
      person,
      { scope: 'calendar.read', resource: CALENDAR },
      { decision: 'deny' },
    );
    expect(Object.fromEntries(parameters)).toMatchObject({ error: 'access_denied', iss: server.issuer, state: 'st' });
  });

  test('design §7: with too many questions waiting the client hears it, and the person sees no page', async () => {
    const client = await registerAgent(server);
    const answers: PageAnswer[] = [];
    for (let count = 0; count < 6; count++) answers.push(await authorize({}, { client }));
    expect(answers.slice(0, 5).every(isDecision)).toBe(true);
    expect(responseIn(answers[5] as PageAnswer)).toMatchObject({
      to: REDIRECT,
      parameters: {
        error: 'access_denied',
        error_description: expect.stringContaining('too many'),
        iss: server.issuer,
      },
    });
  });

  test('a person of another organization cannot decide', async () => {
    const client = await registerAgent(server);
    const stranger = await signIn(server, 'person@globex.example');
    const page = await authorize({}, { client, by: stranger });
    expect([page.status, isDecision(page)]).toEqual([403, false]);
    expect(wordsOf(page)).toContain('another organization');
  });

  test('an application signs a person in, and asks for nothing else', async () => {
    const application = await demoClient(server, 'application');
    const { parameters } = responseIn(
      await authorize(
        { scope: 'openid calendar.read', redirect_uri: 'http://127.0.0.1/callback' },
        { client: application },
      ),
    );
    expect(parameters).toMatchObject({ error: 'invalid_scope' });
    const { parameters: signedIn } = responseIn(
      await authorize(
        { scope: 'openid', resource: undefined, redirect_uri: 'http://127.0.0.1/callback' },
        { client: application },
      ),
    );
    expect(signedIn).toMatchObject({ code: expect.any(String), iss: server.issuer });
  });
});

describeBrowser('BCP-12: form_post in a real browser', () => {
  let client: Server;
  let received: Promise<string>;
  beforeAll(async () => {
    received = new Promise((resolve) => {
      client = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk) => {
          body += chunk;
        });
        request.on('end', () => {
          if (request.method === 'POST') resolve(body);
          response.end('thank you');
        });
      });
    });
    await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void client?.close());

  test('the response reaches the client by the script of the page', async () => {
    const redirect_uri = `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback`;
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const query = {
        client_id: agent.clientId,
        response_type: 'code',
        response_mode: 'form_post',
        redirect_uri,
        state: 'st',
      };
      await page.goto(`${server.issuer}/auth?${new URLSearchParams(query)}`);
      const parameters = new URLSearchParams(await received);
      expect(Object.fromEntries(parameters)).toMatchObject({
        error: 'invalid_request',
        state: 'st',
        iss: server.issuer,
      });
    } finally {
      await browser.close();
    }
  });
});
