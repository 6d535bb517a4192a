import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import {
  type Authenticator,
  addingForm,
  addPasskey,
  type Deviation,
  newAuthenticator,
  optionsIn,
  SECURITY,
} from './support/authenticator.ts';
import { inThisOrder } from './support/database.ts';
import { databaseOf } from './support/delegation.ts';
import { browserOf, type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

const HOURS = 24;

let server: TestServer;
let database: pg.Client;
beforeAll(async () => {
  server = await startServer({ COUNTERSIGN_PASSKEY_WAIT_HOURS: String(HOURS) });
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const stored = async (email: string) =>
  (
    await database.query(
      `select k.* from passkeys k join people p on p.organization = k.organization and p.id = k.person where p.email = $1 order by k.created_at`,
      [email],
    )
  ).rows;
const evidenceOf = async (type: string) =>
  (await database.query('select decision, reason from evidence where type = $1 order by at, id', [type])).rows;
/** Ends their passkeys behind the server's back, so that the next test begins with none. */
const forget = () => database.query(`delete from credentials where kind = 'passkey'`);
/** As if they had signed in long ago. */
const age = (minutes: number) =>
  database.query(`update sessions set authenticated_at = authenticated_at - make_interval(mins => $1)`, [minutes]);
const hoursFromNow = (date: Date) => Math.max(0, Math.round((date.getTime() - Date.now()) / 3_600_000));

const removeForm = (page: PageAnswer, id: string, by: Authenticator, deviation?: Deviation) => ({
  csrf: /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
  assertion: by.get(optionsIn(page, 'request', `${SECURITY}/passkeys/${id}/remove"`), deviation),
});

test('U11-1 a first passkey is added right after a sign-in, is listed with its waiting time, and is evidence', async () => {
  await forget();
  const person = await signIn(server);
  await addPasskey(person, server.issuer, { name: 'Phone' });
  const [passkey] = await stored(person.email);
  expect(passkey).toMatchObject({ name: 'Phone', counter: '1', transports: ['internal'], device_bound: true });
  expect(hoursFromNow(passkey.may_approve_from)).toBe(HOURS);
  const { html } = await person.get(SECURITY);
  expect(html).toMatch(/Phone/);
  expect(html).toMatch(/May approve high impact from/);
  expect((await evidenceOf('passkey.added')).at(-1)).toEqual({ decision: 'allowed', reason: null });
});

test('where only passkeys of one device count, one that can be synced vouches for a new one, and passes no maturity on', async () => {
  await forget();
  const person = await signIn(server);
  const synced = await addPasskey(person, server.issuer, { syncs: true });
  await database.query(`update passkeys set may_approve_from = now() - interval '1 day'`);
  await database.query('update organizations set device_bound = true');
  await addPasskey(person, server.issuer, { by: synced, name: 'Key' });
  await database.query('update organizations set device_bound = false');
  const [, key] = await stored(person.email);
  expect([key.name, hoursFromNow(key.may_approve_from)]).toEqual(['Key', HOURS]);
  // Where any counts, it does.
  await addPasskey(person, server.issuer, { by: synced, name: 'Third' });
  expect(hoursFromNow((await stored(person.email))[2].may_approve_from)).toBe(0);
});

test('U11-1 a first passkey needs a sign-in within five minutes, which the page asks for and the form insists on', async () => {
  await forget();
  const person = await signIn(server);
  const page = await person.get(SECURITY);
  const authenticator = newAuthenticator(server.issuer);
  const form = addingForm(page, authenticator);
  await age(6);
  expect((await person.get(SECURITY)).html).toMatch(/href="\/login\?return_to=%2Fsettings%2Fsecurity&amp;fresh=1"/);
  const refused = await person.post(`${SECURITY}/passkeys`, form);
  expect(refused.status).toBe(403);
  expect(await stored(person.email)).toEqual([]);
  expect((await evidenceOf('passkey.added')).at(-1)).toEqual({ decision: 'refused', reason: 'sign_in_too_old' });
});

test('U11-2 a further passkey needs one that is there; a session, however fresh, is not enough', async () => {
  await forget();
  const person = await signIn(server);
  const first = await addPasskey(person, server.issuer);
  const page = await person.get(SECURITY);
  const intruder = newAuthenticator(server.issuer);
  for (const form of [
    addingForm(page, intruder),
    { ...addingForm(page, intruder), assertion: '' },
    addingForm(page, intruder, { by: intruder }),
    addingForm(page, intruder, { by: newAuthenticator(server.issuer) }),
  ]) {
    expect((await person.post(`${SECURITY}/passkeys`, form)).status).toBe(403);
  }
  expect(await stored(person.email)).toHaveLength(1);

  await addPasskey(person, server.issuer, { by: first, name: 'Second' });
  // Vouched for by one that still waits, it waits from its own beginning.
  expect((await stored(person.email)).map(({ may_approve_from }) => hoursFromNow(may_approve_from))).toEqual([
    HOURS,
    HOURS,
  ]);
  await database.query('update passkeys set may_approve_from = now()');
  await addPasskey(person, server.issuer, { by: first, name: 'Third' });
  expect((await stored(person.email)).map(({ may_approve_from }) => hoursFromNow(may_approve_from))).toEqual([0, 0, 0]);
});

const DEVIATIONS: readonly (Deviation & { because: string })[] = [
  { because: 'another origin', origin: 'https://countersign.example' },
  { because: 'another relying party', rpId: 'countersign.example' },
  { because: 'no user verification', userVerified: false },
  { because: 'nobody present', userPresent: false },
  { because: 'in a frame of another site', crossOrigin: true },
  { because: 'a challenge that nobody gave', challenge: 'A'.repeat(72) },
  { because: 'a challenge that is no base64url', challenge: '***' },
];

test.each(DEVIATIONS)('an attestation is refused because of $because, and nothing is added', async (deviation) => {
  await forget();
  const person = await signIn(server);
  const page = await person.get(SECURITY);
  const form = addingForm(page, newAuthenticator(server.issuer));
  const attestation = newAuthenticator(server.issuer).create(
    optionsIn(page, 'creation', `${SECURITY}/passkeys"`),
    deviation,
  );
  expect((await person.post(`${SECURITY}/passkeys`, { ...form, attestation })).status).toBe(400);
  expect(await stored(person.email)).toEqual([]);
});

test.each([
  ...DEVIATIONS,
  { because: 'another user', userHandle: Buffer.from('usr_0').toString('base64url') },
  { because: 'the wrong type', type: 'webauthn.create' },
])('an assertion is refused because of $because, and nothing is removed', async (deviation) => {
  await forget();
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  const [{ id }] = await stored(person.email);
  const page = await person.get(SECURITY);
  const answer = await person.post(`${SECURITY}/passkeys/${id}/remove`, removeForm(page, id, key, deviation));
  expect(answer.status).toBe(403);
  expect(await stored(person.email)).toHaveLength(1);
});

test.each([
  '',
  '{}',
  '[]',
  'null',
  '{"id":1,"response":{}}',
  '{"id":"a","response":{"clientDataJSON":"e30"}}',
  'x'.repeat(20_000),
])('what is no answer of an authenticator is refused: %#', async (attestation) => {
  await forget();
  const person = await signIn(server);
  const form = addingForm(await person.get(SECURITY), newAuthenticator(server.issuer));
  expect((await person.post(`${SECURITY}/passkeys`, { ...form, attestation })).status).toBe(400);
});

test('a challenge counts once: twenty answers to one, and one passkey', async () => {
  await forget();
  const person = await signIn(server);
  const page = await person.get(SECURITY);
  const form = addingForm(page, newAuthenticator(server.issuer));
  const answers = await Promise.all(Array.from({ length: 20 }, () => person.post(`${SECURITY}/passkeys`, form)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.every(({ status }) => status < 500)).toBe(true);
  expect(await stored(person.email)).toHaveLength(1);
});

test('two first passkeys at the same moment: one is first, the other is refused', async () => {
  await forget();
  const person = await signIn(server);
  const page = await person.get(SECURITY);
  const forms = [0, 1].map(() => addingForm(page, newAuthenticator(server.issuer)));
  // Each with a challenge of its own.
  const other = await person.get(SECURITY);
  forms[1] = addingForm(other, newAuthenticator(server.issuer));
  const answers = await Promise.all(forms.map((form) => person.post(`${SECURITY}/passkeys`, form)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
  expect(await stored(person.email)).toHaveLength(1);
});

test('a challenge of one person, or for something else, is none for another', async () => {
  await forget();
  const [anna, ben] = [await signIn(server), await signIn(server, 'approver@acme.example')];
  const [hers, his] = [await anna.get(SECURITY), await ben.get(SECURITY)];
  const key = newAuthenticator(server.issuer);
  const form = {
    ...addingForm(his, key),
    attestation: key.create(optionsIn(hers, 'creation', `${SECURITY}/passkeys"`)),
  };
  expect((await ben.post(`${SECURITY}/passkeys`, form)).status).toBe(400);

  const first = await addPasskey(anna, server.issuer);
  const [{ id }] = await stored(anna.email);
  const page = await anna.get(SECURITY);
  // What was signed to add one removes none.
  const vouching = {
    ...removeForm(page, id, first),
    assertion: first.get(optionsIn(page, 'request', `${SECURITY}/passkeys"`)),
  };
  expect((await anna.post(`${SECURITY}/passkeys/${id}/remove`, vouching)).status).toBe(403);
  // Another person's passkey is not there.
  const theirs = await addPasskey(ben, server.issuer);
  const atHis = await ben.get(SECURITY);
  const [{ id: hisId }] = await stored(ben.email);
  expect((await ben.post(`${SECURITY}/passkeys/${id}/remove`, removeForm(atHis, hisId, theirs))).status).toBe(404);
  expect(await stored(anna.email)).toHaveLength(1);
});

test('of two passkeys that vouch in the same instant for the end of the other, one is left', async () => {
  await forget();
  const person = await signIn(server);
  const first = await addPasskey(person, server.issuer);
  const second = await addPasskey(person, server.issuer, { by: first });
  const [one, other] = await stored(person.email);
  const page = await person.get(SECURITY);
  const own = databaseOf(server);
  const answers = await inThisOrder(
    own,
    // Each has used its own by then.
    (statements) => statements.run(`select from credentials where kind = 'passkey' for update`),
    [
      [one.id, second],
      [other.id, first],
    ].map(
      ([id, by]) =>
        () =>
          person.post(`${SECURITY}/passkeys/${id}/remove`, removeForm(page, id, by)),
    ),
  );
  await own.close();
  expect(answers.map(({ status }) => status)).toEqual([200, 409]);
  expect((await stored(person.email)).map(({ id }) => id)).toEqual([other.id]);
});

test('a passkey whose counter did not go on was copied: it vouches for nothing', async () => {
  await forget();
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  const [{ id }] = await stored(person.email);
  const page = await person.get(SECURITY);
  const answer = await person.post(`${SECURITY}/passkeys/${id}/remove`, removeForm(page, id, key, { counter: 1 }));
  expect(answer.status).toBe(403);
  expect(await stored(person.email)).toHaveLength(1);
});

test('one authenticator is one passkey of one person', async () => {
  await forget();
  const [anna, ben] = [await signIn(server), await signIn(server, 'approver@acme.example')];
  const key = newAuthenticator(server.issuer);
  const add = async (person: TestPerson) =>
    (await person.post(`${SECURITY}/passkeys`, addingForm(await person.get(SECURITY), key))).status;
  expect(await add(anna)).toBe(200);
  expect(await add(ben)).toBe(409);
});

test('a passkey is renamed and removed by its person, with evidence; the last one too, by itself', async () => {
  await forget();
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  const [{ id }] = await stored(person.email);
  const page = await person.get(SECURITY);
  const { csrf } = removeForm(page, id, key);
  const rename = (name: string) => person.post(`${SECURITY}/passkeys/${id}/rename`, { csrf, name });
  expect((await rename('Büro')).status).toBe(200);
  for (const name of ['', ' ', 'x'.repeat(61), 'a\u202eb', 'a\u200bb']) expect((await rename(name)).status).toBe(400);
  expect((await stored(person.email))[0].name).toBe('Büro');
  expect((await person.post(`${SECURITY}/passkeys/${id}/rename`, { csrf: 'x', name: 'A' })).status).toBe(403);

  const fresh = await person.get(SECURITY);
  expect((await person.post(`${SECURITY}/passkeys/${id}/remove`, removeForm(fresh, id, key))).status).toBe(200);
  expect(await stored(person.email)).toEqual([]);
  expect((await evidenceOf('passkey.removed')).at(-1)).toEqual({ decision: 'allowed', reason: null });
});

test('nobody who is not signed in sees or adds anything', async () => {
  const stranger = browserOf(server.issuer);
  expect((await stranger.get(SECURITY)).url).toContain('/login');
  expect((await stranger.post(`${SECURITY}/passkeys`, { name: 'x' })).url).toContain('/login');
});
