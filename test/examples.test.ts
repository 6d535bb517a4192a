import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { connectToCountersign } from '../examples/calendar-api/redeem.ts';
import { calendarApi } from '../examples/calendar-api/server.ts';
import type { TokenRules } from '../examples/calendar-api/token.ts';
import {
  type Answer,
  answerOf,
  CALENDAR,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const UPDATE = 'calendar.attendees.update';
const WEEK = '/events?from=2026-11-24&to=2026-11-28';

let server: TestServer;
let agent: TestClient;
let person: TestPerson;
let calendar: Awaited<ReturnType<typeof serve>>;
let address: string;
beforeAll(async () => {
  server = await startServer();
  agent = await registerAgent(server, { authorization_details_types: ['calendar.events.read', UPDATE] });
  person = await signIn(server);
  calendar = await serve(server);
  address = calendar.address;
});
afterAll(async () => {
  await calendar?.close();
  await server?.close();
});

/** A token for these details, or for a scope. */
async function approved(asked: Json | string, duration = 'PT1H'): Promise<string> {
  const form = typeof asked === 'string' ? { scope: asked } : { authorization_details: detailsParameter(asked) };
  const decision = { decision: 'approve', duration, read: '1' };
  const answer = await tokenInBrowser(agent, person, { ...form, resource: CALENDAR, prompt: 'consent' }, decision);
  expect(answer.status).toBe(200);
  return answer.body.access_token;
}

async function call(token: string, method: string, path: string, body?: object, key?: string): Promise<Answer> {
  const proof = await agent.proof(`${address}${path}`, { method, accessToken: token });
  const headers = { authorization: `DPoP ${token}`, dpop: proof, ...(key && { 'idempotency-key': key }) };
  return answerOf(await fetch(`${address}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
}

const attendees = (event: string) => ({ type: UPDATE, locations: [CALENDAR], event, attendees: ['ben@acme.example'] });
const list = { attendees: ['ben@acme.example'] };

describe('the calendar API of the examples', () => {
  test('reads within what was approved, and not beyond it', async () => {
    const token = await approved(readDetails());
    expect(await call(token, 'GET', WEEK)).toMatchObject({ status: 200, body: { events: { length: 5 } } });
    for (const path of [
      '/events',
      '/events?from=2026-11-24',
      '/events?from=2026-11-24&to=2026-12-01',
      '/events?from=&to=~',
    ]) {
      expect([path, await call(token, 'GET', path)]).toMatchObject([
        path,
        { status: 403, body: { error: 'insufficient_scope' } },
      ]);
    }
    const other = await call(token, 'GET', '/export?from=2026-11-24&to=2026-11-28');
    expect(other).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
    expect(other.headers.get('www-authenticate')).toMatch(/^DPoP error="insufficient_scope"/); // RFC 6750 §3.1
  });

  test('asks the server where the token has nothing to compare with: a scope', async () => {
    const token = await approved('calendar.read');
    expect(await call(token, 'GET', WEEK)).toMatchObject({ status: 200 });
    expect(await call(token, 'GET', '/events')).toMatchObject({ status: 200, body: { events: { length: 6 } } });
    expect(await call(token, 'GET', '/events?from=2026-11-24')).toMatchObject({
      status: 403,
      body: { reason: 'parameters_differ' },
    });
  });

  test('does a limited thing once, however often and however many at once it is asked to with the same key', async () => {
    const token = await approved(attendees('evt_1'), 'once');
    const [first, ...others] = await Promise.all(
      [1, 2, 3].map(() => call(token, 'PUT', '/events/evt_1/attendees', list, 'k1')),
    );
    expect(first).toMatchObject({ status: 200, body: { id: 'evt_1', ...list } });
    for (const other of others) expect(other.body).toEqual(first?.body);
    expect(await call(token, 'PUT', '/events/evt_1/attendees', list, 'k2')).toMatchObject({
      status: 403,
      body: { reason: 'used_up' },
    });
  });

  test('gives a use back when nothing was done', async () => {
    const token = await approved(attendees('evt_none'), 'once');
    for (const key of ['k1', 'k2']) {
      expect(await call(token, 'PUT', '/events/evt_none/attendees', list, key)).toMatchObject({ status: 404 });
    }
    expect(await call(token, 'PUT', '/events/evt_none/attendees', list, 'k1')).toMatchObject({
      status: 409,
      body: { reason: 'released' },
    });
  });

  test('takes no token without the proof of its key, and no proof twice or for anything else (RFC 9449 §7)', async () => {
    const token = await approved(readDetails());
    const url = `${address}${WEEK}`;
    const get = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
    const nothing = await fetch(url);
    expect([nothing.status, nothing.headers.get('www-authenticate')]).toEqual([401, 'DPoP algs="ES256 EdDSA Ed25519"']);
    expect(await get({ authorization: `Bearer ${token}` })).toBe(401);
    expect(await get({ authorization: `DPoP ${token}` })).toBe(401);
    const wrong = [
      agent.proof(url, { accessToken: token }), // made for POST
      agent.proof(`${address}/export`, { method: 'GET', accessToken: token }),
      agent.proof(url, { method: 'GET', accessToken: `${token}x` }),
      agent.proof(url, { method: 'GET' }),
      agent.proof(url, { method: 'GET', accessToken: token, iat: Math.floor(Date.now() / 1000) - 120 }),
      agent.proof(url, { method: 'GET', accessToken: token, key: (await registerAgent(server)).jwk }),
    ];
    for (const proof of await Promise.all(wrong)) {
      expect(await get({ authorization: `DPoP ${token}`, dpop: proof })).toBe(401);
    }
    const good = {
      authorization: `DPoP ${token}`,
      dpop: await agent.proof(url, { method: 'GET', accessToken: token }),
    };
    expect([await get(good), await get(good)]).toEqual([200, 401]);
  });

  test('takes no token of another audience', async () => {
    const decision = { decision: 'approve', duration: 'PT1H', read: '1' };
    const root = await tokenInBrowser(
      agent,
      person,
      { authorization_details: detailsParameter(readDetails({ to: '2026-11-25' })) },
      decision,
    );
    expect(await call(root.body.access_token, 'GET', WEEK)).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    });
  });

  test('sees within a second that a token was ended', async () => {
    const token = await approved(readDetails());
    expect(await call(token, 'GET', WEEK)).toMatchObject({ status: 200 });
    expect(await agent.post('/token/revocation', { token }, { dpop: false })).toMatchObject({ status: 200 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await call(token, 'GET', WEEK)).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  test('SU-01: asks for the sign-in that it wants, and takes a token that has it', async () => {
    const strict = [{ maxAge: 0 }, { acr: 'phr' }, { acr: 'pwd', maxAge: 3600 }] as const;
    const answers: unknown[] = [];
    const owner = await signIn(server);
    const holder = await registerAgent(server);
    const asked = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
    const decision = { decision: 'approve', duration: 'PT1H', read: '1' };
    const { access_token: token } = (await tokenInBrowser(holder, owner, asked, decision)).body;
    for (const wanted of strict) {
      const careful = await serve(server, { signIn: wanted });
      const dpop = await holder.proof(`${careful.address}${WEEK}`, { method: 'GET', accessToken: token });
      const answer = await fetch(`${careful.address}${WEEK}`, { headers: { authorization: `DPoP ${token}`, dpop } });
      answers.push([answer.status, answer.headers.get('www-authenticate')?.replace(/error_description="[^"]*", /, '')]);
      await careful.close();
    }
    const error = 'DPoP error="insufficient_user_authentication"';
    expect(answers).toEqual([
      [401, `${error}, max_age="0", algs="ES256 EdDSA Ed25519"`],
      [401, `${error}, acr_values="phr", algs="ES256 EdDSA Ed25519"`],
      [200, undefined],
    ]);
  });

  test('does nothing while the server cannot be asked', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    const doomed = await startServer();
    const holder = await registerAgent(doomed);
    const owner = await signIn(doomed);
    const decision = { decision: 'approve', duration: 'PT1H', read: '1' };
    const asked = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
    const { access_token: token } = (await tokenInBrowser(holder, owner, asked, decision)).body;
    const alone = await serve(doomed);
    const get = async () => {
      const dpop = await holder.proof(`${alone.address}${WEEK}`, { method: 'GET', accessToken: token });
      return fetch(`${alone.address}${WEEK}`, { headers: { authorization: `DPoP ${token}`, dpop } });
    };
    expect((await get()).status).toBe(200);
    await doomed.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const answer = await get();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await alone.close();
    logged.mockRestore();
  });
});

/** The API as its main.ts starts it. */
async function serve(
  { issuer, demo }: TestServer,
  more: Partial<TokenRules> = {},
): Promise<{ address: string; close(): Promise<void> }> {
  const countersign = await connectToCountersign(issuer, demo.resourceServer);
  const rules = { issuer, resource: CALENDAR, url: '', keys: countersign.keys, ...more };
  const api = calendarApi(rules, countersign);
  await new Promise<void>((resolve) => api.listen(0, 'localhost', resolve));
  rules.url = `http://localhost:${(api.address() as AddressInfo).port}`;
  return {
    address: rules.url,
    async close() {
      api.closeAllConnections();
      api.close();
      await countersign.end().catch(() => {}); // its server may be gone
    },
  };
}
