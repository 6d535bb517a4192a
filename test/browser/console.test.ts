import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { shop } from '../catalogue/shop.ts';
import { operator } from '../support/admin.ts';
import { claimsOf, readDetails, registerAgent } from '../support/agent.ts';
import { nothingToComplainOf, signedInAt } from '../support/at-browser.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { leafToken } from '../support/delegation.ts';
import { DESK, lookAround } from '../support/looking.ts';
import { signIn } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Where pictures go when somebody wants to look at them. */
const PICTURES = process.env.TEST_PICTURES;

describeBrowser('the console at a real browser', () => {
  let server: TestServer;
  let browser: Browser;
  let agent: string;
  let task: string;
  let page: Page;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    const helper = await registerAgent(server, { client_name: 'Meeting Helper' });
    agent = helper.registration.agent_id;
    const token = await leafToken(helper, await signIn(server), [readDetails()]);
    task = String(claimsOf(token).task_id);
    ({ page } = await signedInAt(browser, server, 'admin@acme.example', '/admin', { viewport: DESK }));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  afterEach(nothingToComplainOf);

  const paths = [
    '/admin',
    '/admin/approvals',
    '/admin/agents?q=status%3Aactive&sort=-name',
    '/admin/agents/:agent',
    '/admin/agents/:agent/may-do',
    '/admin/agents/:agent/retire',
    '/admin/agents/new',
    '/admin/reviews',
    '/admin/people',
    '/admin/people/owner@acme.example',
    '/admin/audit?q=decision%3Aallowed',
    '/admin/audit/chain/:task',
    '/admin/stop?find=:agent',
  ];

  test.each(paths)(
    '%s: no accessibility violation, light and dark, phone and desk, nothing from elsewhere',
    async (path) => {
      await page.goto(`${server.issuer}${path.replace(':agent', agent).replace(':task', task)}`);
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      if (PICTURES)
        await page.screenshot({ path: `${PICTURES}/console${path.replace(/\W+/g, '-')}.png`, fullPage: true });
      await lookAround(page, path, { script: true, decision: false });
    },
    60_000,
  );

  test('ux.md §9 (4): somebody new is added, and their link stands on the screen as a code for a phone', async () => {
    await page.setViewportSize(DESK);
    await page.goto(`${server.issuer}/admin/people`);
    await page.fill('#name', 'Lena Sommer');
    await page.fill('#email', 'lena@acme.example');
    await page.getByLabel('Approver').check();
    await page.click('[data-testid=submit]');
    await page.getByRole('heading', { name: 'The link for lena@acme.example' }).waitFor();
    const code = page.getByRole('img', { name: 'QR code of the link for lena@acme.example' });
    expect((await code.boundingBox())?.width).toBeGreaterThan(200);
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/console-person-link.png`, fullPage: true });
    await lookAround(page, 'link', { script: true, decision: false });
    const link = (await page.textContent('[data-testid=link]')) ?? '';
    await page.goto(link.trim());
    await page.getByText('Lena Sommer').waitFor();
  });

  test.each([true, false])(
    'A7-1 A7-2 from the list to the story, its seven parts, and the very page that was shown: script %s',
    async (script) => {
      await using at = await signedInAt(browser, server, 'admin@acme.example', '/admin', { viewport: DESK, script });
      await at.page.click('nav >> text=Evidence');
      await at.page.fill('[name=q]', 'agent:"Meeting Helper" type:task.approved');
      await at.page.keyboard.press('Enter');
      await at.page.click('.rows >> text=Story');
      await at.page.waitForURL(`**/admin/audit/chain/${task}`);
      expect(await at.page.locator('[data-testid=story] h3').allTextContents()).toEqual(
        ['Asked', 'Agent', 'Shown', 'Decided', 'Issued', 'Used', 'Outcome'], // the order of the page
      );
      const hashes = await at.page.textContent('.admin-facts');
      // Opened, its scripts are held back, which a browser would say aloud.
      const link = await at.page.getByText('See the screen as shown').getAttribute('href');
      const shown = await at.context.request.get(`${server.issuer}${link}`);
      expect(hashes).toContain(
        createHash('sha256')
          .update(await shown.body())
          .digest('hex'),
      );
      expect(await shown.text()).toContain('read your calendar');
    },
  );

  test('A8-1 the stop is in reach of the keyboard from every page, and one step from there', async () => {
    await page.setViewportSize(DESK);
    await page.goto(`${server.issuer}/admin/agents`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.focus('[data-testid=stop]');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/admin\/stop/);
    await page.goto(`${server.issuer}/admin/stop?find=${agent}`);
    await page.click('[data-testid=submit]');
    await page.waitForURL(/\/admin\/stops\//);
    expect(await page.textContent('[role=status]')).toContain('nothing new is issued');
  });

  test('A5-2 the preview follows what is typed, says what it lacks, and runs nothing of it', async () => {
    const published = await (await operator(server))('POST', '/catalogue', shop.replace('deployment', 'acme'));
    expect(published.body).toMatchObject({ published: 1 });
    await page.setViewportSize(DESK);
    await page.goto(`${server.issuer}/admin/actions/shop.orders.place`);
    const yaml = await page.inputValue('#yaml');
    const asked = page.locator('#preview .ask');
    const type = (from: string, to: string) =>
      page.fill(
        '#yaml',
        yaml.replace(from, () => to),
      );
    await type(
      'headline: order {item}',
      'headline: "<img src=/static/x onerror=alert(1)> order {item} <script>alert(1)</script>"',
    );
    await asked.getByText('<img src=/static/x onerror=alert(1)> order chair <script>alert(1)</script>').waitFor();
    await type('headline: order {item}', 'headline: buy {thing}');
    await asked.getByText('buy').waitFor();
    await page
      .locator('#preview-news')
      .getByText(/keeps? it from being published/)
      .waitFor({ state: 'attached' });
    // A line half typed cannot be read: what could be read last stays, and looks like it.
    await type('verb: update', 'verb: [');
    await page.waitForSelector('[data-stale] .ask');
    await page.fill('#yaml', yaml);
    await page.locator('#lint').getByText('Nothing keeps it').waitFor();
    await page.focus('#preview [value="1.de"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#preview [lang=de] .ask');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Deutsch');
    expect([page.url(), await page.inputValue('#yaml')]).toEqual([
      `${server.issuer}/admin/actions/shop.orders.place`,
      yaml,
    ]);
    // A server that does not answer: what is shown is old, and looks like it.
    await page.route('**/preview', (route) => route.abort());
    await type('headline: order {item}', 'headline: buy {item}');
    await page.waitForSelector('[data-stale] .ask');
  });
});
