import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, CDPSession, Page, Worker } from 'playwright-core';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, poll } from '../protocol/support.ts';
import { type Json, registerAgent } from '../support/agent.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { databaseOf } from '../support/delegation.ts';
import { browserOf, signIn } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Where pictures go when somebody wants to look at them. */
const PICTURES = process.env.TEST_PICTURES;

describeBrowser('what reaches a person', () => {
  let server: TestServer;
  let database: Database;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    server = await startServer();
    database = databaseOf(server);
    browser = await launchBrowser('whole');
    context = await signedIn();
    page = await context.newPage();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.close();
    await server?.close();
  });

  /** A browser of its own in which the person is signed in. */
  async function signedIn(options: object = {}): Promise<BrowserContext> {
    const made = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
    await made.grantPermissions(['notifications'], { origin: server.issuer });
    const first = await made.newPage();
    await first.goto(`${server.issuer}/login`);
    await first.fill('[name=email]', 'person@acme.example');
    await first.fill('[name=password]', server.demo.password);
    await first.press('[name=password]', 'Enter');
    await first.waitForURL((url) => !url.pathname.startsWith('/login'));
    await first.close();
    return made;
  }

  async function asked(
    more: Json = {},
  ): Promise<{ id: string; body: Json; client: Awaited<ReturnType<typeof registerAgent>> }> {
    const client = await registerAgent(server, { client_name: 'Finance Agent', ...more });
    const { body } = await ask(client);
    const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [
      client.clientId,
    ]);
    return { id: row?.id ?? '', body, client };
  }
  const statusOf = async (id: string) =>
    (await database.first<{ status: string }>('select status from approvals where id = $1', [id]))?.status;

  /** Registers the worker as the page's script does, and hands it a push as the browser would: each may be lost. */
  async function worker(): Promise<{ cdp: CDPSession; scope: Worker; deliver(payload: object): Promise<void> }> {
    await page.goto(`${server.issuer}/settings/notifications`);
    const started = context.serviceWorkers()[0] ?? context.waitForEvent('serviceworker');
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/sw.js');
      await navigator.serviceWorker.ready;
    });
    const cdp = await context.newCDPSession(page);
    const registrations: string[] = [];
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: all }) => {
      const ours = all.filter(({ scopeURL, isDeleted }) => !isDeleted && scopeURL.startsWith(server.issuer));
      registrations.push(...ours.map(({ registrationId }) => registrationId));
    });
    await cdp.send('ServiceWorker.enable');
    const scope = await started;
    while (registrations.length === 0) await page.waitForTimeout(20);
    return {
      cdp,
      scope,
      deliver: (payload) =>
        cdp.send('ServiceWorker.deliverPushMessage', {
          origin: server.issuer,
          registrationId: registrations.at(-1) ?? '',
          data: JSON.stringify(payload),
        }) as Promise<never>,
    };
  }
  const shown = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data }));
    });
  const until = async (holds: () => Promise<boolean>) => {
    for (const end = Date.now() + 20_000; !(await holds()); await page.waitForTimeout(50)) {
      if (Date.now() > end) throw new Error('it did not come about');
    }
  };

  test('a push message becomes a notification, one for each request, and U3-9 a click goes to the tab that shows it', async () => {
    const { id } = await asked();
    const navigate = `${server.issuer}/r/${id}`;
    const { scope, deliver } = await worker();
    const payload = (body: string) => ({
      web_push: 8030,
      notification: { title: 'Finance Agent is waiting for you', body, navigate, tag: id },
      id,
    });
    await until(async () => {
      await deliver(payload('first'));
      return (await shown()).length === 1;
    });
    await deliver(payload('Medium-impact task'));
    await until(async () => (await shown())[0]?.body === 'Medium-impact task');
    expect(await shown()).toEqual([
      { title: 'Finance Agent is waiting for you', body: 'Medium-impact task', tag: id, data: { navigate } },
    ]);

    // The browser gives a synthetic click no right to focus or to open: what the worker asks for is looked at.
    const clicked = (url: string) =>
      scope.evaluate(async (to) => {
        const asks: string[] = [];
        const self = globalThis as never as {
          WindowClient: { prototype: { focus(): Promise<void>; url: string } };
          clients: { openWindow(url: string): Promise<void> };
          registration: {
            showNotification(title: string, options: object): Promise<void>;
            getNotifications(): Promise<object[]>;
          };
          dispatchEvent(event: object): void;
          NotificationEvent: new (type: string, init: object) => { waitUntil(work: Promise<void>): void };
        };
        self.WindowClient.prototype.focus = function focus() {
          asks.push(`focus ${new URL(this.url).pathname}`);
          return Promise.resolve();
        };
        self.clients.openWindow = (url) => {
          asks.push(`open ${url}`);
          return Promise.resolve();
        };
        await self.registration.showNotification('Click', { tag: 'click', data: { navigate: to } });
        const notifications = (await self.registration.getNotifications()) as { tag: string }[];
        const notification = notifications.find(({ tag }) => tag === 'click');
        self.dispatchEvent(new self.NotificationEvent('notificationclick', { notification }));
        await new Promise((resolve) => setTimeout(resolve, 300));
        return asks;
      }, url);
    expect(await clicked(navigate)).toEqual([`open ${navigate}`]);
    const review = await context.newPage();
    await review.goto(navigate);
    expect(await clicked(navigate)).toEqual([`focus /r/${id}`]);
    await review.close();
    expect(await clicked('https://evil.example/r/x')).toEqual([]);
    expect(await statusOf(id)).toBe('pending');
  });

  test('a push that is none of ours still shows something, and leads to the inbox', async () => {
    const { deliver } = await worker();
    await until(async () => {
      await deliver({ nothing: true });
      return (await shown()).some(({ tag }) => tag === 'countersign');
    });
  });

  test('U7-4: permission is asked for by the button alone, never on load', async () => {
    const fresh = await browser.newContext({ viewport: { width: 390, height: 844 } });
    await fresh.addCookies(await context.cookies());
    const other = await fresh.newPage();
    await other.addInitScript(() => {
      (globalThis as never as { asked: number }).asked = 0;
      Notification.requestPermission = async () => {
        (globalThis as never as { asked: number }).asked += 1;
        return 'denied';
      };
    });
    const asked = () => other.evaluate(() => (globalThis as never as { asked: number }).asked);
    await other.goto(`${server.issuer}/inbox`);
    await other.goto(`${server.issuer}/settings/notifications`);
    await other.waitForSelector('[data-testid=enable-push]:visible');
    expect(await asked()).toBe(0);
    await other.click('[data-testid=enable-push]');
    await other.locator('[data-note]', { hasText: /\S/ }).waitFor();
    expect(await asked()).toBe(1);
    expect(await other.textContent('[data-note]')).toContain('does not allow it');
    await fresh.close();
  });

  test('U11-3: a browser whose notification service never answers says so after ten seconds, and can be asked again', async () => {
    const other = await context.newPage();
    await other.clock.install();
    await other.addInitScript(() => {
      PushManager.prototype.subscribe = () => {
        document.documentElement.setAttribute('data-asked', '');
        return new Promise(() => {}); // as Chromium does without its vendor's service
      };
    });
    await other.goto(`${server.issuer}/settings/notifications`);
    await other.click('[data-testid=enable-push]');
    const form = other.locator('#add-device');
    await other.locator('html[data-asked]').waitFor({ state: 'attached' });
    const note = other.locator('[data-note]');
    await other.clock.runFor(5_000);
    expect([await note.textContent(), await form.getAttribute('aria-busy')]).toEqual(['', 'true']);
    await other.clock.runFor(6_000);
    await other.locator('[data-note]:not(:empty)').waitFor({ state: 'attached' });
    expect(await note.textContent()).toBe(await form.getAttribute('data-no-answer'));
    expect([await form.getAttribute('aria-busy'), await other.isVisible('[data-testid=enable-push]')]).toEqual([
      null,
      true,
    ]);
    await other.close();
  });

  test('U11-4: on an iPhone in a tab the page says how to get it to the home screen, and has no dead button', async () => {
    const phone = await browser.newContext({
      viewport: { width: 390, height: 844 },
      userAgent:
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
    });
    await phone.addCookies(await context.cookies());
    const other = await phone.newPage();
    // Safari has it only for what was opened from the home screen.
    await other.addInitScript(() => {
      delete (globalThis as { PushManager?: unknown }).PushManager;
    });
    await other.goto(`${server.issuer}/settings/notifications`);
    await other.locator('[data-note]', { hasText: /\S/ }).waitFor();
    expect(await other.textContent('[data-note]')).toContain('Add to Home Screen');
    expect(await other.isVisible('[data-testid=enable-push]')).toBe(false);
    await phone.close();
  });

  test('U7-1 U7-2: the inbox fills and empties by itself, worst first', async () => {
    await page.goto(`${server.issuer}/inbox`);
    const before = await page.locator('.waiting-link').count();
    const one = await asked({ agent_mode: 'unattended' });
    await page.locator(`a[href="/r/${one.id}"]`).waitFor();
    const decided = await signIn(server);
    await decided.submit(await decided.get(`/r/${one.id}`), { decision: 'deny' });
    await page.locator(`a[href="/r/${one.id}"]`).waitFor({ state: 'detached', timeout: 5000 });
    expect(await page.locator('.waiting-link').count()).toBe(before);
  });

  test('U3-7: decided on another device, the page that is open says so by itself', async () => {
    const { id } = await asked();
    await page.goto(`${server.issuer}/r/${id}`);
    await page.waitForSelector('[data-testid=approve]');
    const phone = await signIn(server);
    await phone.submit(await phone.get(`/r/${id}`), { decision: 'deny' });
    await page.waitForSelector('h1:has-text("Decided on another device at")');
    expect((await phone.get(`/r/${id}`)).html).toContain('Already decided by you at');
  });

  test('U3-3: a mail scanner, a link preview, a prefetch, a frame and a bot that submits every form decide nothing', async () => {
    const { id, body, client } = await asked();
    const url = `${server.issuer}/r/${id}`;
    // Without a session: whatever opens the link of a mail.
    const scanner = browserOf(server.issuer);
    for (const method of ['HEAD', 'GET', 'OPTIONS', 'POST']) {
      const answer = await fetch(url, {
        method,
        redirect: 'manual',
        headers: { 'user-agent': 'Scanner', purpose: 'prefetch' },
      });
      expect(answer.status === 200 && method === 'GET').toBe(false);
    }
    const login = await scanner.get(`/r/${id}`);
    expect(login.html).not.toMatch(/data-fact|Finance Agent/);
    for (const decision of ['approve', 'deny']) await scanner.submit(login, { decision, email: 'x', password: 'y' });
    expect(await statusOf(id)).toBe('pending');

    // With the person's session, as a preview in their own browser would have it: every form of the page, without the number.
    const bot = await signIn(server);
    const shownPage = await bot.get(`/r/${id}`);
    const answer = await bot.submit(shownPage, { decision: 'approve', read: '1', duration: 'once' });
    expect([answer.status, await statusOf(id)]).toEqual([400, 'pending']);

    // In a frame of another site nothing is shown; a link that is only hovered or prefetched sends no form.
    await page.goto(`${server.issuer}/inbox`);
    const framed = await page.evaluate(async (src) => {
      const frame = document.createElement('iframe');
      frame.src = src;
      document.body.append(frame);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      try {
        return Boolean(frame.contentDocument?.querySelector('[data-testid=approve]'));
      } catch {
        return false;
      }
    }, url);
    expect(framed).toBe(false);
    const other = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'approve' }),
      headers: { origin: 'https://evil.example' },
      redirect: 'manual',
    });
    expect(other.status).not.toBe(200);
    expect([await statusOf(id), (await poll(client, body.auth_req_id)).body.error]).toEqual([
      'pending',
      'authorization_pending',
    ]);
  });

  test('U3-6: expired, the page says so, and the agent is told expired_token', async () => {
    const { id, body, client } = await asked();
    await database.run(`update approvals set expires_at = now() - interval '1 second' where id = $1`, [id]);
    const answer = await page.goto(`${server.issuer}/r/${id}`);
    expect([answer?.status(), await page.textContent('h1')]).toEqual([410, expect.stringMatching(/expired/)]);
    expect((await poll(client, body.auth_req_id)).body.error).toBe('expired_token');
  });

  test('the pages look like ours, at 320 pixels too', async () => {
    const { id } = await asked();
    for (const [name, path] of [
      ['notifications', '/settings/notifications'],
      ['inbox', '/inbox'],
      ['review', `/r/${id}`],
    ] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [320, 390, 1280]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 844 });
          await page.goto(`${server.issuer}${path}`);
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
          if (PICTURES)
            await page.screenshot({ path: `${PICTURES}/${name}-${colorScheme}-${width}.png`, fullPage: true });
        }
      }
    }
  });
});
