import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { CALENDAR, inviteDetails, registerAgent } from '../support/agent.ts';
import { addVirtualAuthenticator, describeBrowser, launchBrowser } from '../support/browser.ts';
import { lookAround } from '../support/looking.ts';
import { detailsParameter } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

describeBrowser('a passkey at a real browser', () => {
  let server: TestServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('U1-4, U1-1 a passkey added in a browser signs in there, without an address or a password, and leads to the request that was opened', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const { cdp, authenticatorId } = await addVirtualAuthenticator(page);
    const touched = (enabled: boolean) =>
      cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    await page.goto(`${server.issuer}/login?return_to=${encodeURIComponent('/settings/security')}`);
    await page.fill('[name=email]', 'person@acme.example');
    await page.fill('[name=password]', server.demo.password);
    await page.click('[data-testid=sign-in]');
    await page.fill('[name=name]', 'Laptop');
    await page.click('[data-testid=add-passkey]');
    await page.waitForSelector('text=The passkey was added.');

    const agent = await registerAgent(server);
    const asked = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(inviteDetails({ title: 'Secret plan' })),
      resource: CALENDAR,
    });
    expect(asked.status).toBe(200);
    await page.goto(`${server.issuer}/inbox`);
    const path = (await page.getAttribute('a[href^="/r/"]', 'href')) ?? '';

    // Nobody touches the authenticator until the button is pressed.
    await touched(false);
    await context.clearCookies();
    await page.goto(`${server.issuer}${path}`);
    await page.waitForSelector('[data-testid=passkey]');
    expect(await page.content()).not.toMatch(/data-fact|Secret plan|Meeting Helper/u);
    await touched(true);
    // The browser may offer it in the field first: then the page has gone on before the button is pressed.
    await page.click('[data-testid=passkey]').catch(() => {});
    await page.waitForURL(`${server.issuer}${path}`);
    expect(await page.locator('dd[data-fact]').count()).toBe(6);
    expect(await page.textContent('header')).toContain('Anna Berg');
    await context.close();
  }, 60_000);

  test('U1 ux.md §9 (4): an administrator makes codes with a passkey, and one of them and the password lead to a new passkey, which signs in', async () => {
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    const { cdp, authenticatorId } = await addVirtualAuthenticator(page);
    const touched = (enabled: boolean) =>
      cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    const SECURITY = `${server.issuer}/settings/security`;
    // The browser may offer it in the field first: then the page has gone on before the button is pressed.
    const withPasskey = async () => {
      await page.locator('[data-testid=passkey]').waitFor();
      await touched(true);
      await page.click('[data-testid=passkey]', { timeout: 3000 }).catch(() => {});
    };
    const type = async () => {
      await page.fill('[name=email]', 'admin@acme.example');
      await page.fill('[name=password]', server.demo.password);
    };
    await page.goto(`${server.issuer}/login?return_to=${encodeURIComponent('/settings/security')}`);
    await type();
    await page.click('[data-testid=sign-in]');
    await page.fill('[name=name]', 'Laptop');
    await page.click('[data-testid=add-passkey]');
    await page.waitForSelector('text=The passkey was added.');
    await touched(false);
    await page.click('[data-testid=codes-sign-in]');
    await withPasskey();
    await page.click('[data-testid=make-codes]');
    await page.locator('[data-testid=codes]').waitFor();
    const codes = await page.locator('[data-testid=codes] code').allTextContents();
    expect(codes.length).toBe(10);
    await lookAround(page, 'codes', { script: true, decision: false });

    await touched(false);
    await context.clearCookies();
    await page.goto(`${server.issuer}/login`);
    await page.getByRole('link', { name: 'Use a recovery code' }).click();
    await page.locator('[data-testid=recover]').waitFor();
    await lookAround(page, 'recovery', { script: true, decision: false });
    await type();
    await page.fill('[name=code]', codes[3] ?? '');
    await page.click('[data-testid=recover]');
    await page.getByText('You used a recovery code.').waitFor();
    await page.goto(`${server.issuer}/admin`);
    expect(page.url()).toBe(SECURITY);
    await page.fill('[name=name]', 'New laptop');
    await touched(true);
    await page.click('[data-testid=add-passkey]');
    await page.locator('[data-testid=now-sign-in]').waitFor();
    await lookAround(page, 'recovered', { script: true, decision: false });
    await touched(false);
    await page.click('[data-testid=now-sign-in]');
    await withPasskey();
    await page.waitForURL(`${server.issuer}/inbox`);
    await page.goto(`${server.issuer}/admin`);
    expect(page.url()).toBe(`${server.issuer}/admin`);
    await context.close();
  }, 60_000);
});
