import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import {
  CALENDAR,
  CIBA,
  claimsOf,
  inviteDetails,
  type Json,
  pkce,
  push,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { askFreely } from '../support/ceremony.ts';
import { authorizationUrl, detailsParameter } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures go when somebody wants to look at them. */
const PICTURES = process.env.TEST_PICTURES;

describeBrowser('a person at a real browser', () => {
  let server: TestServer;
  let agent: TestClient;
  let browser: Browser;
  let client: Server;
  let redirect: string;
  const arrived: URL[] = [];

  beforeAll(async () => {
    server = await startServer();
    client = createServer((request, response) => {
      if (request.url?.startsWith('/callback')) arrived.push(new URL(request.url, redirect));
      response.end('<!doctype html><title>Agent</title><h1>Back at the agent</h1>');
    });
    await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
    redirect = `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback`;
    agent = await registerAgent(server);
    // These tests deny and ask again; how often that may be is tested elsewhere.
    const database = new pg.Client({ connectionString: server.databaseUrl });
    await database.connect();
    await askFreely(database, agent.registration.organization);
    await database.end();
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    client?.close();
    client?.closeAllConnections();
    await server?.close();
  });

  const look = async (page: Page, name: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` });
  };

  async function atBrowser(
    options: { javaScriptEnabled?: boolean; width?: number; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({
      javaScriptEnabled: options.javaScriptEnabled ?? true,
      viewport: { width: options.width ?? 390, height: 844 },
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: 'reduce', // a colour half-way through its transition has a contrast of its own
    });
    return { context, page: await context.newPage() };
  }

  async function signInAt(page: Page, email = 'person@acme.example') {
    await page.fill('[name=email]', email);
    await page.fill('[name=password]', server.demo.password);
    await page.click('button[type=submit]:not([disabled])');
  }

  async function ask(form: Json): Promise<{ url: string; verifier: string }> {
    const { verifier, challenge } = pkce();
    const pushed = await push(agent, { code_challenge: challenge, state: 'st-1', redirect_uri: redirect, ...form });
    expect(pushed.status).toBe(201);
    return { url: `${server.issuer}${authorizationUrl(agent, pushed.body.request_uri)}`, verifier };
  }

  const approve = async (page: Page) => {
    await page.mouse.move(20, 20);
    await page.waitForTimeout(800);
    await page.mouse.move(40, 60);
    await page.click('[data-testid=approve]');
  };

  /** Another week each time: what an earlier approval covers would need no page. */
  let weeks = 0;
  const read = (end = 4) => {
    weeks += 1;
    const day = (offset: number) => new Date(Date.UTC(2027, 0, 4 + weeks * 7 + offset)).toISOString().slice(0, 10);
    const details = readDetails({ from: day(0), to: day(end), purpose: 'Find a free hour for the Q1 review.' });
    return { authorization_details: detailsParameter(details), resource: CALENDAR };
  };

  test.each([
    { script: true, decision: 'approve' },
    { script: true, decision: 'deny' },
    { script: false, decision: 'approve' },
    { script: false, decision: 'deny' },
  ])('U2-11 $decision reaches the client with form-action self, script $script', async ({ script, decision }) => {
    const { context, page } = await atBrowser({ javaScriptEnabled: script });
    const { url, verifier } = await ask(read());
    await page.goto(url);
    await look(page, `sign-in-${script}`);
    expect(await page.content()).not.toContain('data-fact'); // U1-1: nothing about the request before sign-in
    await signInAt(page);
    await page.waitForSelector('[data-testid=approve]');
    await look(page, `decision-${script}`);
    const count = arrived.length;
    if (!script && decision === 'approve') await page.check('[name=read]');
    if (decision === 'approve' && script) await approve(page);
    else await page.click(`[data-testid=${decision}]`);
    await page.waitForURL(/callback/);
    expect(arrived.length).toBe(count + 1);
    const back = Object.fromEntries(arrived.at(-1)?.searchParams ?? []);
    expect(back).toMatchObject({ state: 'st-1', iss: server.issuer });
    if (decision === 'deny') {
      expect(back).toMatchObject({ error: 'access_denied' });
    } else {
      const answer = await agent.token({ grant_type: 'authorization_code', code: back.code, code_verifier: verifier });
      expect(answer.status).toBe(200);
      // U2-12: what was shown is what was granted.
      expect(claimsOf(answer.body.access_token).authorization_details).toEqual([
        expect.objectContaining({ type: READ, max_uses: 1 }),
      ]);
    }
    await context.close();
  });

  test('U2-1, U2-3, U2-4, U2-5, U2-10: six facts and two equal buttons inside the first screen, once preselected, nothing from elsewhere', async () => {
    const { context, page } = await atBrowser();
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(server.issuer)) elsewhere.push(request.url());
    });
    const { url } = await ask(read());
    await page.goto(url);
    await signInAt(page);
    await page.waitForSelector('[data-testid=approve]');
    const facts = await page.$$eval('dd[data-fact]', (all) =>
      all.map((fact) => [fact.getAttribute('data-fact'), fact.textContent?.trim()]),
    );
    expect(facts.map(([name]) => name)).toEqual(['what', 'system', 'data', 'changes', 'impact', 'duration']);
    for (const [, text] of facts) expect(text).not.toBe('');
    const boxes = await Promise.all(
      ['[data-testid=deny]', '[data-testid=approve]'].map(async (selector) => page.locator(selector).boundingBox()),
    );
    for (const box of boxes) expect((box?.y ?? 999) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
    expect(Math.abs((boxes[0]?.width ?? 0) - (boxes[1]?.width ?? 99))).toBeLessThanOrEqual(1);
    expect(await page.isChecked('[name=duration][value=once]')).toBe(true);
    expect(await page.locator('h1').count()).toBe(1);
    expect(elsewhere).toEqual([]);
    const response = await page.reload();
    expect(response?.headers()).toMatchObject({
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    await context.close();
  });

  test.each([
    { width: 390, colorScheme: 'light' as const },
    { width: 320, colorScheme: 'dark' as const },
  ])(
    'U2-13 no accessibility violation at $width px, $colorScheme, on every page of the story',
    async ({ width, colorScheme }) => {
      const { context, page } = await atBrowser({ width, colorScheme });
      const check = async (name: string) => {
        await look(page, `${name}-${width}-${colorScheme}`);
        await page.evaluate(AXE);
        const { violations } = (await page.evaluate('axe.run()')) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        expect([name, violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)]).toEqual([name, []]);
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect([name, overflow]).toEqual([name, 0]);
      };
      const { url } = await ask({ authorization_details: detailsParameter(inviteDetails()), resource: CALENDAR });
      await page.goto(server.issuer);
      await check('home');
      await page.goto(url);
      await check('sign-in');
      await signInAt(page);
      await check('decision');
      const asked = await agent.post('/backchannel', {
        scope: 'openid',
        login_hint: 'person@acme.example',
        authorization_details: detailsParameter(inviteDetails({ title: `Plan ${width}` })),
        resource: CALENDAR,
        binding_message: 'K7-QX',
      });
      expect(asked.status).toBe(200);
      await page.goto(`${server.issuer}/inbox`);
      await check('inbox');
      await page.click('a[href^="/r/"]');
      await check('review');
      await page.fill('[name=number]', asked.body.display_code);
      await approve(page);
      await page.waitForSelector('text=Allowed');
      await check('receipt');
      await page.goto(`${server.issuer}/agents`);
      await check('agents');
      await page.goto(`${server.issuer}/r/apr_00`);
      await check('nothing');
      await context.close();
    },
  );

  test('U2-9 a click before the page is armed sends nothing; a double click decides once', async () => {
    const { context, page } = await atBrowser();
    const { url } = await ask(read());
    await page.goto(url);
    await signInAt(page);
    await page.waitForSelector('[data-testid=approve]');
    await page.reload();
    // A scripted click, as a page on top of ours would make it.
    await page.evaluate("document.querySelector('[data-testid=approve]').click()");
    await page.waitForTimeout(200);
    expect(page.url()).toContain('/interaction/');
    const count = arrived.length;
    await page.waitForTimeout(800);
    await page.mouse.move(60, 80);
    await page.dblclick('[data-testid=approve]').catch(() => {});
    await page.waitForURL(/callback/);
    expect(arrived.length).toBe(count + 1);
    await context.close();
  });

  test('U3-4, U3-7: a wrong number twice denies; a decision in one tab is seen in the other', async () => {
    const { context, page } = await atBrowser();
    const begin = async (title: string) => {
      const asked = await agent.post('/backchannel', {
        scope: 'openid',
        login_hint: 'person@acme.example',
        authorization_details: detailsParameter(inviteDetails({ title })),
        resource: CALENDAR,
      });
      await page.goto(`${server.issuer}/inbox`);
      if (await page.locator('[name=email]').count()) await signInAt(page);
      await page.click(`a[href^="/r/"]`);
      return asked.body;
    };
    const first = await begin('Wrong number');
    const wrong = first.display_code === '10' ? '11' : '10';
    for (const expected of ['That is not the number', 'Denied']) {
      await page.fill('[name=number]', wrong);
      await approve(page);
      await page.waitForSelector(`text=${expected}`);
    }
    expect(await agent.token({ grant_type: CIBA, auth_req_id: first.auth_req_id })).toMatchObject({
      status: 400,
      body: { error: 'access_denied' },
    });

    const second = await begin('Two tabs');
    const other = await context.newPage();
    await other.goto(page.url());
    await page.click('[data-testid=deny]');
    await page.waitForSelector('text=Denied');
    await look(page, 'denied');
    await other.waitForSelector('h1:has-text("Already decided by you at")'); // it hears of it by itself
    await other.goto(other.url());
    expect(await other.locator('[data-testid=approve]').count()).toBe(0);
    expect(await agent.token({ grant_type: CIBA, auth_req_id: second.auth_req_id })).toMatchObject({
      body: { error: 'access_denied' },
    });
    await context.close();
  });

  test('U9-2, U6-2: stopping a task is one click, and the token is inactive at once', async () => {
    const { context, page } = await atBrowser();
    const { url, verifier } = await ask(read());
    await page.goto(url);
    await signInAt(page);
    await page.check('[name=duration][value=PT1H]');
    await approve(page);
    await page.waitForURL(/callback/);
    const code = arrived.at(-1)?.searchParams.get('code') ?? '';
    const answer = await agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
    expect(answer.status).toBe(200);
    const seen = async () =>
      (await agent.post('/token/introspection', { token: answer.body.access_token }, { dpop: false })).body.active;
    expect(await seen()).toBe(true);
    await page.goto(`${server.issuer}/agents`);
    await page.click(`form[action="/tasks/${answer.body.task_id}/stop"] button`);
    await page.waitForURL(/\/agents$/);
    expect(await seen()).toBe(false);
    await context.close();
  });
});
