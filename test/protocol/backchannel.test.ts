import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { decisionHash } from '../../server/tasks/decision.ts';
import { requestHash } from '../../server/tasks/request.ts';
import {
  type Answer,
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  INVITE,
  inviteDetails,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, eventsIn, introspect, registerAgentAt, stop } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ask,
  codeFor,
  decideFor,
  type Form,
  jwt,
  now,
  poll,
  postForm,
  requestObject,
  setAgentStatus,
  tokenFromBehind,
} from './support.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const refused = ({ status, body }: Answer) => [status, body.error, body.auth_req_id ?? body.access_token];
const agent = (more: Json = {}) => registerAgent(server, more);
const asked = async (client: TestClient, form: Form = {}): Promise<Json> => {
  const { status, body } = await ask(client, form);
  if (status !== 200) throw new Error(`asking: ${status} ${JSON.stringify(body)}`);
  return body;
};
const once = (body: Json) => ({ decision: 'approve', duration: 'once', number: body.display_code });
/** As if the interval had passed. */
const wait = () => database.run('update approvals set polled_at = null');

describe('the request', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await agent();
  });

  test('CB-30 CB-31 CB-32: the acknowledgement', async () => {
    const { status, body, headers } = await ask(client);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      auth_req_id: expect.stringMatching(/^[\w-]{43}$/),
      expires_in: 300,
      interval: 5,
      display_code: expect.stringMatching(/^[1-9]\d$/),
    });
  });

  test.each([
    ['no scope', { scope: undefined }, 'invalid_request'],
    ['no openid', { scope: 'calendar.read' }, 'invalid_request'],
    ['CB-12: no hint', { login_hint: undefined }, 'invalid_request'],
    ['CB-12: two hints', { id_token_hint: 'abc' }, 'invalid_request'],
    ['CB-12: nobody has this address', { login_hint: 'nobody@acme.example' }, 'unknown_user_id'],
    ['CB-12: nobody is this', { login_hint: 'usr_00000000000000000000000000000000' }, 'unknown_user_id'],
    ['CB-12 design §8.4: a person of another organization', { login_hint: 'person@globex.example' }, 'unknown_user_id'],
    ['CB-12: a name with a NUL', { login_hint: 'person@acme.example\u0000' }, 'invalid_request'],
    ['CB-12: a very long name', { login_hint: `${'x'.repeat(5000)}@acme.example` }, 'unknown_user_id'],
    ['CB-13: an id_token_hint that is none', { login_hint: undefined, id_token_hint: 'abc' }, 'invalid_request'],
    ['CB-14: a login_hint_token that is none', { login_hint: undefined, login_hint_token: 'abc' }, 'invalid_request'],
    ['CB-80: a binding message with a line break', { binding_message: 'one\ntwo' }, 'invalid_binding_message'],
    ['CB-80: a binding message that reads backwards', { binding_message: 'a\u202eb' }, 'invalid_binding_message'],
    ['CB-80: a binding message of 129 characters', { binding_message: 'x'.repeat(129) }, 'invalid_binding_message'],
    ['an expiry of zero', { requested_expiry: '0' }, 'invalid_request'],
    ['a negative expiry', { requested_expiry: '-5' }, 'invalid_request'],
    ['an expiry that is no number', { requested_expiry: 'soon' }, 'invalid_request'],
    ['half a second', { requested_expiry: '0.5' }, 'invalid_request'],
    [
      'CB-11 OA-13: a parameter twice',
      { login_hint: ['person@acme.example', 'person@acme.example'] },
      'invalid_request',
    ],
    ['RAR-07: an unknown type', { authorization_details: '[{"type":"no.such"}]' }, 'invalid_authorization_details'],
    [
      'RAR-01: a member twice',
      {
        authorization_details:
          '[{"type":"calendar.events.read","from":"2026-11-24","to":"2026-11-28","to":"2027-11-28"}]',
      },
      'invalid_authorization_details',
    ],
    ['RAR-05: nothing to do', { authorization_details: undefined }, 'invalid_scope'],
    ['RF-02: an unknown scope', { scope: 'openid no.such' }, 'invalid_scope'],
    ['RI-01: an unknown resource', { resource: 'https://unknown.example' }, 'invalid_target'],
    ['RI-01: a resource with a fragment', { resource: `${CALENDAR}#x` }, 'invalid_target'],
    ['RI-03: the resource of something else', { resource: 'https://crm.acme.example' }, 'invalid_target'],
    ['CB-20: a request object that is none', { request: 'abc' }, 'invalid_request'],
    ['a request_uri', { request_uri: 'urn:x' }, 'request_uri_not_supported'],
  ])('%s', async (_name, form, error) => {
    const answer = await ask(client, form as Form);
    expect(refused(answer)).toEqual([400, error, undefined]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body.error_description ?? '').toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
  });

  test.each([
    [
      'a subject',
      async () => {
        const row = await database.first<{ id: string }>(`select id from people where email = 'approver@acme.example'`);
        return { login_hint: row?.id };
      },
    ],
    ['an address in capitals', async () => ({ login_hint: 'APPROVER@ACME.EXAMPLE' })],
    [
      'CB-11 RF-01: parameters that nobody knows, and empty ones',
      async () => ({ login_hint: 'approver@acme.example', unknown: 'x', acr_values: '' }),
    ],
    [
      'CB-13: an ID token of this person, even expired',
      async () => {
        const { body } = await client.token(
          await codeFor(client, person, { scope: 'openid calendar.read', resource: CALENDAR }),
        );
        return { login_hint: undefined, id_token_hint: body.id_token };
      },
    ],
  ] as [string, () => Promise<Form>][])('CB-12: %s names a person', async (_name, form) => {
    client = await agent();
    const answer = await ask(client, await form());
    expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  });

  test('CB-13: an ID token of another client is refused', async () => {
    const other = await agent();
    const { body } = await other.token(
      await codeFor(other, person, { scope: 'openid calendar.read', resource: CALENDAR }),
    );
    const answer = await ask(await agent(), { login_hint: undefined, id_token_hint: body.id_token });
    expect(refused(answer)).toEqual([400, 'invalid_request', undefined]);
  });

  test('CB-13: an ID token that somebody else signed is refused', async () => {
    const forged = jwt(
      { alg: 'ES256', typ: 'JWT' },
      { iss: server.issuer, aud: 'x', sub: 'usr_x', exp: now() + 60, iat: now() },
      'AAAA',
    );
    expect(refused(await ask(await agent(), { login_hint: undefined, id_token_hint: forged }))).toEqual([
      400,
      'invalid_request',
      undefined,
    ]);
  });

  test.each([
    ['as long as was asked', {}, '60', 60],
    ['never longer than ten minutes', {}, '99999', 600],
    ['an hour for an unattended agent', { agent_mode: 'unattended' }, undefined, 3600],
    ['never longer than three days for an unattended agent', { agent_mode: 'unattended' }, '999999', 259_200],
  ])('CB-31: it waits %s', async (_name, more, requested_expiry, seconds) => {
    expect((await asked(await agent(more), { requested_expiry })).expires_in).toBe(seconds);
  });

  test('design §7: an unattended agent has no number to show', async () => {
    expect(await asked(await agent({ agent_mode: 'unattended' }))).not.toHaveProperty('display_code');
  });

  test('OA-24: unauthorized_client for a client that did not register for it', async () => {
    const other = await agent({ grant_types: ['authorization_code'] });
    expect(refused(await ask(other))).toEqual([400, 'unauthorized_client', undefined]);
  });

  test.each(['resourceServer', 'application'] as const)('only agents ask from behind: not a %s', async (which) => {
    expect(refused(await ask(await demoClient(server, which)))).toEqual([400, 'unauthorized_client', undefined]);
  });

  test('CB-82 design §7: a sixth question that waits is 403, with the time to come back', async () => {
    const nagging = await agent();
    for (let count = 0; count < 5; count++) expect((await ask(nagging)).status).toBe(200);
    const answer = await ask(nagging);
    expect(refused(answer)).toEqual([403, 'access_denied', undefined]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(300);
  });

  test('§13: 403 where the person paused this agent', async () => {
    const paused = await agent();
    await database.run(
      `insert into pauses (organization, agent, person) select p.organization, $1, p.id from people p where p.email = 'person@acme.example'`,
      [paused.registration.agent_id],
    );
    expect(refused(await ask(paused))).toEqual([403, 'access_denied', undefined]);
  });

  test('a disabled person is unknown', async () => {
    await database.run(`update people set status = 'disabled' where email = 'approver@acme.example'`);
    expect(refused(await ask(await agent(), { login_hint: 'approver@acme.example' }))).toEqual([
      400,
      'unknown_user_id',
      undefined,
    ]);
    await database.run(`update people set status = 'active' where email = 'approver@acme.example'`);
  });

  test.each(['GET', 'PUT', 'OPTIONS'])('%s is 405', async (method) => {
    expect((await fetch(`${server.issuer}/backchannel`, { method })).status).toBe(405);
  });
});

describe('CB-20…22: a signed request', () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await agent();
  });
  const inside = (title: string) => ({
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: [inviteDetails({ title })],
    resource: CALENDAR,
  });
  const signed = async (claims: Json = {}, header: Json = {}, beside: Form = {}) =>
    client.post('/backchannel', {
      request: await requestObject(server, client, { ...inside('Signed'), ...claims }, header),
      ...beside,
    });

  test('what is signed is what the person is asked', async () => {
    const { status, body } = await signed({
      authorization_details: [inviteDetails({ title: 'The signed one' })],
      requested_expiry: 120,
    });
    expect([status, body.expires_in]).toEqual([200, 120]);
    const { page } = await decideFor(server, client, person, once(body));
    expect(page.html).toContain('The signed one');
    await wait();
    expect((await poll(client, body.auth_req_id)).body.authorization_details).toEqual([
      expect.objectContaining({ title: 'The signed one' }),
    ]);
  });

  test.each([
    [
      'CB-20: details beside it',
      {},
      {},
      { authorization_details: detailsParameter(inviteDetails({ title: 'Beside' })) },
      'invalid_request',
    ],
    ['CB-20: a hint beside it', {}, {}, { login_hint: 'approver@acme.example' }, 'invalid_request'],
    ['CB-20: a scope beside it', {}, {}, { scope: 'openid' }, 'invalid_request'],
    ['CB-22: no aud', { aud: undefined }, {}, {}, 'invalid_request'],
    ['CB-22: another aud', { aud: 'https://other.example' }, {}, {}, 'invalid_request'],
    ['CB-22: no iss', { iss: undefined }, {}, {}, 'invalid_request'],
    ['CB-22: another iss', { iss: 'cli_other' }, {}, {}, 'invalid_request'],
    ['CB-22: no exp', { exp: undefined }, {}, {}, 'invalid_request'],
    ['CB-22: expired', { exp: now() - 60 }, {}, {}, 'invalid_request'],
    ['CB-22 FAPI-CIBA: it lives for 70 minutes', { exp: now() + 4200 }, {}, {}, 'invalid_request'],
    ['CB-22: no iat', { iat: undefined }, {}, {}, 'invalid_request'],
    ['CB-22: no nbf', { nbf: undefined }, {}, {}, 'invalid_request'],
    ['CB-22 FAPI-CIBA: nbf 70 minutes ago', { nbf: now() - 4200 }, {}, {}, 'invalid_request'],
    ['CB-22: nbf in ten minutes', { nbf: now() + 600 }, {}, {}, 'invalid_request'],
    ['CB-22: no jti', { jti: undefined }, {}, {}, 'invalid_request'],
    ['CB-22: the client_id of another', { client_id: 'cli_other' }, {}, {}, 'invalid_request'],
    ['JAR-04: another typ', {}, { typ: 'at+jwt' }, {}, 'invalid_request'],
    ['JAR-02: a request inside', { request: 'x' }, {}, {}, 'invalid_request'],
    [
      'RAR-07: unknown details inside',
      { authorization_details: [{ type: 'no.such' }] },
      {},
      {},
      'invalid_authorization_details',
    ],
  ])('%s is refused', async (_name, claims, header, beside, error) => {
    expect(refused(await signed(claims, header, beside as Form))).toEqual([400, error, undefined]);
  });

  test.each(['none', 'HS256'])('CB-21: alg %s is refused', async (alg) => {
    const at = now();
    const request = jwt(
      { alg },
      { iss: client.clientId, aud: server.issuer, exp: at + 60, iat: at, nbf: at, jti: 'x', ...inside('Unsigned') },
      alg === 'none' ? '' : 'AAAA',
    );
    expect(refused(await client.post('/backchannel', { request }))).toEqual([400, 'invalid_request', undefined]);
  });

  test('CB-21: a client that registered for signed requests sends no other, and with its algorithm alone', async () => {
    const strict = await agent({ backchannel_authentication_request_signing_alg: 'ES256' });
    expect(refused(await ask(strict))).toEqual([400, 'invalid_request', undefined]);
    const request = await requestObject(server, strict, inside('Strict'));
    expect((await strict.post('/backchannel', { request })).status).toBe(200);
    const other = await agent({ backchannel_authentication_request_signing_alg: 'PS256' });
    const wrong = await requestObject(server, other, inside('Wrong'));
    expect(refused(await other.post('/backchannel', { request: wrong }))).toEqual([400, 'invalid_request', undefined]);
  });
});

describe('the poll', () => {
  test('CB-42: authorization_pending until somebody decides', async () => {
    const client = await agent();
    expect(refused(await poll(client, (await asked(client)).auth_req_id))).toEqual([
      400,
      'authorization_pending',
      undefined,
    ]);
  });

  test('CB-45: too fast is slow_down, and the interval is longer from then on', async () => {
    const client = await agent();
    const { auth_req_id } = await asked(client);
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push((await poll(client, auth_req_id)).body.error);
    expect(answers).toEqual(['authorization_pending', 'slow_down', 'slow_down']);
    const row = await database.first<{ poll_interval: number }>(
      'select poll_interval from approvals where client_id = $1',
      [client.clientId],
    );
    expect(row?.poll_interval).toBe(15);
    await database.run(`update approvals set polled_at = polled_at - interval '6 seconds' where client_id = $1`, [
      client.clientId,
    ]);
    expect((await poll(client, auth_req_id)).body.error).toBe('slow_down');
    await wait();
    expect((await poll(client, auth_req_id)).body.error).toBe('authorization_pending');
  });

  test('CB-48 design §7: a held poll is answered when the person decides, and says that it was held', async () => {
    const client = await agent();
    const body = await asked(client);
    const held = poll(client, body.auth_req_id, { headers: { Prefer: 'wait=20' } });
    await setTimeout(200);
    const started = Date.now();
    await decideFor(server, client, person, once(body));
    const answer = await held;
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, 'wait=20']);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('CB-48: nobody decided: pending after the hold, and the next poll may follow at once', async () => {
    const client = await agent();
    const { auth_req_id } = await asked(client);
    for (let count = 0; count < 2; count++) {
      const answer = await poll(client, auth_req_id, { headers: { Prefer: 'wait=1' } });
      expect([answer.body.error, answer.headers.get('preference-applied')]).toEqual([
        'authorization_pending',
        'wait=1',
      ]);
    }
  });

  test('CB-44 CB-48: a question that ends during a hold is told at once', async () => {
    const client = await agent();
    const { auth_req_id } = await asked(client, { requested_expiry: '2' });
    const started = Date.now();
    const answer = await poll(client, auth_req_id, { headers: { Prefer: 'wait=25' } });
    expect([answer.body.error, Date.now() - started < 15_000]).toEqual(['expired_token', true]);
  });

  test('CB-48 CB-45: a second poll while one is held is slow_down', async () => {
    const client = await agent();
    const { auth_req_id } = await asked(client);
    const held = poll(client, auth_req_id, { headers: { Prefer: 'wait=2' } });
    await setTimeout(300);
    expect((await poll(client, auth_req_id)).body.error).toBe('slow_down');
    expect((await held).body.error).toBe('authorization_pending');
  });

  test('CB-48: a client that went away while its poll was looked up collects nothing; it comes again, and does', async () => {
    const client = await agent();
    const body = await asked(client);
    const away = new AbortController();
    const first = { headers: { Prefer: 'wait=25' }, signal: away.signal };
    const waiting = () =>
      database.first(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    await database.transaction(async (statements) => {
      await statements.run('select from approvals where client_id = $1 for update', [client.clientId]);
      const poller = poll(client, body.auth_req_id, first).catch(() => 'gone');
      while (!(await waiting())) await setTimeout(20);
      away.abort();
      expect(await poller).toBe('gone');
      await setTimeout(100); // the server notices
    });
    await decideFor(server, client, person, once(body));
    await setTimeout(300);
    expect((await poll(client, body.auth_req_id)).status).toBe(200);
  });

  test.each([
    ['never was', async (client: TestClient) => asked(client).then(() => 'unknown')],
    ['belongs to another client', async () => (await asked(await agent())).auth_req_id],
    ['is empty', async () => ' '],
  ])('CB-41: an auth_req_id that %s is invalid_grant', async (_name, id) => {
    const client = await agent();
    expect(refused(await poll(client, await id(client)))).toEqual([400, 'invalid_grant', undefined]);
  });

  test('CB-40: without one it is invalid_request', async () => {
    expect(refused(await (await agent()).token({ grant_type: CIBA }))).toEqual([400, 'invalid_request', undefined]);
  });

  test('CB-44: expired_token when nobody decided in time', async () => {
    const client = await agent();
    const { auth_req_id } = await asked(client);
    await database.run(`update approvals set expires_at = now() - interval '1 second' where client_id = $1`, [
      client.clientId,
    ]);
    expect(refused(await poll(client, auth_req_id))).toEqual([400, 'expired_token', undefined]);
  });

  test('CB-43: access_denied, with the reason that the person gave', async () => {
    const client = await agent();
    const body = await asked(client);
    const { result, path } = await decideFor(server, client, person, { decision: 'deny' });
    expect(result.status).toBe(200);
    await person
      .submit(result, { reason: 'not_now' })
      .catch(() => person.post(`${path}/reason`, { reason: 'not_now' }));
    const answer = await poll(client, body.auth_req_id);
    expect(refused(answer)).toEqual([400, 'access_denied', undefined]);
    expect(answer.body.error_description).toMatch(/^the person denied the request/);
    await wait();
    expect(refused(await poll(client, body.auth_req_id))).toEqual([400, 'access_denied', undefined]);
  });

  test('CB-46 CB-50 CB-51: collected once, bound to the key, with an ID token; a repetition is refused and kills nothing', async () => {
    const client = await agent();
    const body = await asked(client, { nonce: 'n-1' });
    await decideFor(server, client, person, once(body));
    const first = await poll(client, body.auth_req_id);
    expect(first).toMatchObject({ status: 200, body: { token_type: 'DPoP', scope: 'openid' } });
    expect(claimsOf(first.body.access_token)).toMatchObject({
      aud: CALENDAR,
      cnf: { jkt: client.jkt },
      act: { sub: client.registration.agent_id },
      authorization_details: [expect.objectContaining({ type: INVITE, max_uses: 1 })],
    });
    expect(claimsOf(first.body.id_token)).toMatchObject({
      aud: client.clientId,
      nonce: 'n-1',
      acr: 'pwd',
      sub: claimsOf(first.body.access_token).sub,
    });
    for (let count = 0; count < 2; count++) {
      await wait();
      expect(refused(await poll(client, body.auth_req_id))).toEqual([400, 'invalid_grant', undefined]);
    }
    expect((await introspect(client, first.body.access_token)).active).toBe(true);
  });

  test('CB-51: asked with a key, collected with that key or not at all', async () => {
    const client = await agent();
    const thief = await agent();
    const body = await asked(client);
    await decideFor(server, client, person, once(body));
    expect(refused(await poll(client, body.auth_req_id, { key: thief.jwk }))).toEqual([
      400,
      'invalid_grant',
      undefined,
    ]);
    await wait();
    expect((await poll(client, body.auth_req_id)).status).toBe(200);
  });

  test('RI-02: the collection may name a narrower audience and details', async () => {
    const client = await agent();
    const body = await asked(client, {
      authorization_details: detailsParameter(readDetails()),
      resource: undefined,
    });
    await decideFor(server, client, person, { ...once(body), duration: 'PT1H' });
    const answer = await poll(
      client,
      body.auth_req_id,
      {},
      { resource: CALENDAR, authorization_details: detailsParameter(readDetails({ to: '2026-11-25' })) },
    );
    expect(answer.body.authorization_details).toEqual([expect.objectContaining({ to: '2026-11-25' })]);
    expect(claimsOf(answer.body.access_token).aud).toBe(CALENDAR);
  });

  test('design §6: what a live task covers is approved without a page, for the key it was approved for', async () => {
    const client = await agent();
    const request = { authorization_details: detailsParameter(readDetails()) };
    const first = await asked(client, request);
    await decideFor(server, client, person, { ...once(first), duration: 'PT1H' });
    const { body } = await poll(client, first.auth_req_id);
    const again = await asked(client, request);
    const covered = await poll(client, again.auth_req_id);
    expect(covered).toMatchObject({ status: 200, body: { task_id: body.task_id } });
    const thief = await agent();
    const asThief = await asked(client, { ...request, nonce: 'other key' }).then(() =>
      ask(client, request, { key: thief.jwk }),
    );
    expect((await poll(client, asThief.body.auth_req_id, { key: thief.jwk })).body.error).toBe('authorization_pending');
  });

  test('design §6: a stop ends what waits', async () => {
    const client = await agent();
    const { auth_req_id } = await asked(client);
    await stop(database, client.registration.organization, 'agent', client.registration.agent_id);
    expect(refused(await poll(client, auth_req_id))).toEqual([400, 'access_denied', undefined]);
  });

  test('design §7: an agent that is suspended while it waits gets nothing', async () => {
    const client = await agent();
    const body = await asked(client);
    await decideFor(server, client, person, once(body));
    await setAgentStatus(database, client, 'suspended');
    expect(refused(await poll(client, body.auth_req_id))).toEqual([401, 'invalid_client', undefined]);
  });

  test('CB-83: a part of what was asked may be approved, and the token response says which', async () => {
    const client = await agent();
    const body = await asked(client, {
      authorization_details: detailsParameter(readDetails(), inviteDetails({ title: 'Not this one' })),
    });
    await decideFor(server, client, person, { ...once(body), action_0: 'allow', action_1: 'deny' });
    const { status, body: answer } = await poll(client, body.auth_req_id);
    expect([status, answer.authorization_details.map(({ type }: Json) => type)]).toEqual([200, [readDetails().type]]);
    expect(claimsOf(answer.access_token).authorization_details).toHaveLength(1);
  });

  test('CB-81: a later decision is refused', async () => {
    const client = await agent();
    const body = await asked(client);
    const { path, page } = await decideFor(server, client, person, once(body));
    expect((await person.get(path)).status).toBe(200);
    const again = await person.submit(
      { ...page, url: `${server.issuer}${path}` },
      { ...once(body), decision: 'deny', read: '1' },
    );
    expect(again.status).toBe(409);
    expect((await poll(client, body.auth_req_id)).status).toBe(200);
  });

  test('CB-84: who decided, when and what was shown is evidence with hashes that fit', async () => {
    const client = await agent();
    const { body } = await tokenFromBehind(server, client, person);
    const { sub, task_hash, acr } = claimsOf(body.access_token);
    const events = (await eventsIn(database)).filter((event) => event.agent === client.registration.agent_id);
    const [asked, approved] = ['request.received', 'task.approved'].map((type) =>
      events
        .filter((event) => event.type === type)
        .map(({ fields, ...event }) => ({
          ...event,
          of: (name: string) => fields[`content.${name}`]?.value as Json,
        })),
    );
    const [[request], [decided]] = [asked ?? [], approved ?? []];
    expect([asked?.length, approved?.length, decided?.person]).toEqual([1, 1, sub]);
    // Computed again from what the evidence holds: the request, the decision on it, and the token.
    const decision = decided?.of('decision') as Parameters<typeof decisionHash>[0];
    expect(requestHash(request?.of('request') as Parameters<typeof requestHash>[0])).toBe(decision.request_hash);
    expect([request?.of('request_hash'), decisionHash(decision)]).toEqual([decision.request_hash, task_hash]);
    expect([decision.verdict, decision.approver, acr]).toEqual(['approve', sub, 'pwd']);
    expect(decided?.of('screen')).toContain(`name="request_hash" value="${decision.request_hash}"`);
    expect(decided?.of('shown')).toMatchObject({ id: expect.any(String) });
  });

  test('CB-80: the page shows who asks, the reference as inert text, every action, until when, and takes a yes and a no', async () => {
    const client = await agent({ client_name: 'Finance Agent' });
    const { binding_message } = await asked(client, {
      binding_message: 'K7-QX <b>now</b> https://evil.example',
      authorization_details: detailsParameter(readDetails(), inviteDetails({ title: 'Second of two' })),
    }).then(() => ({ binding_message: 'K7-QX &lt;b>now&lt;/b>' }));
    const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [
      client.clientId,
    ]);
    const { html } = await person.get(`/r/${row?.id}`);
    for (const said of ['Finance Agent', 'Second of two', 'K7-QX', 'data-testid="approve"', 'data-testid="deny"']) {
      expect(html).toContain(said);
    }
    expect(html.replaceAll('&gt;', '>')).toContain(binding_message);
    expect(html).not.toMatch(/<b>now|href="https:\/\/evil/);
    expect(html).toMatch(/data-fact="duration"/);
    expect(html).toMatch(/expires (?:\w+ \d+ \w+ )?\d\d:\d\d/);
  });
});

describe('organizations', () => {
  test('CB-12 design §8.4: an agent of another organization reaches nobody here', async () => {
    const stranger = await registerAgentAt(server, database, 'globex');
    const request = { authorization_details: detailsParameter(readDetails()) };
    expect(refused(await ask(stranger, request))).toEqual([400, 'unknown_user_id', undefined]);
    const row = await database.first<{ id: string }>(`select id from people where email = 'person@acme.example'`);
    expect(refused(await ask(stranger, { ...request, login_hint: row?.id ?? '' }))).toEqual([
      400,
      'unknown_user_id',
      undefined,
    ]);
    expect((await ask(stranger, { ...request, login_hint: 'person@globex.example' })).status).toBe(200);
  });
});

test('CB-40: without authentication there is nothing to poll', async () => {
  const client = await agent();
  const { auth_req_id } = await asked(client);
  const answer = await postForm(server, '/token', { grant_type: CIBA, auth_req_id, client_id: client.clientId });
  expect(refused(answer)).toEqual([401, 'invalid_client', undefined]);
});
