import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import type { Database } from '../../adapters/postgres/database.ts';
import { shop } from '../catalogue/shop.ts';
import { ask, poll } from '../protocol/support.ts';
import { type Api, administrator, operator } from '../support/admin.ts';
import {
  CALENDAR,
  inviteDetails,
  type Json,
  pkce,
  push,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  allowAt,
  atBrowser,
  type Callback,
  nothingToComplainOf,
  signedInAt,
  signInAt,
  startCallback,
  statusAt,
} from '../support/at-browser.ts';
import { addVirtualAuthenticator, describeBrowser, launchBrowser } from '../support/browser.ts';
import { REFUND, refundDetails } from '../support/ceremony.ts';
import { databaseOf } from '../support/delegation.ts';
import { lookAround, tabTo } from '../support/looking.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { authorizationUrl, detailsParameter } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PERSON = 'person@acme.example';
const PLACE = 'shop.orders.place';

/** The checks of `ux.md` that are about a person's own pages, as they see and use them. */
describeBrowser('a person at their own pages', () => {
  let server: TestServer;
  let database: Database;
  let mailbox: Mailbox;
  let callback: Callback;
  let browser: Browser;
  let admin: Api;
  beforeAll(async () => {
    mailbox = await startMailbox();
    server = await startServer({
      COUNTERSIGN_SMTP_URL: mailbox.url,
      COUNTERSIGN_MAIL_FROM: 'Acme agents <agents@acme.example>',
    });
    [database, callback, browser] = [databaseOf(server), await startCallback(), await launchBrowser()];
    const repeating = shop.replace('level: { default: medium }', 'level: { default: medium }\n      standing: exact');
    expect((await (await operator(server))('POST', '/catalogue', repeating)).body).toMatchObject({ published: 1 });
    admin = await administrator(server, 'admin@acme.example');
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.close();
    await server?.close();
    callback?.close();
    await mailbox?.close();
  });
  afterEach(nothingToComplainOf);

  const open = (script = true, email = PERSON, path = '/inbox') =>
    signedInAt(browser, server, email, path, { script, elsewhere: callback.redirect });
  const see = (page: Page, path: string) => page.goto(`${server.issuer}${path}`);

  /** A request in the browser: where its page is. */
  async function pushed(agent: TestClient, details: Json, more: Record<string, string> = {}): Promise<string> {
    const answer = await push(agent, {
      code_challenge: pkce().challenge,
      state: 'st',
      redirect_uri: callback.redirect,
      resource: CALENDAR,
      authorization_details: detailsParameter(details),
      ...more,
    });
    expect(answer.status).toBe(201);
    return authorizationUrl(agent, answer.body.request_uri);
  }
  /** The same from behind: its id, and what the agent was told. */
  async function asked(agent: TestClient, details: Json, more: Record<string, string> = {}): Promise<Json> {
    const { status, body } = await ask(agent, { authorization_details: detailsParameter(details), ...more });
    expect([status, body]).toEqual([200, expect.anything()]);
    const row = await database.first<{ id: string }>(
      'select id from approvals where client_id = $1 order by asked_at desc limit 1',
      [agent.clientId],
    );
    return { ...body, at: `/r/${row?.id}` };
  }
  /** Opens one and allows it with the number that the agent shows. */
  async function allowed(page: Page, { at, display_code }: Json, script: boolean, duration?: string): Promise<void> {
    await see(page, at);
    if (duration) await page.check(`[name=duration][value=${duration}]`);
    await page.fill('[name=number]', display_code);
    await allowAt(page, script);
    await page.waitForSelector('main .mark[data-status=allowed]');
  }
  const heard = async (agent: TestClient, { auth_req_id }: Json) => {
    await database.run('update approvals set polled_at = null');
    return poll(agent, auth_req_id);
  };
  const isActive = async (agent: TestClient, token: string) =>
    (await agent.post('/token/introspection', { token }, { dpop: false })).body.active;
  /** Another meeting each time: what an earlier approval covers would need no page. */
  let meetings = 0;
  const meeting = () => inviteDetails({ title: `Meeting ${++meetings}` });

  test('times are those of the reader’s browser, from the sign-in on, and it is said which', async () => {
    const email = 'owner@acme.example';
    const foot = async (timezoneId: string) => {
      const options = { timezoneId, elsewhere: callback.redirect };
      await using somebody = await signedInAt(browser, server, email, '/inbox', options);
      const { page, context } = somebody;
      // Whoever was signed in already is where they are now, from the page after the first on.
      await page.goto(`${server.issuer}/inbox`);
      const said = await page.textContent('footer');
      for (const value of ['Nowhere/At_all', '+01:00', 'utc;', 'x'.repeat(300)]) {
        await context.addCookies([{ name: 'countersign-zone', value: encodeURIComponent(value), url: server.issuer }]);
        expect((await context.request.get(`${server.issuer}/inbox`)).status()).toBe(200);
      }
      return said;
    };
    expect(await foot('Asia/Calcutta')).toContain('times in UTC+5:30');
    expect(await foot('Pacific/Kiritimati')).toContain('times in UTC+14');
    expect(await database.first('select time_zone from people where email = $1', [email])).toEqual({
      time_zone: 'Pacific/Kiritimati',
    });
  });

  test.each([true, false])('U1-6 ui_locales=de: German from the sign-in to the receipt, script %s', async (script) => {
    const agent = await registerAgent(server);
    await using somebody = await atBrowser(browser, server, { script, elsewhere: callback.redirect });
    const { page } = somebody;
    const language = () => page.getAttribute('html', 'lang');
    await see(page, await pushed(agent, meeting(), { ui_locales: 'de' }));
    expect([await language(), await page.textContent('h1')]).toEqual(['de', 'Anmelden']);
    await signInAt(page, server);
    await page.waitForSelector('[data-testid=approve]');
    expect([await language(), await page.textContent('[data-testid=deny]')]).toEqual(['de', 'Ablehnen']);
    await page.click('[data-testid=deny]');
    await page.waitForURL(/callback/);
    expect(callback.arrived.at(-1)?.searchParams.get('error')).toBe('access_denied');
  });

  test.each([
    { script: true, email: 'admin@globex.example' },
    { script: false, email: 'person@globex.example' },
  ])(
    'U1-5 ten wrong passwords are told the same; then the account waits, script $script',
    async ({ script, email }) => {
      await using somebody = await atBrowser(browser, server, { script });
      const { page } = somebody;
      await see(page, '/login');
      const told: [number, string | null][] = [];
      for (let tries = 0; tries < 11; tries++) {
        await page.fill('[name=email]', email);
        await page.fill('[name=password]', `wrong ${tries}`);
        const answered = page.waitForEvent('framenavigated');
        await page.press('[name=password]', 'Enter');
        await answered;
        await page.waitForSelector('.error-summary');
        told.push([await statusAt(page), await page.textContent('.error-summary')]);
      }
      const [first] = told;
      expect(first).toEqual([401, 'The e-mail address or the password is not right.']);
      expect(told.slice(0, 10)).toEqual(Array(10).fill(first));
      expect(told[10]).toEqual([429, expect.stringMatching(/wait|again/i)]);
    },
  );

  test('U2-14 what the catalogue does not know is refused before anybody is asked, and the page of whoever follows the link says nothing of it', async () => {
    const agent = await registerAgent(server);
    const details = detailsParameter({ ...meeting(), approved_by: 'Security' });
    const form = { code_challenge: pkce().challenge, redirect_uri: callback.redirect, authorization_details: details };
    expect((await push(agent, form)).body.error).toBe('invalid_authorization_details');
    expect((await ask(agent, { authorization_details: details })).body.error).toBe('invalid_authorization_details');
    await using somebody = await open();
    const { page } = somebody;
    // An address that its agent wrote by hand instead of pushing it.
    await see(page, `/auth?${new URLSearchParams({ client_id: agent.clientId, response_type: 'code', ...form })}`);
    expect(await page.locator('[data-fact], [data-testid=approve]').count()).toBe(0);
    expect(await page.content()).not.toContain('Security');
    await see(page, '/inbox');
    expect(await page.textContent('main')).not.toContain(`Meeting ${meetings}`);
  });

  test.each([true, false])(
    'U3-1 another person sees what was never there, whoever asks and however, script %s',
    async (script) => {
      const { at } = await asked(await registerAgent(server), meeting());
      await using stranger = await open(script, 'owner@acme.example');
      const seen = async (path: string) => {
        await see(stranger.page, path);
        return [await statusAt(stranger.page), await stranger.page.textContent('main')];
      };
      const never = await seen(`/r/apr_${'0'.repeat(32)}`);
      expect(never).toEqual([404, expect.stringContaining('Nothing to review here.')]);
      expect(await seen(at)).toEqual(never);
    },
  );

  test.each([true, false])(
    '§5, U5-3: what nobody started is reported from the foot of its page, in one step and with nothing to type; script %s',
    async (script) => {
      const agent = await registerAgent(server);
      await using somebody = await open(script);
      const { page } = somebody;
      const first = await asked(agent, meeting());
      await see(page, first.at);
      await page.click('footer >> text=Report this request');
      await page.waitForSelector('h1:has-text("Report this request")');
      if (script) await lookAround(page, 'report', { script, decision: false });
      // To have looked at it is no answer.
      await page.click('main >> text=Back');
      await page.waitForSelector('[data-testid=deny]');
      await page.click('footer >> text=Report this request');
      await page.click('[data-testid=not-me]');
      await page.waitForSelector('text=This agent is paused for you.');
      expect((await heard(agent, first)).body.error).toBe('access_denied');
      await see(page, `/agents/${agent.registration.agent_id}`);
      expect(await page.textContent('main')).toContain('Paused by you.');
    },
  );

  test.each([true, false])(
    'U5-2, U5-4: a no reaches the agent, says until when it is quiet, and the same is not asked again; script %s',
    async (script) => {
      const agent = await registerAgent(server);
      await using somebody = await open(script);
      const { page } = somebody;
      const first = await asked(agent, meeting());
      await see(page, first.at);
      await page.click('[data-testid=deny]');
      await page.waitForSelector('text=Denied. Meeting Helper was told no.');
      expect(await page.textContent('main')).toMatch(
        /Meeting Helper cannot ask again for this until (?:\w+ \d+ \w+ )?\d\d:\d\d \(UTC[^)]*\)\./,
      );
      if (script) await lookAround(page, 'denied', { script, decision: false });
      await page.click('button:has-text("Too much access")');
      await page.waitForSelector('text=Your reason was noted.');
      expect((await heard(agent, first)).body).toMatchObject({
        error: 'access_denied',
        error_description: 'the person denied the request',
      });
      // U5-4: the server answers in the person's place: no page, and no notice.
      const notices = async () =>
        (await database.first<{ all: number }>(`select count(*)::int as all from outbox where kind like 'notify%'`))
          ?.all;
      const before = await notices();
      await see(page, await pushed(agent, meeting()));
      expect(Object.fromEntries(callback.arrived.at(-1)?.searchParams ?? [])).toMatchObject({
        error: 'access_denied',
        error_description: 'the person denied this a short while ago',
      });
      expect((await ask(agent)).body.error).toBe('access_denied');
      expect(await notices()).toBe(before);
    },
  );

  test('U5-2: where the organization lets agents hear it, the reason that was chosen, as a coarse word', async () => {
    await admin('PUT', '/backchannel', { tells_reason: true });
    const agent = await registerAgent(server);
    await using somebody = await open();
    const { page } = somebody;
    const request = await asked(agent, meeting());
    await see(page, request.at);
    await page.click('[data-testid=deny]');
    await page.click('button:has-text("Too much access")');
    await page.waitForSelector('text=Your reason was noted.');
    expect((await heard(agent, request)).body.error_description).toBe('the person denied the request: too much access');
    await admin('PUT', '/backchannel', { tells_reason: false });
  });

  test('the third denial mutes the agent, and the page says so and where that is changed', async () => {
    const agent = await registerAgent(server, { client_name: 'Pushy Helper' });
    await using somebody = await open();
    const { page } = somebody;
    for (let time = 0; time < 3; time++) {
      const { at } = await asked(agent, meeting());
      await see(page, at);
      await page.click('[data-testid=deny]');
      await page.waitForSelector('text=Denied.');
      await database.run(`update approvals set decided_at = decided_at - interval '20 minutes' where client_id = $1`, [
        agent.clientId,
      ]);
    }
    expect(await page.textContent('main')).toMatch(/Pushy Helper cannot ask you until \d+ \w+ \d{4}\./);
    await page.click('header a[href="/agents"]');
    const entry = page.locator('article', { hasText: 'Pushy Helper' });
    await entry.locator('button:has-text("Unmute")').click();
    await page.waitForURL(/agents$/);
    expect(await entry.locator('text=Muted until').count()).toBe(0);
  });

  test.each([true, false])(
    'U6-4, U9-4: what was allowed three times may repeat, from the third receipt on, and ends where nobody uses it; script %s',
    async (script) => {
      const agent = await registerAgent(server, { authorization_details_types: [PLACE], client_name: 'Shopper' });
      const order = detailsParameter({ type: PLACE, item: script ? 'chair' : 'table', due: '2027-01-15' });
      await using somebody = await open(script);
      const { page } = somebody;
      for (const approvals of [1, 2, 3]) {
        const request = await asked(agent, {}, { resource: 'https://shop.example', authorization_details: order });
        await allowed(page, request, script);
        expect([approvals, await page.locator('[data-testid=repeat]').count()]).toEqual([
          approvals,
          approvals === 3 ? 1 : 0,
        ]);
        if (approvals < 3)
          await database.run(
            `update task_actions a set uses = 1 from tasks t where t.id = a.task and t.client_id = $1 and a.max_uses = 1`,
            [agent.clientId],
          );
      }
      expect(await page.textContent('main')).toContain('You allowed exactly this 3 times this week.');
      if (script) {
        await lookAround(page, 'offer', { script, decision: false });
        await tabTo(page, 'repeat');
        await page.keyboard.press('Enter');
      } else {
        await page.click('[data-testid=repeat]');
      }
      await page.waitForSelector('text=Allowed for 7 days, at most 20 times and 5 a day.');
      await database.run(
        `update tasks set standing_until = now() + interval '30 days', expires_at = now() + interval '14 days'
         where client_id = $1 and standing_until is not null`,
        [agent.clientId],
      );
      await page.click('header a[href="/agents"]');
      const task = page.locator('article', { hasText: 'Shopper' }).locator('.task', { hasText: 'without asking' });
      expect(await task.first().textContent()).toMatch(
        /May order (?:chair|table).*0 of 20 uses.*expires .+ if unused/s,
      );
      await page.locator('article', { hasText: 'Shopper' }).locator('button:has-text("Pause")').click();
      await page.waitForURL(/agents$/);
    },
  );

  test('U6-5 whoever wants receipts by mail ticks it, and gets one without a secret that leads to Your agents alone', async () => {
    const agent = await registerAgent(server, { client_name: 'Mail Helper' });
    await using somebody = await open(true, 'approver@acme.example');
    const { page } = somebody;
    await see(page, '/settings/notifications');
    await page.check('[name=receipts]');
    await page
      .locator('form', { has: page.locator('[name=receipts]') })
      .locator('button[type=submit]')
      .click();
    await page.waitForSelector('[role=status]');
    const request = await asked(agent, meeting(), { login_hint: 'approver@acme.example' });
    mailbox.received.length = 0;
    await allowed(page, request, true);
    const token = (await heard(agent, request)).body.access_token;
    const [mail] = await mailbox.until(1);
    expect(mail?.headers.subject).toBe('You allowed something: Mail Helper');
    for (const secret of [token.slice(0, 40), request.auth_req_id, 'tsk_', 'apr_'])
      expect([secret, mail?.html.includes(secret) || mail?.text.includes(secret)]).toEqual([secret, false]);
    // As a mail program shows it, which runs no script and sends no form.
    await using reader = await atBrowser(browser, server, { script: false });
    await reader.page.setContent(mail?.html ?? '');
    const links = reader.page.locator('a, area, form, [formaction]');
    expect(await links.evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual([
      `${server.issuer}/agents`,
    ]);
    await see(page, '/agents');
    expect(await page.textContent('main')).toContain('Mail Helper');
  });

  test.each([true, false])(
    'U7-3 what is alike and low is answered on one page, nothing chosen before; what is high never is; script %s',
    async (script) => {
      const agent = await registerAgent(server, { client_name: 'Night Reader', agent_mode: 'unattended' });
      const finance = await registerAgent(server, {
        client_name: 'Night Payer',
        agent_mode: 'unattended',
        authorization_details_types: [REFUND],
      });
      await using somebody = await open(script);
      const { page } = somebody;
      const days = script ? ['04', '05'] : ['06', '07'];
      const reads: Json[] = [];
      for (const day of days)
        reads.push(await asked(agent, readDetails({ from: `2027-01-${day}`, to: `2027-01-${day}` })));
      for (const invoice of [`INV-1${script}`, `INV-2${script}`])
        await asked(finance, refundDetails({ invoice }), { resource: 'https://payments.acme.example' });
      await see(page, '/inbox');
      await page.click('a[href^="/inbox/batch"]');
      await page.waitForSelector('fieldset[data-request]');
      expect(await page.textContent('main')).not.toContain('Night Payer');
      expect(await page.locator('input[type=radio]:checked').count()).toBe(0);
      expect(await page.locator('fieldset[data-request]').count()).toBe(2);
      if (script) await lookAround(page, 'batch', { script, decision: false });
      await page.check('[name=answer_0][value=allow]');
      await page.check('[name=answer_1][value=deny]');
      await allowAt(page, script);
      await page.waitForSelector('text=1 allowed, 1 denied');
      const answers = await Promise.all(reads.map((one) => heard(agent, one)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
      await database.run(`update approvals set expires_at = now() where status = 'pending' and client_id = $1`, [
        finance.clientId,
      ]);
    },
  );

  test.each([true, false])(
    'U9-5, U9-6, U9-7: everything is stopped for this person alone; the history keeps what was decided; others see nothing of it; script %s',
    async (script) => {
      const agent = await registerAgent(server, { client_name: `Shared Helper ${script}` });
      const name = agent.registration.client_name;
      await using anna = await open(script);
      await using ben = await open(script, 'approver@acme.example');
      await using olga = await open(script, 'owner@acme.example', '/agents');
      const tokens: string[] = [];
      const sentences: (string | null)[] = [];
      for (const [{ page }, login_hint] of [
        [anna, PERSON],
        [ben, 'approver@acme.example'],
      ] as const) {
        const request = await asked(agent, meeting(), { login_hint });
        await see(page, request.at);
        sentences.push(await page.textContent('h1 .asked'));
        await allowed(page, request, script, 'PT1H');
        tokens.push((await heard(agent, request)).body.access_token);
      }
      const active = () => Promise.all(tokens.map((token) => isActive(agent, token)));
      expect(await active()).toEqual([true, true]);

      await see(anna.page, '/agents');
      await anna.page.click('[data-testid=stop-all]');
      await anna.page.waitForURL(/agents$/);
      expect(await active()).toEqual([false, true]);
      expect(await anna.page.locator('.task').count()).toBe(0);
      await see(ben.page, '/agents');
      expect(await ben.page.textContent('main')).toContain(`May ${sentences[1]}`);

      // U9-6: from the history to the very words, and the page as it was shown.
      await see(anna.page, `/agents/${agent.registration.agent_id}`);
      const row = anna.page.locator('li.event', { hasText: sentences[0] ?? '' });
      expect(await row.first().textContent()).toContain('allowed');
      await row.first().locator('a').click();
      await anna.page.waitForSelector('.verdict');
      expect(await anna.page.textContent('h1 .asked')).toBe(sentences[0]);
      expect(await anna.page.textContent('main')).toContain('Was stopped');
      expect(await anna.page.textContent('main')).not.toMatch(/Something else|Endeduntil/u);
      // Kept byte for byte, its policy lets nothing of it run: it is no page of ours any more.
      const kept = await anna.context.newPage();
      await see(kept, (await anna.page.getAttribute('[data-testid=screen]', 'href')) ?? '');
      expect(await kept.textContent('h1 .asked')).toBe(sentences[0]);

      // U9-7: nobody else has it on a list, at an address, or in a receipt.
      expect(await olga.page.textContent('main')).not.toContain(name);
      for (const path of [`/agents/${agent.registration.agent_id}`, new URL(anna.page.url()).pathname]) {
        await see(olga.page, path);
        expect([path, await statusAt(olga.page), (await olga.page.content()).includes(name)]).toEqual([
          path,
          404,
          false,
        ]);
      }
    },
  );

  test('U11-1 a first passkey wants a sign-in of a moment ago, waits before it approves what is high, and old channels hear of it', async () => {
    await using somebody = await open(true, 'approver@acme.example', '/settings/security');
    const { page, context } = somebody;
    await addVirtualAuthenticator(page);
    await database.run(`update sessions set authenticated_at = now() - interval '6 minutes'`);
    await page.reload();
    expect(await page.locator('[data-testid=add-passkey]').count()).toBe(0);
    await page.click('main a[href^="/login"]');
    await signInAt(page, server, 'approver@acme.example');
    await page.waitForSelector('[data-testid=add-passkey]');
    mailbox.received.length = 0;
    await page.fill('form[action$="/passkeys"] [name=name]', 'Phone');
    await page.click('[data-testid=add-passkey]');
    await page.waitForSelector('text=The passkey was added');
    expect(await page.textContent('[data-passkey-id]')).toContain('Phone');
    const [mail] = await mailbox.until(1);
    expect([mail?.to, mail?.headers.subject]).toEqual([
      ['approver@acme.example'],
      'A passkey was added to your account',
    ]);
    await context.clearCookies();
  });
});
