import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';

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
import {
  type AtBrowser,
  allowAt,
  type Callback,
  nothingToComplainOf,
  atBrowser as openAt,
  readIt,
  signInAt as signInTo,
  startCallback,
  statusAt,
} from '../support/at-browser.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { askFreely, DELETE, deleteDetails } from '../support/ceremony.ts';
import { lookAround, tabTo } from '../support/looking.ts';
import { authorizationUrl, detailsParameter } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Where pictures go when somebody wants to look at them. */
const PICTURES = process.env.TEST_PICTURES;

describeBrowser('a person at a real browser', () => {
  let server: TestServer;
  let agent: TestClient;
  let browser: Browser;
  let database: pg.Client;
  let client: Callback;
  let redirect: string;
  let arrived: URL[];

  beforeAll(async () => {
    server = await startServer();
    client = await startCallback();
    ({ redirect, arrived } = client);
    agent = await registerAgent(server);
    // These tests deny and ask again; how often that may be is tested elsewhere.
    database = new pg.Client({ connectionString: server.databaseUrl });
    await database.connect();
    await askFreely(database, agent.registration.organization);
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.end();
    client?.close();
    await server?.close();
  });

  const look = async (page: Page, name: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` });
  };

  const atBrowser = ({ script = true } = {}): Promise<AtBrowser> =>
    openAt(browser, server, { script, elsewhere: redirect });
  afterEach(nothingToComplainOf);

  const signInAt = (page: Page, email?: string) => signInTo(page, server, email);

  async function ask(form: Json): Promise<{ url: string; verifier: string; details: Json }> {
    const { verifier, challenge } = pkce();
    const pushed = await push(agent, { code_challenge: challenge, state: 'st-1', redirect_uri: redirect, ...form });
    expect(pushed.status).toBe(201);
    const [details] = JSON.parse(form.authorization_details);
    return { url: `${server.issuer}${authorizationUrl(agent, pushed.body.request_uri)}`, verifier, details };
  }

  /** Another week each time: what an earlier approval covers would need no page. */
  let weeks = 0;
  const read = (end = 4) => {
    weeks += 1;
    const day = (offset: number) => new Date(Date.UTC(2027, 0, 4 + weeks * 7 + offset)).toISOString().slice(0, 10);
    const details = readDetails({ from: day(0), to: day(end), purpose: 'Find a free hour for the Q1 review.' });
    return { authorization_details: detailsParameter(details), resource: CALENDAR };
  };

  test('U2-9 where its script does not arrive, a page asks by a box; a form without that decides nothing, and its page asks again', async () => {
    const { context, page } = await atBrowser();
    await page.route('**/decide.js', (route) => route.abort());
    const { url } = await ask(read());
    await page.goto(url);
    await signInAt(page);
    const [count, box] = [arrived.length, page.locator('[name=read]')];
    await page.click('[data-testid=approve]'); // the browser insists
    expect([arrived.length, await box.isVisible()]).toEqual([count, true]);
    // As something would post it that knows no box.
    await page.evaluate("document.querySelector('[name=read]').remove()");
    await page.click('[data-testid=approve]');
    await page.waitForSelector('.error-summary');
    expect([arrived.length, await statusAt(page)]).toEqual([count, 400]);
    await lookAround(page, 'unread', { script: false, decision: false });
    await page.click('.error-summary a');
    await box.check();
    await page.click('[data-testid=approve]');
    await page.waitForURL(/callback/);
    expect(arrived.at(-1)?.searchParams.get('code')).toBeTruthy();
    await context.close();
  });

  test.each([
    { script: true, decision: 'approve' },
    { script: true, decision: 'deny' },
    { script: false, decision: 'approve' },
    { script: false, decision: 'deny' },
  ])('U2-11 $decision reaches the client with form-action self, script $script', async ({ script, decision }) => {
    const { context, page } = await atBrowser({ script });
    const { url, verifier, details } = await ask(read());
    await page.goto(url);
    await look(page, `sign-in-${script}`);
    expect(await page.content()).not.toContain('data-fact'); // U1-1: nothing about the request before sign-in
    if (decision === 'deny') {
      // By keyboard alone, from the address to the agent.
      await tabTo(page, 'email');
      await page.keyboard.type('person@acme.example');
      await tabTo(page, 'password');
      await page.keyboard.type(server.demo.password);
      await page.keyboard.press('Enter');
    } else {
      await signInAt(page);
    }
    await page.waitForSelector('[data-testid=approve]');
    await look(page, `decision-${script}`);
    const count = arrived.length;
    let granted = details;
    if (decision === 'deny') {
      await tabTo(page, 'deny');
      await page.keyboard.press('Enter');
    } else {
      if (script) {
        // U2-9: a click by script, as a page on top of ours would make it, sends nothing.
        await page.evaluate("document.querySelector('[data-testid=approve]').click()");
        await page.waitForTimeout(200);
        expect([page.url().includes('/interaction/'), arrived.length]).toEqual([true, count]);
        await page.reload();
      }
      // U2-1 to U2-5, U2-13, and U2-2: what stands in the heading is what was asked, as the catalogue says it.
      await lookAround(page, 'decision', { script, decision: true });
      const days = `${Number(details.from.slice(8))}–${Number(details.to.slice(8))}`;
      expect(await page.textContent('h1')).toMatch(
        new RegExp(`^Meeting Helper wants to read your calendar for ${days} (?:Jan|Feb)$`, 'u'),
      );
      expect(await page.locator('h1 .critical').textContent()).toContain(days);
      await page.click('details.narrow summary');
      granted = { ...details, to: details.from };
      await page.fill('[name=narrow_0_to]', details.from);
      if (!script) {
        // U2-9: without script a box says that it was read, and the browser insists.
        await page.click('[data-testid=approve]');
        expect(page.url()).toContain('/interaction/');
        await page.check('[name=read]');
      }
      if (script) {
        // U2-7: a double click decides once.
        await readIt(page);
        await page.dblclick('[data-testid=approve]').catch(() => {});
      } else {
        await page.click('[data-testid=approve]');
      }
    }
    await page.waitForURL(/callback/);
    expect(arrived.length).toBe(count + 1);
    const back = Object.fromEntries(arrived.at(-1)?.searchParams ?? []);
    expect(back).toMatchObject({ state: 'st-1', iss: server.issuer });
    if (decision === 'deny') {
      expect(back).toMatchObject({ error: 'access_denied' });
    } else {
      const answer = await agent.token({ grant_type: 'authorization_code', code: back.code, code_verifier: verifier });
      expect(answer.status).toBe(200);
      // U2-12: what was shown, as it was narrowed, is what was granted.
      const { from, to } = granted;
      expect(claimsOf(answer.body.access_token).authorization_details).toEqual([
        expect.objectContaining({ type: READ, from, to, max_uses: 1 }),
      ]);
    }
    await context.close();
  });

  test.each([true, false])(
    'U2-5, U2-6, U2-7, U2-15, U8-1 to U8-4: nothing but what was shown is allowed, once; what came of it says so, script %s',
    async (script) => {
      const { context, page } = await atBrowser({ script });
      /** Each says what happened, how it can be found again, and leads home; none says what broke inside. */
      const outcome = async (at: Page, status: number, heading: RegExp) => {
        await at.waitForSelector('main .mark, main [role=alert]');
        expect(await statusAt(at)).toBe(status);
        expect(await at.textContent('h1')).toMatch(heading);
        expect(await at.textContent('footer')).toMatch(/(?:Reference|Request) \w+_\w+/u);
        expect(await at.locator('a[href="/inbox"]').count()).toBeGreaterThan(0);
        expect(await at.content()).not.toMatch(/\.[jt]s:\d+/u);
      };
      const bend = (selector: string, value: string) =>
        page.evaluate(`document.querySelector('${selector}').value = '${value}'`);
      const tasks = async () => (await database.query('select count(*)::int as all from tasks')).rows[0].all;
      const { url } = await ask(read());
      await page.goto(url);
      await signInAt(page);
      await page.waitForSelector('[data-testid=approve]');
      const there = page.url();
      const before = await tasks();

      await bend('[name=duration]:checked', '30d');
      await allowAt(page, script);
      await page.waitForSelector('.error-summary');
      expect(await page.title()).toMatch(/^Error: /u);
      expect(await page.evaluate('document.activeElement.className')).toBe('error-summary');
      await bend('[name=request_hash]', 'A'.repeat(43));
      await allowAt(page, script);
      await outcome(page, 409, /^This request has changed\.$/u);

      await page.goto(there);
      const other = await context.newPage();
      await other.goto(there);
      await allowAt(page, script);
      await page.waitForURL(/callback/);
      await allowAt(other, script);
      await outcome(other, 409, /^Already decided by you at (?:\w+ \d+ \w+ )?\d\d:\d\d \(allowed once\)\.$/u);
      await other.close();
      expect(await tasks()).toBe(before + 1);

      const silent = await ask({ ...read(), prompt: 'none' });
      await page.goto(silent.url);
      expect(arrived.at(-1)?.searchParams.get('error')).toBe('consent_required');

      const late = await ask(read());
      await page.goto(late.url);
      await page.waitForSelector('[data-testid=approve]');
      await database.query(`update approvals set expires_at = now() where status = 'pending'`);
      await allowAt(page, script);
      await outcome(page, 410, /^This request expired at (?:\w+ \d+ \w+ )?\d\d:\d\d\.$/u);
      await page.goto(`${server.issuer}/r/apr_00`);
      await outcome(page, 404, /^Nothing to review here\.$/u);
      await context.close();
    },
  );

  test.each([true, false])(
    'U2, §7 T5: the safer offer stands below the two answers, is a no in one step, and is read before the agent hears it, script %s',
    async (script) => {
      const { context, page } = await atBrowser({ script });
      const types = [DELETE, 'repos.repository.archive'];
      const keeper = await registerAgent(server, {
        client_name: 'DevOps Bot',
        redirect_uris: [redirect],
        authorization_details_types: types,
      });
      const { challenge } = pkce();
      const pushed = await push(keeper, {
        code_challenge: challenge,
        redirect_uri: redirect,
        authorization_details: detailsParameter(deleteDetails()),
      });
      await page.goto(`${server.issuer}${authorizationUrl(keeper, pushed.body.request_uri)}`);
      await signInAt(page);
      const offer = page.locator('[data-testid=instead]');
      await offer.waitFor();
      // Without a passkey they cannot approve it yet: the way to one stands where Approve would.
      if (script) await lookAround(page, 'safer-offer', { script: true, decision: false });
      await look(page, `safer-offer-${script}`);
      expect(await page.locator('[data-instead]').textContent()).toBe(
        'Safer: archive the repository acme/billing◐ Locks a repository · Medium impact · Can be undone',
      );
      const [deny, below] = await Promise.all([page.locator('[data-testid=deny]').boundingBox(), offer.boundingBox()]);
      expect(below?.y).toBeGreaterThan((deny?.y ?? 0) + (deny?.height ?? 0));
      expect(below?.height).toBeGreaterThanOrEqual(44);
      // Neither a value to type, nor a box to tick, nor a while to wait.
      await offer.click();
      await page.locator('h1', { hasText: 'Denied.' }).waitFor();
      await look(page, `safer-offer-taken-${script}`);
      expect(await page.textContent('main')).toContain(
        'it may ask for this instead: archive the repository acme/billing',
      );
      await page.click('.button.primary');
      await page.waitForURL(/callback/u);
      expect(arrived.at(-1)?.searchParams.get('error_description')).toMatch(
        /ask for repos\.repository\.archive instead$/u,
      );
      expect(arrived.at(-1)?.href).not.toContain('billing');
      await context.close();
    },
  );

  test('U2-13, U9-1 every page of the story is sound at every width, light and dark, and leads to Your agents; U1-1, U1-3, U5-3, U6-2, U6-3, U9-3', async () => {
    const { context, page } = await atBrowser();
    const helper = await registerAgent(server, { client_name: 'Plan Helper' });
    const asks = (title: string) =>
      helper.post('/backchannel', {
        scope: 'openid offline_access',
        login_hint: 'person@acme.example',
        authorization_details: detailsParameter(inviteDetails({ title })),
        resource: CALENDAR,
        binding_message: 'K7-QX',
      });
    const check = async (name: string, at = page) => {
      await look(at, name);
      await lookAround(at, name, { script: true, decision: name === 'review' });
      const signedIn = (await at.locator('.you').count()) > 0;
      expect([name, await at.locator('header a[href="/agents"]').isVisible()]).toEqual([name, signedIn]);
    };
    const asked = await asks('Secret plan');
    expect(asked.status).toBe(200);
    const { rows } = await database.query('select id from approvals where client_id = $1', [helper.clientId]);
    await page.goto(server.issuer);
    await check('home');
    // U1-1: whoever has the link alone learns nothing.
    await page.goto(`${server.issuer}/r/${rows[0].id}`);
    expect(await page.content()).not.toMatch(/data-fact|Secret plan|Plan Helper/u);
    await check('sign-in');
    // U1-3: what a password manager copied is pasted.
    await page.fill('[name=email]', server.demo.password);
    await page.press('[name=email]', 'Control+A');
    await page.press('[name=email]', 'Control+X');
    await page.press('[name=password]', 'Control+V');
    await page.fill('[name=email]', 'person@acme.example');
    await page.press('[name=email]', 'Enter');
    await page.waitForURL(`**/r/${rows[0].id}`);
    await check('review');
    const sentence = await page.textContent('h1 .asked');
    await page.fill('[name=number]', asked.body.display_code);
    await page.check('[name=duration][value=PT1H]');
    await allowAt(page);
    await page.waitForSelector('text=Allowed');
    await check('receipt');
    // U6-3, U9-3: one sentence, from the question to what is still allowed.
    expect(await page.textContent('main')).toContain(`Plan Helper may ${sentence} until`);
    const answer = await helper.token({ grant_type: CIBA, auth_req_id: asked.body.auth_req_id });
    const agents = await context.newPage();
    await agents.goto(`${server.issuer}/agents`);
    await check('agents', agents);
    expect(await agents.locator('article', { hasText: 'Plan Helper' }).textContent()).toContain(`May ${sentence}`);
    await agents.close();

    // U6-2
    const [refreshed, seen] = [
      () => helper.token({ grant_type: 'refresh_token', refresh_token: answer.body.refresh_token }),
      () => helper.post('/token/introspection', { token: answer.body.access_token }, { dpop: false }),
    ];
    expect([answer.status, (await seen()).body.active]).toEqual([200, true]);
    await page.click('button:has-text("Stop this now")');
    await page.waitForURL(/agents/u);
    expect([(await seen()).body.active, (await refreshed()).body.error]).toEqual([false, 'invalid_grant']);

    await asks('Not mine');
    await page.goto(`${server.issuer}/inbox`);
    await check('inbox');
    await page.click('a[href^="/r/"]');
    await page.click('[data-testid=deny]');
    await page.waitForSelector('text=Denied.');
    await check('denied');
    // U5-3
    await page.click('button:has-text("I did not start this")');
    await page.waitForSelector('text=This agent is paused for you.');
    await check('reported');
    expect((await asks('Once more')).body.error_description).toBe('the person paused this agent');
    await page.goto(`${server.issuer}/agents`);
    await check('agents-paused');
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
      await allowAt(page);
      await page.waitForSelector(`text=${expected}`);
    }
    expect(await agent.token({ grant_type: CIBA, auth_req_id: first.auth_req_id })).toMatchObject({
      status: 400,
      body: { error: 'access_denied' },
    });

    const second = await begin('Two tabs');
    const [other, inbox, untold] = [await context.newPage(), await context.newPage(), await context.newPage()];
    // Both are drawn before the decision, and hear the news only from after it on: what came between is not lost.
    let listen = () => {};
    const decided = new Promise<void>((resolve) => {
      listen = resolve;
    });
    await context.route('**/inbox/events', async (route) => {
      await decided;
      await route.continue();
    });
    await untold.route('**/inbox/events', (route) => route.fulfill({ status: 204 })); // as a server with too many streams
    for (const tab of [other, untold]) await tab.goto(page.url());
    await inbox.goto(`${server.issuer}/inbox`);
    expect(await inbox.locator('a[href^="/r/"]').count()).toBe(1);
    await page.click('[data-testid=deny]');
    await page.waitForSelector('text=Denied');
    await look(page, 'denied');
    listen();
    await inbox.bringToFront();
    await inbox.locator('a[href^="/r/"]').waitFor({ state: 'detached' });
    // They hear of it by themselves.
    for (const tab of [other, untold]) await tab.waitForSelector('h1:has-text("Already decided by you at")');
    await other.goto(other.url());
    expect(await other.locator('[data-testid=approve]').count()).toBe(0);
    expect(await agent.token({ grant_type: CIBA, auth_req_id: second.auth_req_id })).toMatchObject({
      body: { error: 'access_denied' },
    });
    await context.close();
  });

  test('U9-2: stopping a task is one click, and the token is inactive at once', async () => {
    const { context, page } = await atBrowser();
    const { url, verifier } = await ask(read());
    await page.goto(url);
    await signInAt(page);
    await page.check('[name=duration][value=PT1H]');
    await allowAt(page);
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
