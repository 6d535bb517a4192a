import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { administrator } from './support/admin.ts';
import type { TestClient } from './support/agent.ts';
import { type Authenticator, addPasskey, SECURITY } from './support/authenticator.ts';
import { approveWith, askFreely, askInBrowser, CHOICES, financeAgent, refundDetails } from './support/ceremony.ts';
import { signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
type Admin = Awaited<ReturnType<typeof administrator>>;
let [ada, olga]: Admin[] = [];
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  await database.query(`update people set roles = '{admin}' where email = 'owner@acme.example'`);
  agent = await financeAgent(server);
  await askFreely(database, agent.registration.organization);
  [ada, olga] = [await administrator(server, 'admin@acme.example'), await administrator(server, 'owner@acme.example')];
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const by = (admin: Admin | undefined) => {
  if (!admin) throw new Error('no administrator');
  return admin;
};
const ask = (admin: Admin | undefined, email = 'person@acme.example') =>
  by(admin)('POST', `/people/${encodeURIComponent(email)}/passkey-recovery`, { reason: 'lost the phone' });
const confirm = (admin: Admin | undefined, id: string) => by(admin)('POST', `/passkey-recoveries/${id}/confirm`, {});
const passkeysOf = async (email: string) =>
  (await database.query('select k.* from passkeys k join people p on p.id = k.person where p.email = $1', [email]))
    .rows;
/** What was put into the outbox; what it said is emptied once it was sent. */
const news = async () => (await database.query(`select kind from outbox where kind = 'notify.email'`)).rows.length;
const hold = (hours: number) =>
  database.query(`update passkeys set may_approve_from = may_approve_from - make_interval(hours => $1)`, [hours]);

async function begin(email = 'person@acme.example'): Promise<{ person: TestPerson; key: Authenticator }> {
  await database.query(`delete from credentials where kind = 'passkey'`);
  const person = await signIn(server, email);
  return { person, key: await addPasskey(person, server.issuer) };
}

test('it takes two administrators, ends every passkey and session, and tells the person by every way there is', async () => {
  const { person } = await begin();
  await database.query('delete from outbox');
  const asked = await ask(ada);
  expect(asked).toMatchObject({ status: 200, body: { email: 'person@acme.example', needs: 'another administrator' } });
  expect(await passkeysOf(person.email)).toHaveLength(1); // nothing yet
  expect(await confirm(ada, asked.body.id)).toMatchObject({ status: 403, body: { reason: 'same_person' } });
  expect(await passkeysOf(person.email)).toHaveLength(1);
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 200, body: { confirmed: true } });
  expect(await passkeysOf(person.email)).toEqual([]);
  expect((await person.get('/inbox')).url).toContain('/login');
  expect(await news()).toBe(2);
  const { rows } = await database.query(
    `select type, decision from evidence where type like 'passkey.recover%' order by at`,
  );
  expect(rows).toEqual([
    { type: 'passkey.recovery_asked', decision: 'allowed' },
    { type: 'passkey.recovered', decision: 'allowed' },
  ]);
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 409, body: { reason: 'over' } });
});

test('nobody recovers themselves, confirms their own, or does it without being an administrator of the organization', async () => {
  await begin();
  expect(await ask(ada, 'admin@acme.example')).toMatchObject({ status: 403, body: { reason: 'own_passkeys' } });
  const asked = await ask(ada, 'owner@acme.example');
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 403, body: { reason: 'same_person' } });
  const gail = await administrator(server, 'admin@globex.example');
  expect(await ask(gail)).toMatchObject({ status: 404 });
  expect(await confirm(gail, asked.body.id)).toMatchObject({ status: 404 });
  await expect(
    database.query(`update passkey_recoveries set confirmed_by = asked_by, confirmed_at = now() where id = $1`, [
      asked.body.id,
    ]),
  ).rejects.toThrow();
});

test('what nobody confirmed within a day is over', async () => {
  const { person } = await begin();
  const asked = await ask(ada);
  await database.query(`update passkey_recoveries set expires_at = now() where id = $1`, [asked.body.id]);
  expect(await confirm(olga, asked.body.id)).toMatchObject({ status: 409 });
  expect(await passkeysOf(person.email)).toHaveLength(1);
});

test('the hold is a day even where new passkeys do not wait, and no passkey that is held lifts it for another', async () => {
  await begin();
  const asked = await ask(ada);
  await confirm(olga, asked.body.id);
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  const second = await addPasskey(person, server.issuer, { by: key, name: 'Second' });
  for (const { may_approve_from } of await passkeysOf(person.email)) {
    expect(may_approve_from.getTime() - Date.now()).toBeGreaterThan(23 * 3_600_000);
  }
  expect((await person.get(SECURITY)).html).toMatch(/May approve high impact from/);
  const { page } = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-1' }));
  expect((await person.submit(page, CHOICES)).status).toBe(403);
  expect(second.credentialId).not.toBe(key.credentialId);
});

test('a recovered passkey approves nothing for the agents of those administrators, not after the hold, nor does one it vouched for', async () => {
  await begin();
  const asked = await ask(ada);
  await confirm(olga, asked.body.id);
  const person = await signIn(server);
  const key = await addPasskey(person, server.issuer);
  await hold(25);
  const next = await addPasskey(person, server.issuer, { by: key, name: 'Next' });
  // Olga owns the agent, Ada is its deputy.
  const { page } = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-2' }));
  expect(page.html).toMatch(/was restored by somebody who answers for this agent/);
  expect((await person.submit(page, CHOICES)).status).toBe(403);
  // Removed and added anew, it is no other.
  await database.query(`delete from credentials where kind = 'passkey'`);
  const again = await addPasskey(await signIn(server), server.issuer);
  expect((await passkeysOf(person.email)).every(({ barred_by }) => barred_by.length === 2)).toBe(true);
  expect(again.credentialId).not.toBe(next.credentialId);

  // For an agent of others it does.
  await hold(25);
  await database.query(
    `update agents set owner = (select id from people where email = 'approver@acme.example'),
       deputy = (select id from people where email = 'person@acme.example') where id = $1`,
    [agent.registration.agent_id],
  );
  const other = await askInBrowser(agent, person, refundDetails({ invoice: 'INV-3' }));
  expect((await approveWith(person, other.page, again)).html).toMatch(/Allowed once/);
});

test('a confirmed recovery is a record', async () => {
  await expect(database.query('delete from passkey_recoveries where confirmed_at is not null')).rejects.toThrow(
    /record/,
  );
});

test('adding and removing tell the person, too', async () => {
  await database.query('delete from outbox');
  await begin('approver@acme.example');
  expect(await news()).toBe(1);
});
