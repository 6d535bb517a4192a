import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { type Api, administrator, operator } from '../support/admin.ts';
import { claimsOf, type Json, type TestClient } from '../support/agent.ts';
import { addPasskey } from '../support/authenticator.ts';
import {
  askFreely,
  askInBrowser,
  CHOICES,
  deleteDetails,
  financeAgent,
  PAYMENTS,
  refundDetails,
  tokenAfter,
} from '../support/ceremony.ts';
import { inThisOrder } from '../support/database.ts';
import { databaseOf } from '../support/delegation.ts';
import { type IdentityProvider, type Said, startIdentityProvider } from '../support/identity-provider.ts';
import { browserOf, type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { addProvider, connect, doorIn } from '../support/sign-in-provider.ts';

let server: TestServer;
let database: pg.Client;
let idp: IdentityProvider;
let agent: TestClient;
let [ada, olga, gail]: Api[] = [];
let provider: Json;
let person: TestPerson;
/** Anna's account at the provider. */
const ANNA = 'anna-there';

beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  await database.query(`update people set roles = '{admin}' where email = 'owner@acme.example'`);
  ada = await administrator(server, 'admin@acme.example');
  olga = await administrator(server, 'owner@acme.example');
  gail = await administrator(server, 'admin@globex.example');
  agent = await financeAgent(server);
  await askFreely(database, agent.registration.organization);
  provider = await addProvider(idp, by(ada), { acr: { phr: 'phr', 'urn:example:mfa': 'fed' } });
  person = await signIn(server);
  await connect(person, idp, provider, ANNA);
  await connect(await signIn(server, 'approver@acme.example'), idp, provider, 'ben-there');
});
afterAll(async () => {
  await database?.end();
  await server?.close();
  await idp?.close();
});
beforeEach(async () => {
  await database.query(`delete from credentials where kind = 'passkey'`);
  person = await signIn(server);
});

const by = (api: Api | undefined): Api => {
  if (!api) throw new Error('no administrator');
  return api;
};
const confirming = (api: Api | undefined, confirms = true) =>
  by(api)('PUT', `/sign-in-providers/${provider.id}/confirming`, { confirms });

let invoices = 0;
const refund = () => refundDetails({ invoice: `SIA-${++invoices}` });
const tasks = async () => Number((await database.query('select count(*) from tasks')).rows[0].count);
const lastEvent = async (type: string) =>
  (
    await database.query(
      `select e.*, c.fields from evidence e join evidence_contents c on c.event = e.id where type = $1 order by e.at desc, e.id desc limit 1`,
      [type],
    )
  ).rows[0];
const lastDetail = async () => (await lastEvent('proof.refused')).fields['content.detail'].value;

/** Up to the page that offers the provider's button. */
async function chosen(details: Json = refund(), more: Record<string, string> = {}) {
  const asked = await askInBrowser(agent, person, details, more);
  return { asked, confirm: await person.submit(asked.page, CHOICES) };
}

/** From there to the provider and back, as whoever that says it was. */
async function there(confirm: PageAnswer, subject = ANNA, said: Said = { acr: 'phr', amr: ['hwk'] }) {
  const door = doorIn(await person.submit(confirm, { provider: String(provider.id) }));
  idp.becomes(subject, said);
  const back = await idp.visit(door);
  return { door: new URL(door), back, page: await person.get(back) };
}

/** The last press. */
const press = (page: PageAnswer, fields: Record<string, string> = {}) => person.submit(page, fields);

describe('whether a sign-in at a provider confirms decisions', () => {
  test('is said by two administrators who are people, for a provider with a context that resists phishing', async () => {
    const { confirm } = await chosen();
    expect(confirm.status).toBe(403);
    expect(confirm.html).toContain('you need a passkey');
    expect(await confirming(await operator(server))).toMatchObject({ status: 403, body: { reason: 'only_people' } });
    expect(await confirming(ada)).toMatchObject({ status: 200, body: { confirms: false } });
    expect((await chosen()).confirm.status).toBe(403);
    expect(await confirming(ada)).toMatchObject({ status: 403, body: { reason: 'same_person' } });
    expect(await confirming(olga)).toMatchObject({ status: 200, body: { confirms: true } });
    expect((await chosen()).confirm.html).toContain('data-testid="sign-in-again"');
  });

  test('is taken back by one, and what was begun by then is worth nothing', async () => {
    const { confirm } = await chosen();
    const { page } = await there(confirm);
    const before = await tasks();
    expect((await confirming(ada, false)).status).toBe(200);
    expect((await press(page)).status).toBe(409);
    expect((await chosen()).confirm.status).toBe(403);
    expect(await tasks()).toBe(before);
    await confirming(olga);
    expect((await confirming(ada)).body).toMatchObject({ confirms: true });
  });

  test('is nothing for a provider whose sign-ins are all the same', async () => {
    const there = { name: 'X', issuer: idp.issuer, client_id: 'countersign', acr: { mfa: 'fed' } };
    const weak = await by(gail)('POST', '/sign-in-providers', there);
    const allow = (id: string) => by(gail)('PUT', `/sign-in-providers/${id}/confirming`, { confirms: true });
    expect(await allow(weak.body.id)).toMatchObject({ status: 422, body: { reason: 'no_phishing_resistant_acr' } });
    expect((await allow(String(provider.id))).status).toBe(404);
  });
});

test('U4-5 somebody without a passkey confirms by a fresh sign-in there, for exactly this decision, and it counts as weaker', async () => {
  const begun = Math.floor(Date.now() / 1000);
  const { asked, confirm } = await chosen(refund(), { resource: PAYMENTS });
  const before = await tasks();
  const { door, page } = await there(confirm);
  expect(Object.fromEntries(door.searchParams)).toMatchObject({ prompt: 'login', max_age: '0', acr_values: 'phr' });
  // Coming back decides nothing: it is a GET.
  expect(page.status).toBe(200);
  expect(page.html).toContain('You signed in at Acme SSO for this');
  expect(await tasks()).toBe(before);
  const receipt = await press(page);
  expect(receipt.html).toContain('Allowed once.');
  const { body } = await tokenAfter(agent, person, receipt, asked);
  const claims = claimsOf(body.access_token);
  expect(claims).toMatchObject({ acr: 'fed', amr: ['hwk'] });
  expect(claims.auth_time).toBeGreaterThanOrEqual(begun);

  const { fields } = await lastEvent('task.approved');
  const proof = fields['content.proof'].value;
  const hash = fields['content.decision_hash'].value;
  expect(proof).toMatchObject({ method: 'sign_in', issuer: idp.issuer, subject: ANNA, acr: 'phr' });
  // What the provider signed names the decision, and nobody's earlier sign-in does.
  const bound = createHash('sha256').update(`countersign decision\n${hash}\n${proof.salt}`).digest('base64url');
  expect(proof.nonce).toBe(bound);
  expect(door.searchParams.get('nonce')).toBe(bound);
  expect([claims.task_hash, claims.acr]).toEqual([hash, fields['content.acr'].value]);
  // Both pages were seen: the six facts, and this one.
  expect(fields['content.screen'].value).toContain('data-fact');

  const [, id] = /href="\/receipts\/([^"]*)"/.exec(receipt.html) ?? [];
  expect((await person.get(`/receipts/${id}`)).html).toContain('Confirmed by a new sign-in at your organization');
});

test('U4-6 only this one button of the page says "sign in", and the page works without script', async () => {
  const { confirm } = await chosen();
  const buttons = [...confirm.html.matchAll(/<button[^>]*>([\s\S]*?)<\/button>/g)].map(([, words = '']) =>
    words.replace(/<[^>]*>/g, ''),
  );
  expect(buttons.filter((words) => /sign in/i.test(words))).toEqual(['Sign in again with Acme SSO']);
  expect(confirm.html).not.toMatch(/<script[^>]*passkey|<noscript>/);
  const { page } = await there(confirm);
  expect(page.html).not.toMatch(/>[^<]*sign in[^<]*<\/button>/i);
  expect(page.html).toMatch(/data-testid="confirm"[^>]*>[^<]*refund/i);
});

describe('U4-5 the provider’s answer confirms nothing when', () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  test.each<[string, string, () => Said, string]>([
    ['it names no context', ANNA, () => ({}), 'its acr is not known to resist phishing'],
    [
      'the context is a weaker one',
      ANNA,
      () => ({ acr: 'urn:example:mfa' }),
      'its acr is not known to resist phishing',
    ],
    ['nobody here named the context', ANNA, () => ({ acr: 'PHR' }), 'its acr is not known to resist phishing'],
    [
      'the sign-in is older than the request',
      ANNA,
      () => ({ acr: 'phr', at: seconds() - 60 }),
      'it is no fresh sign-in',
    ],
    ['it is the account of somebody else here', 'ben-there', () => ({ acr: 'phr' }), 'the account of somebody else'],
    ['it is an account of nobody here', 'eve-there', () => ({ acr: 'phr' }), 'the account of somebody else'],
  ])('%s', async (_name, subject, said, detail) => {
    const { confirm } = await chosen();
    const before = await tasks();
    const { page } = await there(confirm, subject, said());
    expect([page.status, page.html.includes('Not confirmed. Nothing was allowed.')]).toEqual([403, true]);
    expect(await lastDetail()).toBe(detail);
    // Nor does the last form, sent all the same.
    expect((await person.submit(confirm, { proof: 'sign_in' })).status).toBe(409);
    expect(await tasks()).toBe(before);
    // And the request waits on: the right answer still counts.
    const again = await there(confirm);
    expect((await press(again.page)).html).toContain('Allowed once');
  });

  test('somebody else has signed in at this browser meanwhile', async () => {
    const { confirm } = await chosen();
    const door = doorIn(await person.submit(confirm, { provider: String(provider.id) }));
    idp.becomes(ANNA, { acr: 'phr' });
    const back = await idp.visit(door);
    const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec((await person.get('/login?fresh=1')).html)?.[1] ?? '';
    await person.post('/login', { csrf, email: 'approver@acme.example', password: server.demo.password });
    const before = await tasks();
    expect((await person.get(back)).status).toBe(400); // it is another browser's now
    expect(await tasks()).toBe(before);
  });

  test('another browser brings it, its state is bent, it comes a second time, or by another provider’s address', async () => {
    const { confirm } = await chosen();
    const { back } = await there(confirm);
    const bent = new URL(back);
    bent.searchParams.set('state', 'x'.repeat(43));
    const door = doorIn(await person.submit(confirm, { provider: String(provider.id) }));
    idp.becomes(ANNA, { acr: 'phr' });
    const fresh = new URL(await idp.visit(door));
    const elsewhere = new URL(fresh);
    elsewhere.pathname = '/login/callback/idp_other';
    const thief = await signIn(server);
    const answers = [
      await person.get(back),
      await person.get(bent.href),
      await thief.get(fresh.href),
      await person.get(elsewhere.href),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });

  test('it was cancelled there', async () => {
    const { confirm } = await chosen();
    const door = new URL(doorIn(await person.submit(confirm, { provider: String(provider.id) })));
    const state = door.searchParams.get('state') ?? '';
    const query = new URLSearchParams({ error: 'access_denied', state, iss: idp.issuer });
    const page = await person.get(`/login/callback/${provider.id}?${query}`);
    expect([page.status, page.html.includes('Back to the request')]).toEqual([403, true]);
  });
});

describe('a sign-in is for the decision that it was made for', () => {
  test('not for another request', async () => {
    const { page } = await there((await chosen()).confirm);
    const hashes = Object.fromEntries(
      [...page.html.matchAll(/name="(request_hash|decision_hash)" value="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    ) as Record<string, string>;
    person = await signIn(server); // another device of hers
    const other = await chosen();
    const before = await tasks();
    expect((await person.submit(other.confirm, { proof: 'sign_in' })).status).toBe(409);
    expect((await person.submit(other.confirm, { ...hashes, proof: 'sign_in' })).status).toBe(409);
    expect(await tasks()).toBe(before);
  });

  test('not for what was chosen afterwards: narrowing begins anew', async () => {
    const { asked, confirm } = await chosen();
    const { page } = await there(confirm);
    const anew = await person.submit(asked.page, CHOICES);
    const before = await tasks();
    expect((await press(page)).status).toBe(409); // what was shown then is not what waits now
    expect((await person.submit(anew, { proof: 'sign_in' })).status).toBe(409);
    expect(await tasks()).toBe(before);
    const second = await there(anew);
    expect((await press(second.page)).html).toContain('Allowed once');
  });

  test('nor twice: of twenty presses at the same moment one makes the task', async () => {
    const { page } = await there((await chosen()).confirm);
    const before = await tasks();
    const answers = await Promise.all(Array.from({ length: 20 }, () => press(page)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await tasks()).toBe(before + 1);
  });
});

describe('nobody gets by with it', () => {
  test.each([
    ['who has a passkey', 0],
    ['whose passkey waits', 24],
  ])('%s', async (_name, hours) => {
    await addPasskey(person, server.issuer);
    await database.query('update passkeys set may_approve_from = may_approve_from + make_interval(hours => $1)', [
      hours,
    ]);
    const { asked, confirm } = await chosen();
    expect(confirm.html).not.toContain('Sign in again');
    const before = await tasks();
    for (const fields of [{ provider: String(provider.id) }, { proof: 'sign_in' }]) {
      const answer = await person.submit(asked.page, { ...CHOICES, decision_hash: 'A'.repeat(43), ...fields });
      expect(answer.status).toBe(409);
    }
    expect(await tasks()).toBe(before);
  });

  test.each([
    ['before going there', false],
    ['after coming back', true],
  ])('who adds a passkey meanwhile, %s', async (_name, after) => {
    const { confirm } = await chosen();
    const page = after ? (await there(confirm)).page : confirm;
    await addPasskey(await signIn(server), server.issuer);
    const before = await tasks();
    const answer = await press(page, after ? {} : { provider: String(provider.id) });
    expect([answer.status, await tasks()]).toEqual([409, before]);
  });

  test('for critical impact, or where the agent asked for a passkey by name', async () => {
    const critical = await askInBrowser(agent, person, deleteDetails());
    expect((await person.submit(critical.page, { ...CHOICES, critical_value: 'acme/billing' })).status).toBe(403);
    const { confirm } = await chosen(refund(), { scope: 'openid', acr_values: 'phr' });
    expect([confirm.status, confirm.html.includes('you need a passkey')]).toEqual([403, true]);
  });

  test('with an account that was connected just now, or that whoever answers for the agent linked', async () => {
    const set = (what: string) =>
      database.query(`update credentials set ${what} where identifier like '%${ANNA}%' returning id`);
    await set(`signs_in_since = now() + interval '1 hour'`);
    const { confirm } = await chosen();
    expect([confirm.status, confirm.html.includes('your account at the sign-in service is new here')]).toEqual([
      403,
      true,
    ]);
    await set(
      `signs_in_since = now() - interval '1 day', made_by = (select id from people where email = 'owner@acme.example')`,
    );
    expect((await chosen()).confirm.status).toBe(403);
    await set('made_by = person');
    expect((await chosen()).confirm.status).toBe(200);
  });

  test('within a day of a recovery, and never for the agents of those who made it', async () => {
    const asked = await by(ada)('POST', '/people/person@acme.example/passkey-recovery', { reason: 'lost the phone' });
    expect((await by(olga)('POST', `/passkey-recoveries/${asked.body.id}/confirm`, {})).status).toBe(200);
    person = await signIn(server);
    expect((await chosen()).confirm.status).toBe(403);
    const give = (owner: string) =>
      database.query(
        `update agents set owner = (select id from people where email = $1),
           deputy = (select id from people where email = 'person@acme.example') where id = $2`,
        [owner, agent.registration.agent_id],
      );
    await give('approver@acme.example');
    expect((await chosen()).confirm.status).toBe(403); // a day has not passed
    await database.query(`alter table passkey_recoveries disable trigger user`);
    await database.query(`update passkey_recoveries set confirmed_at = confirmed_at - interval '25 hours'`);
    expect((await chosen()).confirm.status).toBe(200);
    await give('owner@acme.example');
    expect((await chosen()).confirm.status).toBe(403);
    await give('approver@acme.example');
  });

  test('in the database: it confirms nothing that takes two people', async () => {
    await there((await chosen()).confirm);
    await expect(
      database.query(
        `update decisions set decided = jsonb_set(decided, '{impact}', '"critical"'), signed_at = now(),
           proof = signed_in where signed_in is not null and signed_at is null`,
      ),
    ).rejects.toThrow(/check/);
  });
});

test('who takes the roles of a provider back in the very instant of a confirmation there does not wait for it, nor it for them', async () => {
  const own = databaseOf(server);
  const mapping = { claim: 'groups', roles: { auditor: ['audit'] } };
  const path = `/sign-in-providers/${provider.id}/roles`;
  const api = await operator(server);
  expect((await api('PUT', path, { organization: 'acme', ...mapping })).body).toMatchObject({ state: 'in_force' });
  const anna = `(select id from people where email = 'person@acme.example')`;
  await own.run(
    `insert into mapped_roles (organization, person, provider, roles, said) values ($1, ${anna}, $2, '{auditor}', '{audit}')`,
    [agent.registration.organization, provider.id],
  );
  const { page } = await there((await chosen()).confirm);
  const answers = await inThisOrder<{ status: number }>(
    own,
    // Both are about her: the confirmation has the provider, or has yet to take it.
    (statements) => statements.run(`select from people where id = ${anna} for no key update`),
    [() => press(page), () => api('PUT', path, { organization: 'acme', roles: {} })],
  );
  await own.close();
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
});

test('nobody who is not signed in, and no other person, gets anywhere with the form', async () => {
  const { confirm } = await chosen();
  const ben = await signIn(server, 'approver@acme.example');
  const fields = { provider: String(provider.id) };
  expect((await ben.submit(confirm, fields)).status).toBe(404); // another browser's form
  expect((await browserOf(server.issuer).submit(confirm, fields)).status).toBe(404);
});
