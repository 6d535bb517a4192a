import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { shop } from '../catalogue/shop.ts';
import { operator } from '../support/admin.ts';
import { registerAgent } from '../support/agent.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { startServer, type TestServer } from '../support/server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures go when somebody wants to look at them. */
const PICTURES = process.env.TEST_PICTURES;

describeBrowser('the console at a real browser', () => {
  let server: TestServer;
  let browser: Browser;
  let agent: string;
  let page: Page;

  beforeAll(async () => {
    server = await startServer();
    agent = (await registerAgent(server, { client_name: 'Meeting Helper' })).registration.agent_id;
    browser = await launchBrowser();
    const context = await browser.newContext({ javaScriptEnabled: true, reducedMotion: 'reduce' });
    page = await context.newPage();
    await page.goto(`${server.issuer}/login?return_to=%2Fadmin`);
    await page.fill('[name=email]', 'admin@acme.example');
    await page.fill('[name=password]', server.demo.password);
    await page.click('main button[type=submit]');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const paths = [
    '/admin',
    '/admin/approvals',
    '/admin/agents?q=status%3Aactive&sort=-name',
    '/admin/agents/:agent',
    '/admin/agents/:agent/may-do',
    '/admin/agents/:agent/retire',
    '/admin/agents/new',
    '/admin/reviews',
    '/admin/stop?find=:agent',
  ];

  test.each(paths)(
    '%s: no accessibility violation, light and dark, phone and desk, nothing from elsewhere',
    async (path) => {
      const complaints: string[] = [];
      page.removeAllListeners('console');
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(`${server.issuer}${path.replace(':agent', agent)}`);
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      await page.evaluate(AXE);
      for (const [width, height, colorScheme] of [
        [390, 844, 'light'],
        [320, 640, 'dark'],
        [1280, 900, 'light'],
        [1280, 900, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        if (PICTURES) {
          const name = path.replace(/\W+/g, '-');
          await page.screenshot({ path: `${PICTURES}/console${name}${width}-${colorScheme}.png`, fullPage: true });
        }
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
        if (width === 390 || colorScheme === 'dark') expect(await violations(page)).toEqual([]);
      }
      expect(complaints).toEqual([]);
    },
    60_000,
  );

  test('A8-1 the stop is in reach of the keyboard from every page, and one step from there', async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
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
    const complaints: string[] = [];
    page.removeAllListeners('console');
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.setViewportSize({ width: 1280, height: 900 });
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
    expect(complaints).toEqual([]);
    // A server that does not answer: what is shown is old, and looks like it.
    await page.route('**/preview', (route) => route.abort());
    await type('headline: order {item}', 'headline: buy {item}');
    await page.waitForSelector('[data-stale] .ask');
  });
});

const violations = (page: Page): Promise<unknown> =>
  page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ').slice(0, 300)))`,
  );
