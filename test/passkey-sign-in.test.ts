import { afterAll, beforeAll, expect, test } from '@jest/globals';

import {
  type Authenticator,
  addPasskey,
  type Deviation,
  newAuthenticator,
  optionsIn,
} from './support/authenticator.ts';
import { databaseOf } from './support/delegation.ts';
import { browserOf, type PageAnswer, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let key: Authenticator;
beforeAll(async () => {
  server = await startServer();
  key = await addPasskey(await signIn(server), server.issuer);
});
afterAll(() => server?.close());

const answerTo = (page: PageAnswer, authenticator: Authenticator, deviation?: Deviation) => ({
  csrf: /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
  assertion: authenticator.get(optionsIn(page, 'request', '/login/passkey'), deviation),
});

const send = (person: TestPerson, form: Record<string, string>, returnTo = '/agents') =>
  person.post(`/login/passkey?return_to=${encodeURIComponent(returnTo)}`, form);

test('U1-4 a passkey alone signs its person in, and leads to where they were going', async () => {
  const person = browserOf(server.issuer);
  const page = await person.get(`/login?return_to=${encodeURIComponent('/agents')}`);
  const after = await send(person, answerTo(page, key));
  expect([after.status, after.url]).toEqual([200, `${server.issuer}/agents`]);
  expect(after.html).toContain('person@acme.example');
  const database = databaseOf(server);
  const [session] = await database.rows('select acr, amr from sessions order by seen_at desc limit 1');
  expect(session).toEqual({ acr: 'phr', amr: ['pop', 'user'] });
  await database.close();
});

test('an answer counts once, of 20 at the same time', async () => {
  const person = browserOf(server.issuer);
  const form = answerTo(await person.get('/login'), key);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => send(browserOf(server.issuer).at(server.issuer), form)),
  );
  // Another browser has another form token: refused before anything is looked at.
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(403));
  const again = await Promise.all(Array.from({ length: 20 }, () => send(person, form)));
  expect(again.filter(({ url }) => url.endsWith('/agents'))).toHaveLength(1);
});

test.each<[string, (page: PageAnswer) => Record<string, string>]>([
  ['of a passkey that nobody has', (page) => answerTo(page, newAuthenticator(server.issuer))],
  ['without the person unlocking it', (page) => answerTo(page, key, { userVerified: false })],
  ['made at another site', (page) => answerTo(page, key, { origin: 'https://evil.example' })],
  ['to another challenge', (page) => answerTo(page, key, { challenge: 'AAAA' })],
  [
    'by another key',
    (page) => ({ ...answerTo(page, newAuthenticator(server.issuer), { credentialId: key.credentialId }) }),
  ],
  ['of another user', (page) => answerTo(page, key, { userHandle: Buffer.from('usr_other').toString('base64url') })],
  ['that is no answer', (page) => ({ ...answerTo(page, key), assertion: '{"id":1}' })],
])('an answer %s signs nobody in, in one sentence for all', async (_name, make) => {
  const person = browserOf(server.issuer);
  const after = await send(person, make(await person.get('/login')));
  expect(after.status).toBe(401);
  expect(after.html).toContain('This passkey does not sign in here.');
  expect((await person.get('/inbox')).url).toContain('/login');
});
