import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import {
  type Answer,
  CALENDAR,
  claimsOf,
  inviteDetails,
  type PostOptions,
  pkce,
  push,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { authorizationUrl, browserOf, detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { codeFor, type Form, now, postForm, requestObject, responseIn, unproven, wordsOf } from './support.ts';

let server: TestServer;
let person: TestPerson;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  person = await signIn(server);
  agent = await registerAgent(server);
});
afterAll(() => server?.close());

const CHALLENGE = pkce().challenge;
const pushed = (form: Form = {}, client = agent, options?: PostOptions): Promise<Answer> =>
  push(
    client,
    { code_challenge: CHALLENGE, scope: 'calendar.read', resource: CALENDAR, state: 'st', ...form },
    options,
  );
const refused = ({ status, body }: Answer) => [status, body.error, body.request_uri];
const isDecision = (html: string) => html.includes('data-testid="approve"');
const withDetails = (...details: object[]) => ({
  scope: undefined,
  authorization_details: detailsParameter(...details),
});

test('PAR-02 F2-19: 201, a request_uri of enough chance, a minute, and no cache', async () => {
  const answers = [await pushed(), await pushed()];
  for (const { status, body, headers } of answers) {
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/),
      expires_in: 60,
    });
  }
  expect(answers[0]?.body.request_uri).not.toBe(answers[1]?.body.request_uri);
});

describe('PAR-01: a push is validated as the authorization endpoint would', () => {
  test.each([
    ['a request_uri', { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'invalid_request'],
    ['OA-01: a redirect that is not registered', { redirect_uri: 'https://evil.example/callback' }, 'invalid_request'],
    ['a redirect with a path more', { redirect_uri: `${REDIRECT}/x` }, 'invalid_request'],
    ['F2-14 OA-03: no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['OA-04: plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['OA-09: response type token', { response_type: 'token' }, 'unsupported_response_type'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['RF-02: an unknown scope', { scope: 'no.such' }, 'invalid_scope'],
    ['nothing to ask for', { scope: undefined }, 'invalid_scope'],
    ['RI-01: a relative resource', { resource: '/x' }, 'invalid_target'],
    ['RI-01: a resource with a fragment', { resource: `${CALENDAR}#x` }, 'invalid_target'],
    ['RI-01: an unknown resource', { resource: 'https://unknown.example' }, 'invalid_target'],
    ['the client_id of another', { client_id: 'cli_other' }, 'invalid_request'],
    ['OA-13: state twice', { state: ['a', 'b'] }, 'invalid_request'],
    ['a state with a NUL', { state: 'a\u0000b' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'create' }, 'invalid_request'],
    ['DP-07: a dpop_jkt that is no thumbprint', { dpop_jkt: 'short' }, 'invalid_request'],
  ])('%s', async (_name, form, error) => {
    const answer = await pushed(form as Form);
    expect(refused(answer)).toEqual([400, error, undefined]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['RAR-01: no JSON', 'x'],
    ['RAR-01: no array', '{}'],
    ['RAR-01: no objects', '["x"]'],
    ['RAR-01: an empty array', '[]'],
    [
      'RAR-01: a member twice',
      '[{"type":"calendar.events.read","from":"2026-11-24","to":"2026-11-28","to":"2027-11-28"}]',
    ],
    [
      'RAR-01: a member twice, once escaped',
      '[{"type":"calendar.events.read","from":"2026-11-24","to":"2026-11-28","\\u0074o":"2027-11-28"}]',
    ],
    ['RAR-02: no type', '[{"from":"2026-11-24"}]'],
    ['RAR-07: an unknown type', '[{"type":"no.such"}]'],
    ['RAR-07: an unknown member', detailsParameter(readDetails({ all: true }))],
    ['RAR-07: a wrong type of value', detailsParameter(readDetails({ from: 20261124 }))],
    ['RAR-07: a value that is no date', detailsParameter(readDetails({ from: 'tomorrow' }))],
    ['RAR-07: a member missing', detailsParameter({ type: 'calendar.invitations.send', title: 'x' })],
    [
      'RAR-07: __proto__',
      '[{"type":"calendar.events.read","from":"2026-11-24","to":"2026-11-28","__proto__":{"to":"2027-01-01"}}]',
    ],
    ['RAR-07: what only a grant says', detailsParameter(readDetails({ max_uses: 5 }))],
    [
      'RAR-09: a type it did not register',
      detailsParameter({ type: 'crm.contacts.export', tag: 'x', fields: ['a'], limit: 1 }),
    ],
    ['locations elsewhere', detailsParameter(readDetails({ locations: ['https://evil.example'] }))],
    ['RAR-51: bidirectional text', detailsParameter(inviteDetails({ title: 'a\u202eb' }))],
    ['RAR-51: zero-width text', detailsParameter(inviteDetails({ title: 'a\u200bb' }))],
    ['RAR-51: a control character', detailsParameter(inviteDetails({ title: 'a\u0007b' }))],
    ['RAR-51: a NUL', detailsParameter(inviteDetails({ title: 'a\u0000b' }))],
    [
      'RAR-51: half a character',
      '[{"type":"calendar.events.read","from":"2026-11-24","to":"2026-11-28","calendar":"\\ud800"}]',
    ],
    ['RAR-52: text that is not in normal form C', detailsParameter(inviteDetails({ title: 'e\u0301' }))],
    [
      'RAR-51: six objects',
      detailsParameter(...Array.from({ length: 6 }, (_, day) => readDetails({ to: `2026-11-2${day + 4}` }))),
    ],
    [
      'RAR-51: more than 5 KB',
      detailsParameter(inviteDetails({ guests: Array.from({ length: 300 }, (_, n) => `guest${n}@acme.example`) })),
    ],
    ['RAR-51: 3000 levels', `${'['.repeat(3000)}${']'.repeat(3000)}`],
    ['the same twice', detailsParameter(readDetails(), readDetails())],
    [
      'a number that a double bends',
      '[{"type":"calendar.events.read","from":"2026-11-24","to":"2026-11-28","calendar":9007199254740993}]',
    ],
  ])('%s is invalid_authorization_details', async (_name, authorization_details) => {
    const answer = await pushed({ scope: undefined, authorization_details });
    expect(refused(answer)).toEqual([400, 'invalid_authorization_details', undefined]);
    // RF-06: whatever the words were.
    expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  });

  test.each([
    [
      'RAR-02: two objects of one type',
      withDetails(readDetails(), readDetails({ from: '2026-12-01', to: '2026-12-02' })),
    ],
    ['RAR-04: one object', withDetails(readDetails())],
    ['RAR-06: no resource: the locations say it', { ...withDetails(readDetails()), resource: undefined }],
    ['RAR-55: text in many scripts', withDetails(inviteDetails({ title: 'Überprüfung 会議 اجتماع' }))],
  ])('%s is accepted', async (_name, form) => {
    expect(refused(await pushed(form as Form))).toEqual([201, undefined, expect.any(String)]);
  });

  test('MCP-08 RV-01: a public client may push, and is known by its id alone', async () => {
    const client = await registerAgent(server, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      jwks: undefined,
    });
    expect((await pushed(unproven(client), client, { dpop: false })).status).toBe(201);
  });

  test('a client with a key must prove it', async () => {
    const answer = await postForm(server, '/request', {
      client_id: agent.clientId,
      response_type: 'code',
      redirect_uri: REDIRECT,
    });
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });
});

describe('the request_uri', () => {
  test('PAR-03: belongs to the client that pushed it', async () => {
    const other = await registerAgent(server);
    const { body } = await pushed();
    const page = await person.get(authorizationUrl(other, body.request_uri));
    expect(isDecision(page.html)).toBe(false);
    expect(page.url.startsWith(REDIRECT) ? responseIn(page).parameters.error : wordsOf(page)).toMatch(
      /invalid_request/,
    );
  });

  test('PAR-10: what stands beside it changes nothing', async () => {
    const client = await registerAgent(server);
    const { body } = await pushed(withDetails(readDetails()), client);
    const page = await person.get(
      `${authorizationUrl(client, body.request_uri)}&scope=no.such&state=other&redirect_uri=https%3A%2F%2Fevil.example`,
    );
    expect(isDecision(page.html)).toBe(true);
    const result = await person.submit(page, { decision: 'deny' });
    const next = /url=([^"]*)"/.exec(result.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(responseIn(await person.get(next))).toMatchObject({
      to: REDIRECT,
      parameters: { state: 'st', error: 'access_denied' },
    });
  });

  test('PAR-04 F2-19: may be loaded again until it is completed, and then never again', async () => {
    const client = await registerAgent(server);
    const { body } = await pushed({}, client);
    const url = authorizationUrl(client, body.request_uri);
    expect(isDecision((await person.get(url)).html)).toBe(true);
    const page = await person.get(url);
    expect(isDecision(page.html)).toBe(true);
    const result = await person.submit(page, { decision: 'approve', duration: 'PT1H', read: '1' });
    await person.get(/url=([^"]*)"/.exec(result.html)?.[1]?.replaceAll('&amp;', '&') ?? '');
    const again = await person.get(url);
    expect(isDecision(again.html)).toBe(false);
    expect(again.url.startsWith(REDIRECT) ? responseIn(again).parameters.error : wordsOf(again)).toContain(
      'invalid_request_uri',
    );
  });

  test('PAR-05: ends after a minute', async () => {
    const { body } = await pushed();
    const database = databaseOf(server);
    await database.run(
      `update engine_artefacts set payload = jsonb_set(payload::jsonb, '{exp}', '1')::json where model = 'PushedAuthorizationRequest'`,
    );
    await database.close();
    const page = await person.get(authorizationUrl(agent, body.request_uri));
    expect(page.url.startsWith(REDIRECT) ? responseIn(page).parameters.error : wordsOf(page)).toContain(
      'invalid_request_uri',
    );
  });

  test('PAR-07 F2-13: a client that registered for it cannot ask in the front channel', async () => {
    const client = await registerAgent(server, { require_pushed_authorization_requests: true });
    const query = {
      client_id: client.clientId,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'calendar.read',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    };
    const front = await person.get(`/auth?${new URLSearchParams(query)}`);
    expect(responseIn(front).parameters).toMatchObject({ error: 'invalid_request', iss: server.issuer });
    const { body } = await pushed({}, client);
    expect(isDecision((await person.get(authorizationUrl(client, body.request_uri))).html)).toBe(true);
  });

  test('PAR-04: two browsers cannot both complete it', async () => {
    const client = await registerAgent(server);
    const { body } = await pushed({}, client);
    const second = await signIn(server);
    const pages = await Promise.all([person, second].map((one) => one.get(authorizationUrl(client, body.request_uri))));
    const results = await Promise.all(
      [person, second].map((one, index) =>
        one.submit(pages[index] as never, { decision: 'approve', duration: 'PT1H', read: '1' }),
      ),
    );
    const back = [];
    for (const [index, one] of [person, second].entries()) {
      const next = /url=([^"]*)"/.exec(results[index]?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '';
      back.push(responseIn(await one.get(next)).parameters);
    }
    expect(back.filter(({ code }) => code !== undefined)).toHaveLength(1);
    expect(back.find(({ code }) => code === undefined)).toMatchObject({
      error: 'invalid_request_uri',
      iss: server.issuer,
    });
  });
});

describe('a signed request, pushed', () => {
  const inside = {
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'calendar.read',
    resource: CALENDAR,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  };
  const pushSigned = async (
    claims: object = {},
    beside: Form = {},
    header: Record<string, unknown> = {},
    client = agent,
  ) =>
    client.post('/request', {
      request: await requestObject(server, client, { ...inside, ...claims }, header),
      ...beside,
    });

  test('F2M-01: is accepted, and is the request', async () => {
    const client = await registerAgent(server);
    const answer = await pushSigned({ scope: undefined, authorization_details: [readDetails()] }, {}, {}, client);
    expect(answer.status).toBe(201);
    expect(isDecision((await person.get(authorizationUrl(client, answer.body.request_uri))).html)).toBe(true);
  });

  test.each([
    ['PAR-08: a scope beside it', {}, { scope: 'calendar.read' }, {}, 'invalid_request'],
    [
      'PAR-08: details beside it',
      {},
      { authorization_details: detailsParameter(readDetails()) },
      {},
      'invalid_request',
    ],
    ['PAR-08: a state beside it', {}, { state: 'x' }, {}, 'invalid_request'],
    ['PAR-08: the client_id of another inside', { client_id: 'cli_other' }, {}, {}, 'invalid_request_object'],
    ['PAR-08: no client_id inside', { client_id: undefined }, {}, {}, 'invalid_request_object'],
    ['JAR-02: another audience', { aud: 'https://other.example' }, {}, {}, 'invalid_request_object'],
    ['F2M-01: no end', { exp: undefined }, {}, {}, 'invalid_request_object'],
    ['F2M-01: it lives for two hours', { exp: now() + 7200 }, {}, {}, 'invalid_request_object'],
    ['JAR-02: expired', { exp: now() - 60 }, {}, {}, 'invalid_request_object'],
    ['JAR-04: another type', {}, {}, { typ: 'dpop+jwt' }, 'invalid_request_object'],
    ['JAR-02: a request inside', { request: 'x' }, {}, {}, 'invalid_request_object'],
    [
      'RAR-07: unknown details inside',
      { scope: undefined, authorization_details: [{ type: 'no.such' }] },
      {},
      {},
      'invalid_authorization_details',
    ],
    [
      'RAR-07: a wrong value inside',
      { scope: undefined, authorization_details: [readDetails({ from: 1 })] },
      {},
      {},
      'invalid_authorization_details',
    ],
  ])('%s is refused', async (_name, claims, beside, header, error) => {
    expect(refused(await pushSigned(claims, beside, header))).toEqual([400, error, undefined]);
  });

  test('one of thousands of levels is refused before it is taken apart, and whoever sends it', async () => {
    const deep = (member: string) =>
      [`{"alg":"ES256"}`, `{"${member}":${'['.repeat(6000)}${']'.repeat(6000)}}`, 'AAAA']
        .map((part, index) => (index < 2 ? Buffer.from(part).toString('base64url') : part))
        .join('.');
    for (const member of ['authorization_details', 'x']) {
      const request = deep(member);
      const form = { client_id: agent.clientId, request };
      const answers = [await agent.post('/request', form), await agent.post('/backchannel', form)];
      const described = { error: 'invalid_request', error_description: 'request is nested too deeply' };
      expect(answers.map(({ status, body }) => [status, body])).toEqual(
        answers.map(() => [400, expect.objectContaining(described)]),
      );
      const page = await fetch(`${server.issuer}/auth?${new URLSearchParams({ client_id: agent.clientId, request })}`);
      expect(page.status).toBe(400);
    }
  });

  test('JAR-04: one that could pass as a client assertion is refused', async () => {
    expect(refused(await pushSigned({ sub: agent.clientId }))).toEqual([400, 'invalid_request_object', undefined]);
  });

  test('PAR-08 RF-01: an unknown parameter beside it is ignored', async () => {
    expect((await pushSigned({}, { unknown: 'x' })).status).toBe(201);
  });
});

describe('DP-07 F2-09: the key that was shown where the request was pushed', () => {
  const SCOPE = { scope: 'calendar.read', resource: CALENDAR };

  test('by its proof or by dpop_jkt, binds the code', async () => {
    for (const [form, options] of [
      [SCOPE, {}],
      [{ ...SCOPE, dpop_jkt: agent.jkt }, { dpop: false }],
    ] as const) {
      const client = await registerAgent(server);
      const thief = await registerAgent(server);
      const code = await codeFor(
        client,
        person,
        'dpop_jkt' in form ? { ...form, dpop_jkt: client.jkt } : form,
        options,
      );
      const stolen = await client.token(code, { key: thief.jwk });
      expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
      const answer = await client.token(code);
      expect(claimsOf(answer.body.access_token).cnf).toEqual({ jkt: client.jkt });
    }
  });

  test('must be the one that dpop_jkt names', async () => {
    const other = await registerAgent(server);
    expect(refused(await pushed({ dpop_jkt: other.jkt }))).toEqual([400, 'invalid_request', undefined]);
  });

  test('is proven once', async () => {
    const proof = await agent.proof(`${server.issuer}/request`);
    expect((await pushed({}, agent, { dpop: proof })).status).toBe(201);
    expect(refused(await pushed({}, agent, { dpop: proof }))).toEqual([400, 'invalid_dpop_proof', undefined]);
  });
});

test.each(['GET', 'PUT', 'DELETE'])('PAR-06: %s is 405', async (method) => {
  expect((await fetch(`${server.issuer}/request`, { method })).status).toBe(405);
});

test('PAR-06: a body of more than 56 KB is 413', async () => {
  const answer = await postForm(server, '/request', { state: 'x'.repeat(60_000) });
  expect([answer.status, answer.body.error]).toEqual([413, 'invalid_request']);
});

test('a stranger at the authorization endpoint learns nothing from a request_uri', async () => {
  const { body } = await pushed(withDetails(inviteDetails({ title: 'Secret plan' })));
  const page = await browserOf(server.issuer).get(authorizationUrl(agent, body.request_uri));
  expect(page.html).toContain('name="password"');
  expect(page.html).not.toContain('Secret plan');
});
