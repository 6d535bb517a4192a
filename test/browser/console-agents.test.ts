import { execFile as execFileCallback } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { sweepAgents } from '../../adapters/postgres/agent-jobs.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { acceptOffers } from '../support/admin.ts';
import {
  clientWith,
  INVITE,
  inviteDetails,
  type Json,
  newKey,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { arrive, enter, nothingToComplainOf, signedInAt } from '../support/at-browser.ts';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { DELETE, deleteDetails } from '../support/ceremony.ts';
import { cli } from '../support/cli.ts';
import { databaseOf, introspect, leafToken } from '../support/delegation.ts';
import { DESK, lookAround, tabTo } from '../support/looking.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

const execFile = promisify(execFileCallback);

describeBrowser('A1 to A4: agents at a real browser', () => {
  let server: TestServer;
  let database: Database;
  let browser: Browser;
  let anna: TestPerson;
  let helper: TestClient;
  let keeper: TestClient;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchBrowser()]);
    database = databaseOf(server);
    anna = await signIn(server);
    helper = await registerAgent(server, { client_name: 'Meeting Helper', authorization_details_types: [READ] });
    keeper = await registerAgent(server, {
      client_name: 'Repository Keeper',
      agent_mode: 'unattended',
      authorization_details_types: [DELETE],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await database?.close();
    await server?.close();
  });
  afterEach(nothingToComplainOf);

  const at = (email: string, path: string, script: boolean) =>
    signedInAt(browser, server, email, path, { script, viewport: DESK });
  const look = async (page: Page, name: string) => {
    await lookAround(page, name, { script: true, decision: false });
    await page.setViewportSize(DESK);
  };
  const names = (page: Page) => page.locator('[data-row] th .row-link').allTextContents();

  test('A4-1, A4-3, A4-4: five steps lead to an agent; none is left out, nothing typed is lost, and its key is only on the page', async () => {
    await using ada = await at('admin@acme.example', '/admin', true);
    const { page } = ada;
    await page.getByRole('link', { name: 'Agents', exact: true }).click();
    await page.getByRole('link', { name: 'Register an agent' }).click();
    const draft = page.url().replace(/\/1$/, '');
    const next = page.locator('[data-testid=submit]');
    const problem = (words: string) => page.locator('.error-summary', { hasText: words }).waitFor();

    // By keyboard; the browser itself insists on a name.
    await tabTo(page, 'purpose');
    await page.keyboard.type('Refunds what was billed twice');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.name')).toBe('name');
    await page.keyboard.type('Meeting-Helper');
    await page.keyboard.press('Enter');
    await problem('There is an agent called Meeting Helper.');
    expect(await page.inputValue('[name=purpose]')).toBe('Refunds what was billed twice');
    await page.fill('[name=name]', 'Refund Worker');
    await next.click();

    // Whoever knows the address of the last page is led back to what is missing.
    await page.waitForURL(/\/2$/);
    await page.goto(`${draft}/review`);
    expect(page.url()).toBe(`${draft}/2`);
    await page.fill('[name=owner]', 'owner@acme.example');
    await page.fill('[name=deputy]', 'owner@acme.example');
    await next.click();
    await problem('two people');
    await page.fill('[name=deputy]', 'nobody@acme.example');
    await next.click();
    await problem('nobody@acme.example is nobody of your organization.');
    await page.fill('[name=deputy]', 'admin@acme.example');
    await next.click();
    await page.check('[name=mode][value=attended]');
    await page.fill('[name=redirect_uris]', 'http://127.0.0.1/callback');
    await next.click();
    await page.check('[name=keys][value=given]');
    await page.fill('[name=jwks]', JSON.stringify((await newKey()).jwk));
    await next.click();
    await problem('This is a private key.');
    await page.check('[name=keys][value=made]');
    await page.fill('[name=jwks]', '');
    await next.click();
    await page.fill('[name=days]', '30');
    await next.click();
    await problem('Choose at least one action.');
    // What is said leads there.
    await page.click('.error-summary a');
    expect((await page.locator('#actions').boundingBox())?.y).toBeLessThan(DESK.height / 2);
    await page.check(`[name="action ${READ}"]`);
    await page.selectOption('[name=highest_impact]', 'low');
    await page.getByRole('link', { name: 'Back' }).click();
    expect(await page.isChecked('[name=keys][value=made]')).toBe(true);
    await next.click();
    await page.check(`[name="action ${READ}"]`);
    await page.selectOption('[name=highest_impact]', 'low');
    await page.fill('[name=days]', '30');
    await next.click();
    await page.waitForURL(/review$/);
    expect(await page.textContent('[data-testid=preview] h1')).toMatch(/^Refund Worker wants to read .*calendar/);
    await look(page, 'review');
    await page.getByRole('button', { name: 'Register it' }).click();
    await page.getByRole('status').waitFor();
    await look(page, 'registered');

    // A4-4
    const { d } = JSON.parse((await page.textContent('[data-testid=private-key]')) ?? '');
    expect(d).toMatch(/^[\w-]{43}$/);
    const tables = await database.rows<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const row = await database.first(`select from "${name}" t where position($1 in t::text) > 0`, [d]);
      if (row) found.push(name);
    }
    expect([tables.length > 20, found]).toEqual([true, []]);

    // A4-3: the snippet runs as it stands there.
    const section = page.locator('section', {
      has: page.getByRole('heading', { name: 'What changes its registration' }),
    });
    const token = ((await section.locator('code').textContent()) ?? '').trim();
    const ran = await execFile('sh', ['-c', (await page.textContent('[data-testid=snippet-curl]')) ?? ''], {
      env: { PATH: process.env.PATH, REGISTRATION_ACCESS_TOKEN: token },
      timeout: 20_000,
    });
    const registration = JSON.parse(ran.stdout);
    expect(registration).toMatchObject({ client_name: 'Refund Worker', agent_status: 'pending' });

    // A4-1: without an owner who accepted it begins nothing; what was typed stays where the name is wrong.
    await page.getByRole('link', { name: 'Activate…' }).click();
    await page.getByText('It lacks an active owner who accepted it').waitFor();
    await page.fill('[name=confirmation]', 'refund worker');
    await page.fill('[name=reason]', 'ready');
    await next.click();
    await problem('Refund Worker');
    expect([await page.inputValue('[name=confirmation]'), await page.inputValue('[name=reason]')]).toEqual([
      'refund worker',
      'ready',
    ]);
    const form = page.url();
    await page.fill('[name=confirmation]', 'Refund Worker');
    await arrive(page, next.click());
    expect(await page.evaluate('performance.getEntriesByType("navigation")[0].responseStatus')).toBe(409);
    expect(await page.textContent('main')).toContain('owner');
    await acceptOffers(server, registration);
    await page.goto(form);
    await page.fill('[name=confirmation]', 'Refund Worker');
    await page.fill('[name=reason]', 'ready');
    await next.click();
    await page.locator('.pill', { hasText: 'active' }).waitFor();
  });

  test('A4-2: the file that the page shows makes the same agent at the command line', async () => {
    await using ada = await at('admin@acme.example', '/admin/agents/new', false);
    const { page } = ada;
    const next = () => page.click('[data-testid=submit]');
    await page.fill('[name=name]', 'Room Finder');
    await page.fill('[name=purpose]', 'Finds rooms');
    await next();
    await page.fill('[name=owner]', 'owner@acme.example');
    await page.fill('[name=deputy]', 'admin@acme.example');
    await next();
    await page.check('[name=mode][value=unattended]');
    await page.selectOption('[name=environment]', 'staging');
    await next();
    await page.check('[name=keys][value=given]');
    await page.fill('[name=jwks]', JSON.stringify((await newKey()).publicJwk));
    await next();
    for (const action of [READ, INVITE]) await page.check(`[name="action ${action}"]`);
    await page.selectOption('[name=highest_impact]', 'medium');
    await page.fill('[name=per_minute]', '7');
    await page.fill('[name=days]', '45');
    await next();
    await page.click('summary');
    const yaml = (await page.textContent('details pre')) ?? '';
    await page.getByRole('button', { name: 'Register it' }).click();
    await page.getByRole('status').waitFor();

    const home = mkdtempSync(join(tmpdir(), 'countersign-file-'));
    try {
      const file = join(home, 'agent.yaml');
      const apply = (text: string, ...args: string[]) => {
        writeFileSync(file, text);
        return cli(server, [...args, '-f', file, '--organization', 'acme']);
      };
      expect(JSON.parse((await apply(yaml, 'diff', '-o', 'json')).stdout)).toEqual([]);
      const applied = await apply(yaml.replace('Room Finder', 'Desk Finder'), 'apply', '--yes');
      expect([applied.code, applied.stdout]).toEqual([0, expect.stringContaining('Desk Finder')]);
    } finally {
      rmSync(home, { recursive: true });
    }
    const made = (name: string) =>
      database.first<Json>(
        `select a.mode, a.environment, a.status, a.purpose, a.owner, a.deputy, a.limits, a.effective_limits,
                round(extract(epoch from a.expires_at - a.created_at) / 86400) as days,
                c.metadata - 'client_id' - 'client_name' - 'client_id_issued_at' as metadata
         from agents a join clients c on c.agent = a.id where a.name = $1`,
        [name],
      );
    const [byPage, byFile] = [await made('Room Finder'), await made('Desk Finder')];
    expect(byPage).toMatchObject({ days: '45', mode: 'unattended', environment: 'staging' });
    expect(byFile).toEqual(byPage);
  });

  test.each([true, false])(
    'A2-1, A2-4: the list is narrowed and sorted, also after a reload and on the way back, and an agent is paused from it, script %s',
    async (script) => {
      const name = `Pausable ${script}`;
      const agent = await registerAgent(server, { client_name: name, authorization_details_types: [READ] });
      await using ada = await at('admin@acme.example', '/admin/agents', script);
      const { page } = ada;
      await page.fill('[name=q]', `status:active level:low ${script}`);
      await page.keyboard.press('Enter');
      await page.locator('.chips').waitFor();
      await page.getByRole('link', { name: 'Last used' }).click();
      await page.waitForURL(/sort=/);
      const seen = async () => [await names(page), await page.locator('.chip-link').count(), await sorted()];
      const sorted = () => page.locator('th[aria-sort=ascending], th[aria-sort=descending]').textContent();
      const expected = [[name], 3, expect.stringContaining('Last used')];
      expect(await seen()).toEqual(expected);
      await page.reload();
      expect(await seen()).toEqual(expected);
      await arrive(page, page.getByRole('link', { name, exact: true }).click());
      await page.goBack();
      expect(await seen()).toEqual(expected);
      await arrive(page, page.getByRole('link', { name: `Remove ${script}` }).click());
      expect((await names(page)).length).toBeGreaterThan(1);
      await page.goBack();

      // A2-4, by keyboard
      await page.focus('details.here summary');
      await page.keyboard.press('Enter');
      await tabTo(page, 'reason');
      await page.keyboard.type('It asked too often');
      await page.keyboard.press('Enter');
      await page.getByRole('status').getByText('Paused.').waitFor();
      expect(await page.locator(`[data-row="${agent.registration.agent_id}"] th`).textContent()).toBe(
        `${name} ■ suspended`,
      );
      expect(await agent.token({ grant_type: 'client_credentials' })).toMatchObject({ status: 401 });
    },
  );

  test('A2-2: its owner leaves: the list flags it within one run of the job, and shows it paused after the grace', async () => {
    const { agent_id: id } = (await registerAgent(server, { client_name: 'Left Alone' })).registration;
    await database.run(
      `insert into people (organization, id, email, name, roles, status)
       select id, 'usr_' || n, n || '@acme.example', n, '{}', 'active' from organizations, unnest('{oda,dan}'::text[]) n where slug = 'acme'`,
    );
    await database.run(`update agents set owner = 'usr_oda', deputy = 'usr_dan' where id = $1`, [id]);
    await using ada = await at('admin@acme.example', '/admin/agents', false);
    const { page } = ada;
    const ownerless = page.getByRole('link', { name: /^Ownerless/ });
    expect(await ownerless.textContent()).toBe('Ownerless 0');
    await database.run(`update people set status = 'disabled' where id like 'usr_oda' or id like 'usr_dan'`);
    await sweepAgents(database);
    await page.reload();
    expect(await ownerless.textContent()).toBe('Ownerless 1');
    await arrive(page, ownerless.click());
    const row = page.locator(`[data-row="${id}"]`);
    expect(await row.textContent()).toMatch(/^Left Alone ● active.*ownerless/);
    await database.run(`update agents set unowned_since = now() - interval '8 days' where id = $1`, [id]);
    await sweepAgents(database);
    await page.reload();
    expect(await row.textContent()).toMatch(/^Left Alone ■ suspended.*ownerless/);
    await row.getByRole('link').click();
    await page.getByRole('link', { name: 'Changes' }).click();
    await page.getByText('nobody answers for it').waitFor();
  });

  test('A3-1, A3-3: what it may do says what was used; what taking an action away would end is shown, and ends when confirmed', async () => {
    const agent = await registerAgent(server, {
      client_name: 'Loses One',
      authorization_details_types: [READ, INVITE],
    });
    const { agent_id: id } = agent.registration;
    const reading = await leafToken(agent, anna, [readDetails()]);
    const inviting = await leafToken(agent, anna, [inviteDetails()]);
    await using ada = await at('admin@acme.example', '/admin/agents', true);
    const { page } = ada;
    await page.getByRole('link', { name: 'Loses One' }).click();
    await arrive(page, page.getByRole('link', { name: 'Activity' }).click());
    const issued = page.locator('[data-row]', { hasText: 'got a token' });
    expect(await issued.count()).toBe(2);
    const last = await issued.first().locator('th').textContent();
    await page.getByRole('link', { name: 'May do' }).click();
    const row = page.locator(`[data-row="${INVITE}"]`);
    expect(await row.locator('td').nth(3).textContent()).toBe(last);
    // Until when a task runs is said as every clock here says it; an hour before midnight, with the day.
    expect(await row.locator('td').nth(2).textContent()).toMatch(
      /^Anna Berg approved tsk_[0-9a-f]+, until (?:\w{3} \d{1,2} \w{3} )?\d\d:\d\d/,
    );
    const lives = async () => [(await introspect(agent, reading)).active, (await introspect(agent, inviting)).active];
    await arrive(page, row.getByRole('link', { name: /^Remove/ }).click());
    await page.getByText('One live task of one person ends at once:').waitFor();
    expect(await page.locator('[data-row]').allTextContents()).toEqual([
      expect.stringMatching(/^Anna Berg.*Q1 review/),
    ]);
    expect(await lives()).toEqual([true, true]);
    await look(page, 'remove');
    await enter(page, 'submit');
    await page.getByRole('status').getByText('Removed.').waitFor();
    expect(await lives()).toEqual([true, false]);
    expect(page.url()).toContain(id);
  });

  test('A3-2: a new key counts, and the old one until the time that was chosen; then it is refused', async () => {
    const agent = await registerAgent(server, { client_name: 'Gets A Key' });
    const { client_id: clientId, agent_id: id } = agent.registration as { client_id: string; agent_id: string };
    const { jwk, publicJwk } = await newKey();
    const renewed = await clientWith(server, clientId, jwk, agent.registration);
    // With a key that counts it is told what it may not; with another it is nobody.
    const count = async () => {
      const asked = (client: TestClient) => client.token({ grant_type: 'client_credentials' });
      return [(await asked(agent)).status !== 401, (await asked(renewed)).status !== 401];
    };
    await using olga = await at('owner@acme.example', `/admin/agents/${id}`, false);
    const { page } = olga;
    await page.getByRole('link', { name: 'Rotate key' }).click();
    const submit = page.locator('[data-testid=submit]');
    await page.fill('[name=keys]', JSON.stringify(jwk));
    await page.selectOption('[name=overlap]', 's3600');
    await submit.click();
    await page.locator('.error-summary', { hasText: 'This is a private key.' }).waitFor();
    expect(await page.inputValue('[name=overlap]')).toBe('s3600');
    await page.fill('[name=keys]', JSON.stringify(publicJwk));
    await submit.click();
    await page.getByRole('status').getByText('The new key counts now.').waitFor();
    expect(await count()).toEqual([true, true]);
    await arrive(page, page.getByRole('link', { name: 'Rotate key' }).click());
    expect(await page.locator('[data-row] td').allTextContents()).toEqual([
      'no end',
      expect.stringMatching(/\d\d:\d\d/),
    ]);
    // An hour goes by.
    await database.run(
      `update clients set metadata = jsonb_set(metadata, '{jwks,keys,1,exp}', to_jsonb((metadata #>> '{jwks,keys,1,exp}')::bigint - 3601))
       where client_id = $1`,
      [clientId],
    );
    expect(await count()).toEqual([false, true]);
  });

  test('A1: every figure of the overview leads to the list that counts the same, and back', async () => {
    const asks = async (client: TestClient, details: Json) => {
      const form = { scope: 'openid', login_hint: 'person@acme.example' };
      const asked = await client.post('/backchannel', { ...form, authorization_details: detailsParameter(details) });
      expect(asked.status).toBe(200);
    };
    await asks(helper, readDetails({ to: '2026-11-27' }));
    await asks(keeper, deleteDetails());
    await using ada = await at('admin@acme.example', '/admin', true);
    const { page } = ada;
    const figures = page.locator('.figure');
    const said = await figures.allTextContents();
    expect(said).toEqual(
      expect.arrayContaining([expect.stringMatching(/^2 wait/), expect.stringMatching(/^1 .*critical/)]),
    );
    for (const [index, words] of said.entries()) {
      await figures.nth(index).getByRole('link').click();
      await page.waitForURL((url) => url.pathname !== '/admin');
      expect([words, await page.locator('[data-row]:has(.row-link)').count()]).toEqual([
        words,
        Number.parseInt(words, 10),
      ]);
      await page.goBack();
    }
  });
});
