import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

import { ask as asks, poll } from '../protocol/support.ts';
import { type Api, administrator } from '../support/admin.ts';
import { claimsOf, type Json, pkce, push, type TestClient } from '../support/agent.ts';
import { type Callback, startCallback, statusAt } from '../support/at-browser.ts';
import { addVirtualAuthenticator, describeBrowser, launchBrowser } from '../support/browser.ts';
import { askFreely, deleteDetails, financeAgent, PAYMENTS, refundDetails } from '../support/ceremony.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { authorizationUrl, detailsParameter, signIn } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { addProvider, connect } from '../support/sign-in-provider.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where pictures go when somebody wants to look at them. */
const PICTURES = process.env.TEST_PICTURES;

/** What Chromium itself makes of our pages and options, with an authenticator that it simulates (WebAuthn Level 3 §11). */
describeBrowser('a passkey in a real browser', () => {
  let server: TestServer;
  let idp: IdentityProvider;
  let agent: TestClient;
  let database: pg.Client;
  let browser: Browser;
  let client: Callback;
  let redirect: string;
  let arrived: URL[];

  beforeAll(async () => {
    idp = await startIdentityProvider();
    server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
    client = await startCallback();
    ({ redirect, arrived } = client);
    agent = await financeAgent(server);
    database = new pg.Client({ connectionString: server.databaseUrl });
    await database.connect();
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.end();
    client?.close();
    await server?.close();
    await idp?.close();
  });

  interface AtBrowser {
    context: BrowserContext;
    page: Page;
    cdp: CDPSession;
    authenticatorId: string;
  }

  async function atBrowser(email: string): Promise<AtBrowser> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const device = await addVirtualAuthenticator(page);
    await page.goto(`${server.issuer}/login`);
    await page.fill('[name=email]', email);
    await page.fill('[name=password]', server.demo.password);
    await page.press('[name=password]', 'Enter');
    await page.waitForURL(/inbox/);
    return { context, page, ...device };
  }

  const look = async (page: Page, name: string) => {
    if (!PICTURES) return;
    await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${PICTURES}/${name}-dark-wide.png`, fullPage: true });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
  };
  /** U2-13 for the pages of the ceremony. */
  const check = async (page: Page, name: string) => {
    await look(page, name);
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    expect([name, violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)]).toEqual([name, []]);
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect([name, wide]).toEqual([name, 0]);
  };
  const addPasskey = async (page: Page, name: string) => {
    await page.goto(`${server.issuer}/settings/security`);
    await page.fill('form[action$="/passkeys"] [name=name]', name);
    await page.click('[data-testid=add-passkey]');
    await page.waitForSelector('text=The passkey was added');
  };
  async function ask(details: Json): Promise<{ url: string; verifier: string }> {
    const { verifier, challenge } = pkce();
    const form = { code_challenge: challenge, state: 'st', redirect_uri: redirect };
    const pushed = await push(agent, { ...form, authorization_details: detailsParameter(details) });
    expect(pushed.status).toBe(201);
    return { url: `${server.issuer}${authorizationUrl(agent, pushed.body.request_uri)}`, verifier };
  }
  const approve = async (page: Page, value: string, button = 'approve') => {
    await page.fill('[name=critical_value]', value);
    await page.mouse.move(20, 20);
    await page.locator('[data-testid=approve][aria-disabled=false]').waitFor();
    await page.click(`[data-testid=${button}]`);
  };

  test('U4-1 to U4-4, U4-6, U11-2: one is added, signs exactly what is shown, once, approves a refund by keyboard, and is removed', async () => {
    const { context, page, cdp, authenticatorId } = await atBrowser('person@acme.example');
    await check(page, 'inbox');
    await page.goto(`${server.issuer}/settings/security`);
    await check(page, 'security-none');
    await addPasskey(page, 'Laptop');
    await check(page, 'security-one');
    expect(await page.textContent('[data-passkey-id]')).toMatch(/Laptop.*May approve high impact\./s);
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toMatchObject([{ rpId: 'localhost', isResidentCredential: true }]);

    const { url, verifier } = await ask(refundDetails());
    await page.goto(url);
    await check(page, 'refund');
    // U4-4: the wrong amount is said at the field, which has the focus, and no passkey is asked.
    const used = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials[0]?.signCount;
    const before = await used();
    await approve(page, '42.00');
    await page.waitForSelector('text=That is not the value above');
    const described = `(() => {
      const { name, attributes } = document.activeElement;
      return [name, document.getElementById(attributes['aria-describedby'].value.split(' ')[0]).textContent];
    })()`;
    expect(await page.evaluate(described)).toEqual([
      'critical_value',
      'That is not the value above. Please compare it.',
    ]);
    expect([await used(), await page.locator('[data-testid=confirm]').count()]).toEqual([before, 0]);
    await check(page, 'refund-wrong');
    await approve(page, '4,200.00');
    await page.waitForSelector('[data-testid=confirm]');
    await check(page, 'confirm');
    // U4-6: it does not look like signing in.
    expect((await page.locator('main button').allTextContents()).join()).not.toMatch(/sign in/i);
    // What the authenticator signs is sent, and refused: another hash (U4-1), and nobody verified (U4-3).
    const verified = (isUserVerified: boolean) =>
      cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    const send = async (assertion: string, again: string) => {
      await Promise.all([
        page.waitForEvent('framenavigated'),
        page.evaluate(`(async () => {
          const form = document.querySelector('form[data-passkey]');
          const options = JSON.parse(form.dataset.request);
          form.elements.assertion.value = await (${assertion})(options);
          form.submit();
        })()`),
      ]);
      expect(await statusAt(page)).toBe(409);
      await page.goto(again);
      await approve(page, '4,200.00');
      await page.waitForSelector('[data-testid=confirm]');
    };
    const signed = (bent: string) => `async (options) => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({ ...options, ${bent} });
      return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
    }`;
    await send(signed(`challenge: '${'A'.repeat(43)}'`), page.url());
    await verified(false);
    await send(signed(`userVerification: 'discouraged'`), page.url());
    // Declined: nothing happens, and it can be tried again.
    await page.focus('[data-testid=confirm]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=No passkey answered');
    await verified(true);
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await page.keyboard.press('Enter');
    const assertion = new URLSearchParams((await posted).postData() ?? '').get('assertion');
    await page.waitForSelector('text=Allowed once');
    await check(page, 'receipt-high');
    expect(page.url()).toContain('/interaction/'); // it waits for the link (U6)
    await page.click('a.primary');
    await page.waitForURL(/callback/);
    const code = arrived.at(-1)?.searchParams.get('code') ?? '';
    const answer = await agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
    expect(claimsOf(answer.body.access_token)).toMatchObject({ acr: 'phr' });

    // U4-2: what was signed once is signed for that alone.
    const other = await ask(refundDetails({ invoice: 'INV-20992' }));
    await page.goto(other.url);
    await approve(page, '4,200.00');
    await page.waitForSelector('[data-testid=confirm]');
    await send(`() => ${JSON.stringify(assertion)}`, page.url());

    // U11-2: whoever has her session, and a device of their own, adds no passkey.
    const thief = await atBrowser('person@acme.example');
    await thief.page.goto(`${server.issuer}/settings/security`);
    await thief.page.fill('form[action$="/passkeys"] [name=name]', 'Mine');
    await thief.page.click('[data-testid=add-passkey]');
    await thief.page.waitForSelector('text=No passkey answered');
    await thief.page.reload();
    expect(await thief.page.locator('[data-passkey-id]').allTextContents()).toEqual([
      expect.stringContaining('Laptop'),
    ]);
    await thief.context.close();

    await page.goto(`${server.issuer}/settings/security`);
    await page.click('summary');
    await page.click('button:has-text("Remove")');
    await page.waitForSelector('text=The passkey was removed');
    await context.close();
  });

  test('A6: the first page looks by itself whether the second person decided, and leads back to the client', async () => {
    const [anna, ben] = [await atBrowser('person@acme.example'), await atBrowser('approver@acme.example')];
    await addPasskey(anna.page, 'Laptop');
    await addPasskey(ben.page, 'Phone');
    const { url } = await ask(deleteDetails());
    await anna.page.goto(url);
    await approve(anna.page, 'acme/billing');
    await anna.page.click('[data-testid=confirm]');
    await anna.page.waitForSelector('text=Waiting for a second person.');
    await check(anna.page, 'waiting');

    await ben.page.goto(`${server.issuer}/inbox`);
    await check(ben.page, 'inbox-second');
    await ben.page.click('a[href^="/r/"]');
    await ben.page.waitForSelector('text=First approval: Anna Berg (passkey)');
    await check(ben.page, 'second');
    await approve(ben.page, 'acme/billing');
    await ben.page.click('[data-testid=confirm]');
    await ben.page.waitForSelector('text=Allowed once');

    await anna.page.bringToFront();
    await anna.page.waitForSelector('text=Already decided', { timeout: 20_000 });
    const count = arrived.length;
    await anna.page.click('a.primary');
    await anna.page.waitForURL(/callback/);
    expect(arrived.length).toBe(count + 1);
    expect(arrived.at(-1)?.searchParams.get('code')).toBeTruthy();
    await anna.context.close();
    await ben.context.close();
  });

  test('U3-5, U3-8, U6-4: from behind the number leads to the passkey, or the passkey takes its place; the token comes only after it, and what is high is never offered to repeat', async () => {
    const { context, page } = await atBrowser('admin@acme.example');
    await addPasskey(page, 'Laptop');
    const begin = async () => {
      const { body } = await asks(agent, {
        login_hint: 'admin@acme.example',
        resource: PAYMENTS,
        authorization_details: detailsParameter(refundDetails({ invoice: 'INV-30' })),
      });
      await page.goto(`${server.issuer}/inbox`);
      await page.click('a[href^="/r/"]');
      return body;
    };
    const hears = async ({ auth_req_id }: Json) => {
      await database.query('update approvals set polled_at = null');
      return poll(agent, auth_req_id);
    };
    for (const instead of [false, true, false]) {
      const asked = await begin();
      if (!instead) await page.fill('[name=number]', asked.display_code);
      await approve(page, '4,200.00', instead ? 'passkey-instead' : 'approve');
      await page.waitForSelector('[data-testid=confirm]');
      expect((await hears(asked)).body.error).toBe('authorization_pending');
      await page.click('[data-testid=confirm]');
      await page.waitForSelector('text=Allowed once');
      expect(await page.locator('[data-testid=repeat]').count()).toBe(0);
      expect(claimsOf((await hears(asked)).body.access_token)).toMatchObject({ acr: 'phr' });
      await database.query('update task_actions set uses = max_uses where max_uses = 1');
    }
    await context.close();
  });

  test('without script the confirm page says what to do, and leads back', async () => {
    const before = await atBrowser('owner@acme.example');
    await addPasskey(before.page, 'Laptop');
    await before.context.close();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const { url } = await ask(refundDetails({ invoice: 'INV-2' }));
    await page.goto(url);
    await page.fill('[name=email]', 'owner@acme.example');
    await page.fill('[name=password]', server.demo.password);
    await page.click('[data-testid=sign-in]');
    await page.fill('[name=critical_value]', '4200');
    await page.check('[name=read]');
    await page.click('[data-testid=approve]');
    await page.waitForSelector('[data-testid=back]');
    expect(await page.textContent('main')).toContain('A passkey needs script.');
    await page.click('[data-testid=back]');
    await page.click('[data-testid=deny]');
    await page.waitForURL(/callback/);
    expect(arrived.at(-1)?.searchParams.get('error')).toBe('access_denied');
    await context.close();
  });

  describe('without a passkey, at the company’s own provider', () => {
    const ANNA = 'anna-there';
    let provider: Json;
    beforeAll(async () => {
      await askFreely(database, agent.registration.organization);
      await database.query(`delete from credentials where kind = 'passkey'`);
      await database.query(`update people set roles = '{admin}' where email = 'owner@acme.example'`);
      const [ada, olga] = [
        await administrator(server, 'admin@acme.example'),
        await administrator(server, 'owner@acme.example'),
      ];
      provider = await addProvider(idp, ada, { acr: { phr: 'phr' } });
      const allow = (api: Api) => api('PUT', `/sign-in-providers/${provider.id}/confirming`, { confirms: true });
      await allow(ada);
      expect((await allow(olga)).body).toMatchObject({ confirms: true });
      await connect(await signIn(server), idp, provider, ANNA);
    });

    test('U1-2: an account there with the address of somebody here signs nobody in', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      idp.becomes('eve-there', { email: 'person@acme.example' });
      await page.goto(`${server.issuer}/login`);
      await page.click(`[data-testid=provider-${provider.id}]`);
      await page.waitForSelector('text=This account is not known here');
      await page.goto(`${server.issuer}/inbox`);
      await page.waitForURL(/login/);
      await context.close();
    });

    test.each([true, false])(
      'U4-5, U4-6: a fresh sign-in there confirms exactly this, an older one nothing, script %s',
      async (script) => {
        const context = await browser.newContext({ javaScriptEnabled: script, reducedMotion: 'reduce' });
        const page = await context.newPage();
        const begun = Math.floor(Date.now() / 1000);
        const tasks = async () => (await database.query('select count(*)::int as all from tasks')).rows[0].all;
        const { url, verifier } = await ask(refundDetails({ invoice: `INV-SSO-${script}` }));
        idp.becomes(ANNA, { acr: 'phr', amr: ['hwk'], at: begun - 600 });
        await page.goto(url);
        await page.click(`[data-testid=provider-${provider.id}]`);
        await page.waitForSelector('[data-testid=approve]');
        const choose = async () => {
          if (script) return approve(page, '4,200.00');
          await page.check('[name=read]');
          await page.fill('[name=critical_value]', '4,200.00');
          await page.click('[data-testid=approve]');
        };
        await choose();
        await page.waitForSelector('[data-testid=sign-in-again]');
        const labels = await page.locator('main button').allTextContents();
        expect(labels.filter((label) => /sign in/i.test(label))).toEqual(['Sign in again with Acme SSO']);
        if (script) await check(page, 'confirm-sign-in-again');
        // They say that the person signed in before they were asked.
        const before = await tasks();
        await page.click('[data-testid=sign-in-again]');
        await page.waitForSelector('text=Not confirmed. Nothing was allowed.');
        idp.becomes(ANNA, { acr: 'phr', amr: ['hwk'] });
        await page.click('main a.button');
        await choose();
        await page.click('[data-testid=sign-in-again]');
        await page.waitForSelector('text=You signed in at Acme SSO for this');
        expect(await tasks()).toBe(before);
        if (script) await check(page, 'confirm-signed-in');
        await page.click('[data-testid=confirm]');
        await page.waitForSelector('text=Allowed once');
        expect(await tasks()).toBe(before + 1);
        await page.click('a.primary');
        await page.waitForURL(/callback/);
        const code = arrived.at(-1)?.searchParams.get('code') ?? '';
        const answer = await agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
        const claims = claimsOf(answer.body.access_token);
        expect(claims).toMatchObject({ acr: 'fed', amr: ['hwk'] });
        expect(claims.auth_time).toBeGreaterThanOrEqual(begun);
        await context.close();
      },
    );
  });
});
