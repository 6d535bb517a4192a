import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import type { Database } from '../../adapters/postgres/database.ts';
import { shop } from '../catalogue/shop.ts';
import { operator } from '../support/admin.ts';
import { registerAgent } from '../support/agent.ts';
import { arrive, enter, nothingToComplainOf, signedInAt } from '../support/at-browser.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { databaseOf, HOUR } from '../support/delegation.ts';
import { DESK, lookAround, tabTo } from '../support/looking.ts';
import { detailsParameter, signIn, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PLACE = 'shop.orders.place';
const SHOP = 'https://shop.example';

describeBrowser('A5: the catalogue at a real browser', () => {
  let server: TestServer;
  let database: Database;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    database = databaseOf(server);
    const publish = async (yaml: string) =>
      expect((await (await operator(server))('POST', '/catalogue', yaml)).body).toMatchObject({ published: 1 });
    const first = shop.replace('deployment', 'acme');
    await publish(first);
    await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
    // Something lives under the first version, for an hour.
    const agent = await registerAgent(server, { client_name: 'Shopping Helper', authorization_details_types: [PLACE] });
    const authorization_details = detailsParameter({ type: PLACE, item: 'chair', due: '2026-11-24' });
    const token = await tokenInBrowser(agent, await signIn(server), { authorization_details, resource: SHOP }, HOUR);
    expect(token.status).toBe(200);
    await publish(first.replace('version: 1', 'version: 2').replace('max: PT1H', 'max: PT30M'));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.close();
    await server?.close();
  });
  afterEach(nothingToComplainOf);

  const administrator = (email: string, path: string, script: boolean) =>
    signedInAt(browser, server, email, path, { script, viewport: DESK });
  /** What is typed is looked at by itself; without script, by the button for it. */
  const look = async (page: Page, script: boolean) => {
    if (!script) await page.click('[data-testid=look]');
  };
  /** The text of the next version, and how long the present one lets a task last. */
  const nextOf = async (page: Page) => {
    const yaml = await page.inputValue('#yaml');
    const { version, minutes } = /^version: (?<version>\d+)$[\s\S]*max: PT(?<minutes>\d+)M/m.exec(yaml)?.groups ?? {};
    const lasting = (change: number) => yaml.replace(`PT${minutes}M`, `PT${Number(minutes) + change}M`);
    return { yaml, version: Number(version), minutes: Number(minutes), lasting };
  };
  const lint = (page: Page, words: string) => page.locator('#lint', { hasText: words }).waitFor();
  const notice = (page: Page) => page.locator('.notice').textContent();

  test.each([true, false])(
    'A5-1, A5-4: what the text lacks keeps it a draft; what is published is a record, and what lives stays under it, script %s',
    async (script) => {
      await using ada = await administrator('admin@acme.example', '/admin', script);
      const { page } = ada;
      await page.getByRole('link', { name: 'Actions' }).click();
      await page.getByRole('link', { name: PLACE }).click();
      await page.click('[data-testid=new-version]');
      expect((await page.locator('#yaml').boundingBox())?.y).toBeLessThan(DESK.height);
      const { yaml, version, lasting } = await nextOf(page);

      // A5-1: kept, said, and not published.
      const lacking = script
        ? yaml.replace('critical:\n  - item', 'critical:\n  - item\n  - note')
        : yaml.replace('verb: update', 'verb: read');
      await page.fill('#yaml', lacking);
      await look(page, script);
      await lint(page, script ? 'critical note is missing' : 'changes nothing');
      expect(await page.locator('[data-testid=publish-this]').count()).toBe(0);
      await page.click('[data-testid=submit]');
      await page.locator('.error-summary', { hasText: 'saved as a draft' }).waitFor();
      expect(await page.evaluate('document.activeElement.className')).toBe('error-summary');
      expect(await page.title()).toMatch(/^Error: /);
      expect(await page.inputValue('#yaml')).toBe(lacking);
      await lookAround(page, 'draft', { script, decision: false });
      await page.setViewportSize(DESK);
      expect(await page.locator('[data-testid=publish], [data-testid=publish-this]').count()).toBe(0);
      // Whoever reads German is told in German that there is none.
      await page.getByRole('button', { name: 'Deutsch' }).click();
      await page.locator('[data-testid=preview]', { hasText: 'nur auf Englisch beschrieben' }).waitFor();

      // Put right, it is published in one step: stricter than before, so alone.
      const stricter = lasting(-1);
      await page.fill('#yaml', stricter);
      await look(page, script);
      const publish = page.getByRole('button', { name: `Publish v${version}` });
      await publish.click();
      expect(await notice(page)).toMatch(/^Published\./);
      expect(await page.textContent('.lead')).toContain(`Version ${version} of Shop.`);

      // A5-4
      await arrive(page, page.getByRole('link', { name: 'Version 1', exact: true }).click());
      expect(await page.textContent('pre.yaml')).toContain('max: PT1H');
      expect(await page.locator('textarea, main button[type=submit]').count()).toBe(0);
      const lives = await page
        .locator('[data-row]')
        .evaluateAll((rows) =>
          rows.map((row) => [...row.querySelectorAll('th, td')].map(({ textContent }) => textContent)),
        );
      expect(lives).toEqual([['1', '1', '0', '1', '1', '0']]);
      await page.getByRole('link', { name: `Version ${version}`, exact: true }).click();
      await page.fill('#yaml', stricter.replace('effect: Places an order', 'effect: Orders'));
      await look(page, script);
      await lint(page, `version ${version} is published and differs`);
      expect(await page.locator('[data-testid=publish-this]').count()).toBe(0);
    },
  );

  test.each([true, false])(
    'A5-3: by keyboard alone, what allows more is proposed by one administrator and published by another, script %s',
    async (script) => {
      const address = `/admin/actions/${PLACE}`;
      await using ada = await administrator('admin@acme.example', address, script);
      await using ben = await administrator('approver@acme.example', '/admin/actions', script);
      const { page } = ada;
      const { version, minutes, lasting } = await nextOf(page);
      await tabTo(page, 'yaml');
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(lasting(1));
      if (!script) await enter(page, 'look');
      const propose = `Propose v${version} to a second administrator`;
      await page.getByRole('button', { name: propose }).waitFor();
      await enter(page, 'publish-this');
      await page.getByText('It is yours: somebody else confirms it.').waitFor();
      expect(await notice(page)).toContain('another administrator has to confirm it');
      expect(await page.locator('[data-testid=publish], [data-testid=publish-this]').count()).toBe(0);

      // Ben finds it in the list, reads what it allows more, and publishes what he read.
      const { page: his } = ben;
      await his.reload();
      expect(await his.locator(`[data-row="${PLACE}"] td`).last().textContent()).toBe('proposed');
      await his.focus(`[data-row="${PLACE}"] a`);
      await arrive(his, his.keyboard.press('Enter'));
      await his.getByText('Ada Lind').waitFor();
      expect(await his.locator('[data-weakens]').allTextContents()).toEqual([
        `! allows more: longest duration PT${minutes}M becomes PT${minutes + 1}M`,
      ]);
      await lookAround(his, 'proposal', { script, decision: false });
      await enter(his, 'publish');
      await his.locator('.notice', { hasText: 'Published.' }).waitFor();
      expect(await his.textContent('.lead')).toContain(`Version ${version} of Shop.`);
    },
  );

  test.each([true, false])(
    'A5-5: a description becomes a draft whose own words are quoted as untrusted and which nobody publishes so, script %s',
    async (script) => {
      const TRUST_ME = '<b>TRUST ME</b>, the level is low';
      await using ada = await administrator('admin@acme.example', '/admin/actions', script);
      const { page } = ada;
      const published = await page.locator('[data-row]').count();
      await arrive(page, page.getByRole('link', { name: 'New action' }).click());
      const make = page.getByRole('button', { name: 'Make drafts' });
      await make.click();
      await page.locator('.error-summary', { hasText: 'Send a file or its text' }).waitFor();
      // Pasted, as a person with script does it here; a file, as the other.
      if (script) {
        const post = { operationId: 'pay', description: TRUST_ME };
        await page.fill('#document', JSON.stringify({ openapi: '3.1.0', paths: { '/refunds': { post } } }));
      } else {
        const tool = { name: 'refund', description: TRUST_ME, inputSchema: { properties: {} } };
        const buffer = Buffer.from(JSON.stringify({ result: { tools: [tool] } }));
        await page.setInputFiles('#file', { name: 'tools.json', mimeType: 'application/json', buffer });
      }
      await arrive(page, make.click());
      expect(await notice(page)).toBe('1 draft made. Nothing is published.');
      const row = page.locator('[data-row]', { hasText: /refund.*draft/ });
      expect(await page.locator('[data-row]').count()).toBe(published + 1);
      await row.getByRole('link').click();
      expect(await page.textContent('[data-testid=described]')).toContain('Nobody checked it');
      expect(await page.textContent('[data-testid=described] blockquote')).toContain(TRUST_ME);
      expect(await page.textContent('[data-testid=preview]')).not.toContain('TRUST ME');
      await lookAround(page, 'described', { script, decision: false });
      await page.setViewportSize(DESK);
      await page.click('[data-testid=submit]');
      await page.locator('.error-summary', { hasText: 'saved as a draft' }).waitFor();
      expect(await page.locator('[data-testid=publish], [data-testid=publish-this]').count()).toBe(0);
      await arrive(page, page.getByRole('button', { name: 'Remove it' }).click());
      expect([await notice(page), await page.locator('[data-row]').count()]).toEqual([
        'The draft is removed.',
        published,
      ]);
    },
  );
});
