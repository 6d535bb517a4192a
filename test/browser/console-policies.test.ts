import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import type { Database } from '../../adapters/postgres/database.ts';
import { CALENDAR, type Json, pkce, push, READ, readDetails, type TestClient } from '../support/agent.ts';
import { arrive, type Callback, enter, nothingToComplainOf, signedInAt, startCallback } from '../support/at-browser.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { approveWith, askFreely, askInBrowser, CHOICES, deleteDetails, financeAgent } from '../support/ceremony.ts';
import { type Member, memberOf } from '../support/deciders.ts';
import { databaseOf, organizationOf } from '../support/delegation.ts';
import { DESK, lookAround, PHONE, tabTo } from '../support/looking.ts';
import { authorizationUrl, detailsParameter } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

describeBrowser('A6: policies and the queue at a real browser', () => {
  let server: TestServer;
  let database: Database;
  let acme: string;
  let browser: Browser;
  let client: Callback;
  let agent: TestClient;
  let anna: Member;

  beforeAll(async () => {
    [server, browser, client] = await Promise.all([startServer(), launchBrowser(), startCallback()]);
    database = databaseOf(server);
    acme = await organizationOf(database, 'acme');
    agent = await financeAgent(server, { redirect_uris: [client.redirect] });
    await askFreely({ query: (text, values) => database.run(text, values) }, acme);
    anna = await memberOf(server, database, 'person@acme.example');
    const both = ['person@acme.example', 'owner@acme.example'];
    await database.run(`update people set roles = '{approver}' where email = any($1)`, [both]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    client?.close();
    await database?.close();
    await server?.close();
  });
  beforeEach(async () => {
    await publishPolicies(database, acme, { rules: [] });
    await database.run(`update approvals set expires_at = now() where status = 'pending'`);
  });
  afterEach(nothingToComplainOf);

  const at = (email: string, path: string, script: boolean, viewport = DESK) =>
    signedInAt(browser, server, email, path, { script, viewport, elsewhere: client.redirect });
  const look = async (page: Page, name: string, script: boolean) => {
    await lookAround(page, name, { script, decision: false });
    await page.setViewportSize(DESK);
  };
  /** From behind; how soon it ends is said by whoever asks. */
  const asks = async (details: Json, seconds = 900) => {
    const asked = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(details),
      requested_expiry: String(seconds),
    });
    expect(asked.status).toBe(200);
  };

  test.each([true, false])(
    'A6-2, A6-3: the queue has the highest level first, then what ends first, and nothing in it decides one or several, script %s',
    async (script) => {
      const on = (date: string) => readDetails({ from: date, to: date });
      await asks(on('2027-02-01'), 800);
      await asks(on('2027-02-02'), 400);
      await asks(deleteDetails({ repository: 'acme/old' }));
      await using ada = await at('admin@acme.example', '/admin', script);
      const { page } = ada;
      await arrive(page, page.getByRole('link', { name: 'Approvals' }).click());
      const asked = () => page.locator('[data-row] strong').allTextContents();
      expect(await asked()).toEqual([
        expect.stringContaining('acme/old'),
        expect.stringContaining('2 Feb'),
        expect.stringContaining('1 Feb'),
      ]);
      // Beside the search nothing is sent, chosen or ticked.
      expect(await page.locator('main form[method=post], main [type=checkbox], main [type=radio]').count()).toBe(0);
      expect(await page.locator('main button').allTextContents()).toEqual(['Search']);
      await look(page, 'queue', script);
      await arrive(page, page.getByRole('link', { name: 'Critical', exact: true }).click());
      expect(await asked()).toEqual([expect.stringContaining('acme/old')]);
      await arrive(page, page.getByRole('link', { name: /level:critical/ }).click());
      expect(await asked()).toHaveLength(3);
      await page.fill('[name=q]', 'is:waiting level:low');
      await arrive(page, page.press('[name=q]', 'Enter'));
      expect(await asked()).toHaveLength(2);
    },
  );

  test.each([true, false])(
    'A6-1: neither the requester nor the owner, both with the role, can be the second; a colleague denies by keyboard alone, script %s',
    async (script) => {
      const repository = `acme/script-${script}`;
      const { page: own } = await askInBrowser(agent, anna.person, deleteDetails({ repository }), {
        redirect_uri: client.redirect,
      });
      await approveWith(anna.person, own, anna.key, { ...CHOICES, critical_value: repository });
      const queue = '/admin/approvals';

      await using olga = await at('owner@acme.example', queue, script);
      const { page: owners } = olga;
      const row = (page: Page) => page.locator('[data-row]', { hasText: repository });
      expect(await row(owners).textContent()).toMatch(/Anna Berg, by passkey, .*needs 1 more/);
      // Neither to decide, nor to an agent that who only decides does not see.
      expect(await row(owners).getByRole('link').count()).toBe(0);
      await owners.goto(`${server.issuer}/r/${await row(owners).getAttribute('data-row')}`);
      expect(await owners.textContent('h1')).toBe('Nothing to review here.');

      await using requester = await at('person@acme.example', queue, script);
      await row(requester.page).locator('[data-testid=review]').click();
      await requester.page.getByText('Waiting for a second person.').waitFor();
      expect(await requester.page.locator('[data-testid=approve], [data-testid=deny]').count()).toBe(0);

      await using ben = await at('approver@acme.example', queue, script, PHONE);
      const { page } = ben;
      await enter(page, 'review');
      await page.getByText('First approval: Anna Berg (passkey)').waitFor();
      expect(await page.textContent('h1')).toContain(repository);
      expect(await page.locator('dd[data-fact]').count()).toBe(6);
      await enter(page, 'deny');
      await page.getByText('Denied.').waitFor();
      await page.goto(`${server.issuer}${queue}?q=is%3Adenied`);
      expect(await row(page).textContent()).toMatch(/denied by the second person/);
    },
  );

  test.each([true, false])(
    'A6-4: by keyboard alone, what other rules would have done in the last seven days is seen before they are published, script %s',
    async (script) => {
      await asks(readDetails());
      await using ada = await at('admin@acme.example', '/admin', script, PHONE);
      const { page } = ada;
      await page.focus('nav a[href="/admin/policies"]');
      await page.keyboard.press('Enter');
      await page.waitForURL(/policies/);
      await tabTo(page, 'yaml');
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(`rules:
  - name: No calendars
    when: { actions: [${READ}] }
    verdict: never
`);
      await enter(page, 'submit');
      const effect = page.locator('[data-testid=effect]');
      await effect.waitFor();
      expect((await effect.boundingBox())?.y).toBeLessThan(PHONE.height); // not below what somebody already read
      expect(await effect.locator('.changes').textContent()).toBe('new: No calendars (never)');
      const [before, after] = (await effect.locator('[data-row=never] td').allTextContents()).map(Number);
      expect([before, after]).toEqual([0, expect.any(Number)]);
      expect(after).toBeGreaterThan(0);
      expect(await page.locator('[aria-label=Rules]').count()).toBe(0); // nothing is published
      await look(page, 'effect', script);

      // Tried as they are written, which stays.
      const { type: action, locations: _, ...parameters } = readDetails();
      const asked = { agent: 'Finance Agent', person: 'person@acme.example', action };
      for (const [name, value] of Object.entries({ ...asked, parameters: JSON.stringify(parameters) })) {
        await tabTo(page, name);
        await page.keyboard.press('Control+A');
        await page.keyboard.insertText(value);
      }
      await page.keyboard.press('Tab');
      await arrive(page, page.keyboard.press('Enter'));
      const result = page.locator('[data-testid=result]');
      await result.waitFor();
      expect(await result.locator('.admin-facts').textContent()).toMatch(/Never.*1\. No calendars/);
      expect(await page.locator('[data-testid=tried] h1').textContent()).toMatch(/^Finance Agent wants to read/);
      expect(await page.inputValue('#yaml')).toContain('No calendars');
      expect(await page.locator('[aria-label=Rules]').count()).toBe(0);
      await enter(page, 'publish');
      await page.getByRole('status').getByText('Published.').waitFor();
      expect(await page.locator('[aria-label=Rules]').textContent()).toContain(`Never: to ${READ}.`);
    },
  );

  test.each([true, false])(
    'A6: what was typed of a group and of who decides stays while something is wrong with it, script %s',
    async (script) => {
      await using ada = await at('admin@acme.example', '/admin/policies', script);
      const { page } = ada;
      await page.getByRole('link', { name: 'Groups that decide' }).click();
      const name = `Privacy ${script}`;
      const members = `owner@acme.example\nnobody-${script}@acme.example`;
      const save = page.getByRole('button', { name: 'Save' });
      await page.fill('#name', name);
      await page.fill('#members', members);
      await save.last().click();
      const problem = page.locator('.error-summary');
      await problem.getByText('is nobody of your organization').waitFor();
      expect([await page.inputValue('#name'), await page.inputValue('#members')]).toEqual([name, members]);
      await page.fill('#members', 'owner@acme.example');
      await save.last().click();
      await page
        .getByText(/Olga Marin waits to be confirmed/)
        .last()
        .waitFor();
      const group = page.locator('section', { has: page.getByRole('heading', { name }) });
      await group.locator('textarea').fill(members);
      await group.getByRole('button', { name: 'Save' }).click();
      await problem.waitFor();
      expect(await group.locator('textarea').inputValue()).toBe(members);
      expect([await page.inputValue('#name'), await problem.count()]).toEqual(['', 1]);
      await look(page, 'groups', script);

      await page.getByRole('main').getByRole('link', { name: 'Policies' }).click();
      await page.fill('#yaml', 'rules: [');
      await page.getByRole('button', { name: 'See what it would do' }).click();
      await problem.waitFor();
      expect(await page.evaluate('document.activeElement.className')).toBe('error-summary');
      await page.fill('#yaml', 'rules: [{ name: Exports, when: { actions: [crm.contacts.export] }, verdict: ask }]');
      const see = page.getByRole('button', { name: 'See what it would do' });
      await see.click();
      // What is written on meanwhile is taken along; without script what was last sent is.
      const sent = await page.inputValue('#yaml');
      const written = `# Ours.\n${sent}`;
      await page.fill('#yaml', written);
      await page.check('[name=how][value=group]');
      await page.check('[name=may_deputy]');
      await page.fill('#within', '240');
      await see.last().click();
      await problem.getByText('Choose a group.').waitFor();
      expect(await page.evaluate('document.activeElement.className')).toBe('error-summary');
      expect(await page.inputValue('#yaml')).toBe(script ? written : sent);
      await page.selectOption('#group', name);
      await see.last().click();
      const changes = page.locator('[data-testid=effect] .changes');
      expect(await changes.textContent()).toContain(
        `asked of one of ${name} (not of the person or the owner; for 4 hours`,
      );
      expect(await page.isChecked('[name=how][value=group]')).toBe(true);
    },
  );

  test.each([true, false])(
    'A6-5: what a policy blocks says so to the person, in its words, with what would pass, and leads back to the agent, script %s',
    async (script) => {
      await publishPolicies(database, acme, {
        rules: [
          {
            name: 'Short',
            when: { actions: [READ], where: [{ days_above: { from: 'from', to: 'to', value: 3 } }] },
            verdict: 'never',
            say: {
              en: 'Your organization does not allow more than 3 days',
              de: 'Ihre Organisation erlaubt nicht mehr als 3 Tage',
            },
          },
        ],
      });
      const { challenge } = pkce();
      const { body } = await push(agent, {
        code_challenge: challenge,
        state: 'st',
        redirect_uri: client.redirect,
        authorization_details: detailsParameter(readDetails()),
        resource: CALENDAR,
      });
      await using person = await at('person@acme.example', '/inbox', script, PHONE);
      const { page } = person;
      await page.goto(`${server.issuer}${authorizationUrl(agent, body.request_uri)}`);
      const words = await page.textContent('main');
      expect(words).toContain('Your organization does not allow more than 3 days');
      expect(words).toContain('What would pass: at most 3 days.');
      expect(await page.locator('[data-testid=approve], [name=duration]').count()).toBe(0);
      await look(page, 'blocked', script);
      const count = client.arrived.length;
      await page.click('a.primary');
      await page.waitForURL(/callback/);
      expect(client.arrived.slice(count).map(({ searchParams }) => searchParams.get('error'))).toEqual([
        'access_denied',
      ]);
    },
  );
});
