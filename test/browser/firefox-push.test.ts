import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, decideFor } from '../protocol/support.ts';
import { inviteDetails, type Json, registerAgent } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { type AutoPush, describeFirefox, type Firefox, launchFirefox, startAutoPush } from '../support/firefox.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** From the button to the screen and off it again, in a browser and through a push service that nothing of ours plays. */
describeFirefox('Web Push in Firefox', () => {
  let server: TestServer;
  let database: Database;
  let autoPush: AutoPush;
  let firefox: Firefox;
  /** The same person at another device. */
  let elsewhere: TestPerson;
  beforeAll(async () => {
    autoPush = await startAutoPush();
    server = await startServer({
      COUNTERSIGN_PUSH_HOSTS: autoPush.host,
      COUNTERSIGN_EGRESS_ALLOW: autoPush.host,
    });
    database = databaseOf(server);
    firefox = await launchFirefox(autoPush.socket);
    elsewhere = await signIn(server);
  }, 240_000);
  afterAll(async () => {
    await firefox?.close();
    await database?.close();
    await server?.close();
    await autoPush?.close();
  });

  const until = async (holds: () => Promise<unknown>): Promise<void> => {
    // A page that is being left answers nothing.
    while (!(await holds().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const there = (selector: string) => until(() => firefox.evaluate(`document.querySelector('${selector}') !== null`));
  const signInThere = async () => {
    await firefox.goto(`${server.issuer}/login`);
    await firefox.evaluate(`(() => {
      document.querySelector('[name=email]').value = 'person@acme.example';
      document.querySelector('[name=password]').value = '${server.demo.password}';
      document.querySelector('[name=password]').form.requestSubmit();
    })()`);
    await until(() => firefox.evaluate(`location.pathname !== '/login'`));
  };
  const shown = (): Promise<Json> =>
    firefox.evaluate(`navigator.serviceWorker.getRegistration('/sw.js').then((registration) =>
      registration.getNotifications()).then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`);
  /** An agent that may ring at this person's devices. */
  const introduced = async (name: string) => {
    const client = await registerAgent(server, { client_name: name });
    const { agent_id: agent, organization } = client.registration;
    await database.run(
      `insert into introductions (organization, agent, person, by) select $1, $2, id, id from people where email = 'person@acme.example'`,
      [organization, agent],
    );
    return client;
  };
  const suppressed = async () =>
    (await database.rows(`select from evidence where type = 'push.suppressed' and reason = 'ten_minutes'`)).length;
  const devices = () =>
    database.rows<{ id: string; host: string; gone_at: Date | null; hash: string }>(
      `select id, host, gone_at, encode(endpoint_hash, 'hex') as hash from push_subscriptions`,
    );

  test('U11-5: enabled by the button, a test arrives, encrypted', async () => {
    await signInThere();
    await firefox.goto(`${server.issuer}/settings/notifications`);
    await until(() => firefox.evaluate(`document.querySelector('#add-device button').hidden === false`));
    await firefox.evaluate(`document.querySelector('#add-device button').click()`);
    await there('form[action$="/test"]');
    expect(await devices()).toMatchObject([{ host: autoPush.host, gone_at: null }]);
    await firefox.evaluate(`document.querySelector('form[action*="/devices/"][action$="/test"]').requestSubmit()`);
    await until(async () => (await shown()).length === 1);
    expect(await shown()).toMatchObject([{ title: 'This is how agents reach you', tag: 'test' }]);
    expect(autoPush.wires.some((wire) => wire.includes('agents reach you'))).toBe(false);
  }, 240_000);

  test('ux.md §8: a request is shown under its own tag, and taken off the screen when it is answered at another device', async () => {
    const client = await introduced('Finance Agent');
    await ask(client);
    const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [
      client.clientId,
    ]);
    const isShown = async () => (await shown()).some(({ tag }: Json) => tag === row?.id);
    await until(isShown);
    await decideFor(server, client, elsewhere, { decision: 'deny' });
    await until(async () => !(await isShown()));
    expect((await shown()).map(({ tag }: Json) => tag)).toEqual(['test']);
  }, 240_000);

  test('U3-2, U3-10: what is shown names nothing of the task; the fourth within ten minutes rings nowhere and is in the inbox', async () => {
    const asking = async (name: string) => {
      const client = await introduced(name);
      await ask(client, { authorization_details: detailsParameter(inviteDetails({ title: `Secret ${name}` })) });
    };
    // One rang in the test before.
    for (const name of ['Second Agent', 'Third Agent']) await asking(name);
    const requests = async () => (await shown()).filter(({ tag }: Json) => tag.startsWith('apr_'));
    await until(async () => (await requests()).length === 2);
    const titles = (await requests()).map(({ title }: Json) => title).toSorted();
    expect(titles).toEqual(['Second Agent is waiting for you', 'Third Agent is waiting for you']);
    for (const { body } of await requests())
      expect(body).toMatch(/^Medium-impact task · expires (?:\w+ \d+ \w+ )?\d\d:\d\d · open it to review$/u);
    await asking('Fourth Agent');
    await until(async () => (await suppressed()) === 1);
    await firefox.goto(`${server.issuer}/inbox`);
    const inbox: string = await firefox.evaluate(`document.querySelector('main').textContent`);
    for (const name of ['Second', 'Third', 'Fourth']) expect(inbox).toContain(`Secret ${name} Agent`);
    expect((await requests()).some(({ title }: Json) => title.startsWith('Fourth'))).toBe(false);
  }, 240_000);

  test('ux.md §8: at the next sign-in the browser says where it is reached, and is known again', async () => {
    const [before] = await devices();
    // The push service took the address for gone, and we for another one.
    await database.run(`update push_subscriptions set gone_at = now(), sealed = 'x', host = 'old.example'`);
    await firefox.goto(`${server.issuer}/inbox`);
    await firefox.evaluate(`document.querySelector('form[action="/logout"]').requestSubmit()`);
    await until(() => firefox.evaluate(`document.querySelector('form[action="/logout"]') === null`));
    await signInThere();
    await until(async () => (await devices())[0]?.gone_at === null);
    expect(await devices()).toMatchObject([{ id: before?.id, hash: before?.hash, host: autoPush.host }]);

    // Once it was removed, no sign-in brings it back.
    const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec((await elsewhere.get('/inbox')).html)?.[1] ?? '';
    await elsewhere.post(`/settings/notifications/devices/${before?.id}/remove`, { csrf });
    await firefox.evaluate(`localStorage.setItem('push', '{}')`);
    const [, answered] = [
      await firefox.goto(`${server.issuer}/inbox`),
      await until(() => firefox.evaluate(`JSON.parse(localStorage.getItem('push')).said !== undefined`)),
    ];
    expect(answered).toBeUndefined();
    expect(await devices()).toEqual([]);
  }, 240_000);
});
