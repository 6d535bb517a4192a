import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Api, administrator } from '../support/admin.ts';
import {
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  inviteDetails,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { arrive, enter, nothingToComplainOf, signedInAt } from '../support/at-browser.ts';
import { addVirtualAuthenticator, describeBrowser, launchBrowser } from '../support/browser.ts';
import { accessTokenIn, databaseOf, exchange, HOUR, introspect } from '../support/delegation.ts';
import { DESK, lookAround, PHONE, tabTo } from '../support/looking.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Silence, startSilence } from '../support/silence.ts';

describeBrowser('A8: the stop at a real browser', () => {
  let server: TestServer;
  let silence: Silence;
  let database: Database;
  let browser: Browser;
  let resourceServer: TestClient;
  let anna: TestPerson;
  let asAda: Api;

  beforeAll(async () => {
    // Mail: whoever is there takes the connection and never answers.
    silence = await startSilence();
    const mail = { COUNTERSIGN_SMTP_URL: `smtp://${silence.host}`, COUNTERSIGN_MAIL_FROM: 'agents@acme.example' };
    [server, browser] = await Promise.all([startServer(mail), launchBrowser()]);
    database = databaseOf(server);
    await database.run(`update people set roles = '{security}' where email = 'approver@acme.example'`);
    await database.run(`update people set time_zone = 'UTC' where email = 'admin@acme.example'`);
    [resourceServer, anna, asAda] = await Promise.all([
      demoClient(server, 'resourceServer'),
      signIn(server),
      administrator(server, 'admin@acme.example'),
    ]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.close();
    await server?.close();
    await silence?.close();
  });
  afterEach(nothingToComplainOf);

  const at = (email: string, path: string, script: boolean, viewport = DESK) =>
    signedInAt(browser, server, email, path, { script, viewport });
  const ask = (agent: TestClient, title: string) =>
    agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(inviteDetails({ title })),
    });
  /** The instant that a page names by a clock that runs on UTC, at most half a day from now. */
  const instantIn = (words: string | null): number => {
    const [clock = ''] = /\d\d:\d\d:\d\d/.exec(words ?? '') ?? [];
    const today = Date.parse(`${new Date().toISOString().slice(0, 10)}T${clock}Z`);
    return today < Date.now() - 43_200_000 ? today + 86_400_000 : today;
  };

  test.each([true, false])(
    'A8-2 to A8-6: stopped without a key but Enter and while mail hangs, an agent gets nothing from the page on; what still trusts it is named to the second; who was asked reads why not; script %s',
    async (script) => {
      const name = `Web Researcher ${script}`;
      const agent = await registerAgent(server, { client_name: name, agent_mode: 'unattended' });
      const first = await tokenInBrowser(agent, anna, { authorization_details: detailsParameter(readDetails()) }, HOUR);
      const root = accessTokenIn(first);
      const leaf = accessTokenIn(await exchange(agent, root, { resource: CALENDAR }));
      const asked = await ask(agent, 'Secret plan');
      expect(asked.status).toBe(200);
      await using hers = await at('person@acme.example', '/inbox', script, PHONE);
      await hers.page.click('a[href^="/r/"]');
      await hers.page.waitForSelector('[data-testid=deny]');

      // Mail to Anna begins, and hangs.
      await asAda('POST', `/agents/${agent.registration.agent_id}/offers`, {
        role: 'deputy',
        person: 'person@acme.example',
      });
      const hanging = () =>
        database.rows<Json>(
          `select kind from outbox where payload ? 'offer' and state = 'waiting' and attempts > 0 and kind = 'notify.email'`,
        );
      while ((await hanging()).length === 0) await new Promise((resolve) => setTimeout(resolve, 30));

      await using ada = await at('admin@acme.example', '/admin/agents', script);
      const { page } = ada;
      await page.getByRole('link', { name }).click();
      await page.getByRole('link', { name: 'Stop…', exact: true }).click();
      await page.getByText('at the latest at').waitFor();
      const printed = instantIn(await page.textContent('.admin-facts'));
      // A8-4: what was issued lives no longer than that, and nothing may be issued that lives for more than five minutes.
      expect(printed).toBeGreaterThanOrEqual(claimsOf(leaf).exp * 1000);
      expect(printed).toBeLessThanOrEqual(Date.now() + 300_000);

      const successes: number[] = [];
      let going = true;
      const live = (async () => {
        while (going) {
          const begun = performance.now();
          if ((await exchange(agent, root, { resource: CALENDAR })).status === 200) successes.push(begun);
        }
      })();
      try {
        while (successes.length < 2) await new Promise((resolve) => setImmediate(resolve));
        await enter(page, 'submit');
        await page.getByRole('status').getByText(`${name}: nothing new is issued`).waitFor();
        const answered = performance.now();
        expect(await hanging()).toHaveLength(1);
        expect((await exchange(agent, root, { resource: CALENDAR })).status).toBe(400);
        const { refresh_token } = first.body;
        expect((await agent.token({ grant_type: 'refresh_token', refresh_token })).status).toBe(400);
        expect((await agent.token({ grant_type: CIBA, auth_req_id: asked.body.auth_req_id })).body.error).toBe(
          'access_denied',
        );
        expect(await ask(agent, 'Once more')).toMatchObject({ status: 403, body: { error: 'access_denied' } });
        expect(await introspect(resourceServer, leaf)).toEqual({ active: false });
        expect(successes.filter((begun) => begun >= answered)).toEqual([]);
      } finally {
        going = false;
        await live;
      }
      const row = page.locator('[data-row]', { hasText: 'Acme Calendar' });
      expect(instantIn(await row.textContent())).toBeGreaterThanOrEqual(claimsOf(leaf).exp * 1000);
      await lookAround(page, 'stopped', { script, decision: false });
      await page.setViewportSize(DESK);

      // A8-5: by itself, or when she looks again.
      if (!script) await hers.page.reload();
      await hers.page.getByText('Stopped by security.').waitFor();
      expect(await hers.page.locator('[data-testid=approve], [data-testid=deny]').count()).toBe(0);
      await page.goto(`${server.issuer}/admin/approvals?q=is%3Astopped`);
      expect(await page.locator('[data-row]', { hasText: name }).textContent()).toContain('stopped');
      // A8-6: the audit has it.
      await arrive(page, page.locator('[data-row]', { hasText: name }).getByRole('link').click());
      expect(await page.locator('.pill').textContent()).toContain('stopped');
      await page.getByRole('link', { name: 'Activity' }).click();
      await page.getByText('was stopped').waitFor();
    },
  );

  test('A8-2: resuming asks for the passkey, the name as it is written, and a second administrator', async () => {
    const name = 'Comes Back';
    const agent = await registerAgent(server, { client_name: name });
    const { body } = await asAda('POST', '/stops', {
      kind: 'agent',
      subject: agent.registration.agent_id,
      reason: 'odd',
    });
    await using ada = await at('admin@acme.example', '/settings/security', true);
    const { page } = ada;
    const { cdp, authenticatorId } = await addVirtualAuthenticator(page);
    const touched = (enabled: boolean) =>
      cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    await page.fill('form[action$="/passkeys"] [name=name]', 'Laptop');
    await page.click('[data-testid=add-passkey]');
    await page.waitForSelector('text=The passkey was added');
    await touched(false);
    await page.goto(`${server.issuer}/admin/stops/${body.id}`);
    await page.getByRole('link', { name: 'Resume…' }).click();
    await page.getByText('asks for your passkey').waitFor();
    await touched(true);
    // The browser may offer it in the field first: then the page has gone on before the button is pressed.
    await page.click('[data-testid=passkey]').catch(() => {});
    await page.waitForURL(/resume$/);
    await page.getByText('After you, a second administrator has to resume it').waitFor();

    const type = async (at: Page, confirmation: string, reason: string) => {
      await tabTo(at, 'confirmation');
      await at.keyboard.press('Control+A');
      await at.keyboard.type(confirmation);
      await tabTo(at, 'reason');
      await at.keyboard.press('Control+A');
      await at.keyboard.type(reason);
      await enter(at, 'submit');
    };
    await type(page, 'comes back', 'The prompt was mended');
    await page.locator('.error-summary', { hasText: name }).waitFor();
    expect([await page.inputValue('[name=confirmation]'), await page.inputValue('[name=reason]')]).toEqual([
      'comes back',
      'The prompt was mended',
    ]);
    await lookAround(page, 'resume', { script: true, decision: false });
    await type(page, name, 'The prompt was mended');
    await page.getByRole('status').getByText('A second administrator has to do so as well').waitFor();
    expect(await ask(agent, 'Not yet')).toMatchObject({ status: 403 });

    await using ben = await at('approver@acme.example', `/admin/stops/${body.id}/resume`, true);
    await ben.page.getByText('Ada Lind has resumed it already.').waitFor();
    await type(ben.page, name, 'I agree');
    await ben.page.getByRole('status').getByText(`${name} may be asked for again.`).waitFor();
    expect(await ask(agent, 'Anew')).toMatchObject({ status: 200 });
  });
});
