import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { decisionPage } from '../../views/decision.tsx';
import { inboxPage } from '../../views/inbox.tsx';
import { describeBrowser, launchBrowser } from '../support/browser.ts';
import { AXE, axe, DESK, decidable, looks, PHONE, SMALL_PHONE, tabTo, WIDER, WIDTHS } from '../support/looking.ts';
import { HOSTILE, harmDone, hostilePages } from './hostile.ts';
import { account, everyPage, pagesIn } from './pages.ts';
import { inbox, readCalendar } from './samples.ts';
import { type Site, startSite } from './site.ts';

describeBrowser('the pages in a browser', () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    browser = await launchBrowser();
    site = await startSite(everyPage);
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
    site?.server.close();
    site?.server.closeAllConnections();
  });

  /** A page in a context of its own, closed when it goes out of scope. */
  async function open(name: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ viewport: PHONE, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(site.base)) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(`${site.base}/${name}`);
    site.posts.length = 0;
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
  }

  /** One page of the site, whose content is then exchanged for one sample after the other: no load, no context each. */
  async function stage(options: BrowserContextOptions = {}) {
    const opened = await open('read-calendar', { reducedMotion: 'reduce', ...options });
    await opened.page.evaluate(TURN);
    // Nothing is told that it loaded where there is no script.
    if (options.javaScriptEnabled !== false) await opened.page.evaluate('window.loaded');
    /** What `look` (a function in the page's own words) finds on each of these pages, where it finds anything. */
    const findings = async (pages: Readonly<Record<string, string>>, look: string) =>
      (await opened.page.evaluate(`(async () => {
        const found = {};
        for (const [name, html] of Object.entries(${JSON.stringify(pages)})) {
          turnTo(html);
          const one = await (${look})();
          if (one.length > 0) found[name] = one;
        }
        return found;
      })()`)) as Record<string, unknown>;
    return { ...opened, findings };
  }

  test('U2-13 no accessibility violation on any page, light and dark', async () => {
    await using staged = await stage();
    await staged.page.evaluate(AXE);
    expect(await staged.findings(everyPage, axe())).toEqual({});
    await staged.page.emulateMedia({ colorScheme: 'dark' });
    await staged.page.setViewportSize(SMALL_PHONE);
    // What depends on colours and widths; the rest was looked at.
    expect(await staged.findings(everyPage, looks)).toEqual({});
  }, 180_000);

  test.each(['en', 'de', 'en-XA', 'ar-XB'] as const)(
    'no page in %s is wider than its window, at 320, 390, 768 and 1280 px, with more space between words too',
    async (language) => {
      await using staged = await stage();
      const pages = pagesIn(language).everyPage;
      for (const size of WIDTHS) {
        await staged.page.setViewportSize(size);
        expect([size.width, await staged.findings(pages, WIDER)]).toEqual([size.width, {}]);
      }
      // WCAG 1.4.12: nothing is cut off where somebody spaces text for themselves.
      await staged.page.setViewportSize(SMALL_PHONE);
      const spaced = `() => {
        for (const element of document.body.querySelectorAll('*')) {
          element.style.cssText = 'line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important';
        }
        const over = document.documentElement.scrollWidth - innerWidth;
        const cut = [...document.querySelectorAll('.button, dd, p, h1')].filter((one) => one.scrollWidth > one.clientWidth + 1);
        return over > 0 || cut.length > 0 ? [over, ...cut.map((one) => one.textContent.slice(0, 40))] : [];
      }`;
      if (language === 'en') expect(await staged.findings(pages, spaced)).toEqual({});
    },
    120_000,
  );

  test.each([
    { language: 'en', script: true },
    { language: 'de', script: true },
    { language: 'en', script: false },
    { language: 'de', script: false },
  ] as const)(
    'U2-1, U2-3, U2-4, U2-5, U2-13 in $language, script $script: six facts and two equal buttons on the first screen of a phone, sound at every width, light and dark',
    async ({ language, script }) => {
      await using staged = await stage({ javaScriptEnabled: script });
      const { decisions, variants } = pagesIn(language);
      const { 'ask-for-approval': asking = '', 'amount-chosen': chosen = '' } = variants;
      const pages: Record<string, string> = { ...decisions, asking, chosen };
      await staged.page.evaluate(AXE);
      for (const colorScheme of ['light', 'dark'] as const) {
        await staged.page.emulateMedia({ colorScheme });
        for (const size of WIDTHS) {
          await staged.page.setViewportSize(size);
          const found = await staged.findings(pages, decidable(script));
          expect([size, colorScheme, found]).toEqual([size, colorScheme, {}]);
        }
        // It does not run without script: there the page is looked at with what such a person sees.
        if (!script) continue;
        const unwrapped = mapped(pages, (html) => html.replaceAll(/<\/?noscript>| data-unguarded/gu, ''));
        const found = await staged.findings(unwrapped, looks);
        expect([colorScheme, found]).toEqual([colorScheme, {}]);
      }
    },
    60_000,
  );

  test('on a phone the part of the console that this is stands in sight, however many stand before it', async () => {
    await using opened = await open('console-recoveries');
    const current = opened.page.locator('.console-nav [aria-current]');
    const { x = -1, width = 0 } = (await current.boundingBox()) ?? {};
    expect([x >= 0, x + width <= PHONE.width]).toEqual([true, true]);
  });

  test('on a desk no state in a list takes a second line, and no name stands a few letters wide', async () => {
    await using staged = await stage();
    await staged.page.setViewportSize(DESK);
    const cut = `() => [
      ...[...document.querySelectorAll('.rows .pill')].filter((one) => one.offsetHeight > 32),
      ...[...document.querySelectorAll('.rows td:has(bdi)')].filter((one) => one.clientWidth < 80),
    ].map((one) => one.textContent)`;
    for (const language of ['en', 'de'] as const)
      expect([language, await staged.findings(pagesIn(language).everyPage, cut)]).toEqual([language, {}]);
  });

  test('a quotation mark stands with the value that it quotes, and a tick with what is stated, wherever the line ends', async () => {
    await using staged = await stage();
    const quoted = [
      { text: 'export up to ', critical: false },
      { text: '1,240', critical: true },
      { text: ' contacts tagged “', critical: false },
      { text: 'Lead 2026', critical: true },
      { text: '”, all of them', critical: false },
    ];
    const stated = [
      { text: 'name, email und phone', critical: false, value: true },
      { text: ' (', critical: false },
      { text: '1.240', critical: false, value: true, stated: true },
      { text: ' Personen)', critical: false },
    ];
    const facts = { ...readCalendar.facts, what: quoted, data: stated };
    const page = decisionPage({ ...readCalendar, headline: quoted, facts });
    const torn = `() => [...document.querySelectorAll('.stated')].filter((one) => one.getClientRects().length !== 1)`;
    const parted = `() => [...document.querySelectorAll('.asked, dd[data-fact=what]')].flatMap((one) => {
      const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
      const tops = [];
      while (walker.nextNode()) {
        const range = document.createRange();
        for (let at = 0; at < walker.currentNode.length; at++) {
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + 1);
          tops.push([walker.currentNode.data[at], Math.round(range.getBoundingClientRect().bottom)]);
        }
      }
      const apart = (one, other) => Math.abs(tops[one][1] - tops[other][1]) > 6;
      return tops.flatMap(([mark], index) =>
        (mark === '“' && apart(index, index + 1)) || (mark === '”' && apart(index, index - 1)) ? [mark] : []);
    })`;
    for (let width = 320; width <= 420; width += 2) {
      await staged.page.setViewportSize({ width, height: 844 });
      expect([width, await staged.findings({ page }, parted)]).toEqual([width, {}]);
      expect([width, await staged.findings({ page }, torn)]).toEqual([width, {}]);
    }
    const said = await staged.findings({ page }, '() => [document.querySelector(".asked").textContent]');
    expect(said).toEqual({ page: ['export up to 1,240 contacts tagged “Lead 2026”, all of them'] });
  });

  test('U2-8 hostile words in a name, a headline, a fact, a quotation, a reference or a row change nothing else on any page', async () => {
    await using staged = await stage({ viewport: SMALL_PHONE });
    const calm = await staged.findings(hostilePages('calm'), '() => document.querySelector("main").textContent');
    for (const { name, words } of HOSTILE) {
      const found: Record<string, unknown> = {};
      for (const [page, html] of Object.entries(hostilePages(words))) {
        Object.assign(found, await staged.findings({ [page]: html }, harmDone(words, String(calm[page]))));
      }
      expect([name, found]).toEqual([name, {}]);
    }
  }, 60_000);

  test('U2-10 a page asks nothing of anybody else and breaks no rule of its own', async () => {
    for (const name of ['read-calendar', 'inbox', 'agents', 'sign-in', 'receipt']) {
      await using opened = await open(name);
      expect([name, opened.complaints]).toEqual([name, []]);
    }
  }, 60_000);

  test('U2-9 a click by script sends nothing, at once or later', async () => {
    await using opened = await open('read-calendar');
    const { page } = opened;
    const press = () => page.evaluate("document.querySelector('[data-testid=approve]').click()");
    await press();
    await armed(page);
    await page.mouse.move(0, 0); // where it rests: an event, but no move
    await press();
    expect(await sentAfterAMoment(page, site)).toEqual([]);
    expect(await page.textContent('[data-note]')).toBe('Tick the box, then choose again.');
  });

  test('U2-9 a click the moment the button is drawn sends nothing, however late the script comes', async () => {
    const context = await browser.newContext({ viewport: PHONE });
    await context.addInitScript(`new MutationObserver((_, observer) => {
      const button = document.querySelector('[data-testid=approve]');
      if (!button) return;
      observer.disconnect();
      document.documentElement.dataset.clicked = 'yes';
      button.click();
    }).observe(document, { childList: true, subtree: true })`);
    const page = await context.newPage();
    await page.route('**/decide.js', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    site.posts.length = 0;
    await page.goto(`${site.base}/read-calendar`);
    await page.waitForSelector('[data-clicked]');
    expect(await sentAfterAMoment(page, site)).toEqual([]);
    await armed(page); // and then it is a page like any other
    expect(await decided(page, () => page.click('[data-testid=approve]'), site)).toMatchObject({ decision: 'approve' });
    await context.close();
  });

  describe.each([
    { name: 'read-calendar', button: 'approve', decision: 'approve' },
    { name: 'ask-for-approval', button: 'ask-for-approval', decision: 'ask' },
  ])('U2-9 on $name', ({ name, button, decision }) => {
    const selector = `[data-testid=${button}]`;

    test('a real click in the first 700 ms of reading is held back, and says why; after them it counts', async () => {
      await using opened = await open(name, { viewport: SMALL_PHONE, colorScheme: 'dark' });
      const { page } = opened;
      // By a clock of its own: how busy this machine is does not matter.
      await page.clock.install({ time: 0 });
      await page.reload();
      await page.clock.pauseAt(60_000);
      await page.locator(selector).scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await page.locator(selector).boundingBox()) ?? never();
      const press = () => page.mouse.click(x + width / 2, y + height / 2);
      // The window in front closes and this one gets the focus, and with it the second half of a double click.
      await page.evaluate("dispatchEvent(new Event('focus'))");
      for (const passing of [0, 699]) {
        await page.clock.runFor(passing);
        await press();
        expect(await sentAfterAMoment(page, site)).toEqual([]);
        expect(await page.textContent('[data-note]')).toBe('Please read it first, then choose again.');
      }
      await page.clock.runFor(1);
      expect(await decided(page, () => page.click(selector), site)).toMatchObject({ decision, read: '1' });
    });

    test('the keyboard alone is enough, each stop is seen, and Deny comes first', async () => {
      await using opened = await open(name);
      const { page } = opened;
      await armed(page);
      await tabTo(page, 'deny');
      await tabTo(page, button);
      expect(await decided(page, () => page.keyboard.press('Enter'), site)).toMatchObject({ decision });
    });
  });

  test('assistive technology that only clicks is offered a box to tick', async () => {
    await using opened = await open('read-calendar');
    const { page } = opened;
    await armed(page);
    await page.evaluate("document.querySelector('[data-testid=approve]').click()");
    await page.check('input[name=read]');
    expect(await decided(page, () => page.click('[data-testid=approve]'), site)).toMatchObject({ read: '1' });
  });

  test('U5-1 Deny works at once, with nothing typed, with and without script', async () => {
    for (const javaScriptEnabled of [true, false]) {
      await using opened = await open('export-contacts', { javaScriptEnabled });
      const { page } = opened;
      expect(await decided(page, () => page.click('[data-testid=deny]'), site)).toMatchObject({ decision: 'deny' });
    }
  });

  test('without script the box must be ticked, and then the form is the same', async () => {
    await using opened = await open('read-calendar', { javaScriptEnabled: false });
    const { page } = opened;
    await page.click('[data-testid=approve]');
    expect(await sentAfterAMoment(page, site)).toEqual([]);
    await page.check('input[name=read]');
    await page.check('input[name=duration][value=PT1H]');
    expect(await decided(page, () => page.click('[data-testid=approve]'), site)).toEqual({
      csrf: 'csrf-value',
      request_hash: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
      screen: 'scr_1',
      narrow_0_from: '2026-11-24',
      narrow_0_to: '2026-11-28',
      duration: 'PT1H',
      read: '1',
      decision: 'approve',
    });
  });

  test.each([
    { name: 'read-calendar', what: 'where its script does not arrive', arrives: false },
    { name: 'choice-unread', what: 'where it was missing before, whatever runs', arrives: true },
  ])('U2-9 the box stays $what, and must be ticked', async ({ name, arrives }) => {
    const context = await browser.newContext({ viewport: PHONE });
    const page = await context.newPage();
    if (!arrives) await page.route('**/decide.js', (route) => route.abort());
    site.posts.length = 0;
    await page.goto(`${site.base}/${name}`);
    if (arrives) {
      await armed(page);
      await page.mouse.move(40, 60);
    }
    await page.click('[data-testid=approve]');
    expect(await sentAfterAMoment(page, site)).toEqual([]);
    await page.check('input[name=read]');
    expect(await decided(page, () => page.click('[data-testid=approve]'), site)).toMatchObject({
      decision: 'approve',
      read: '1',
    });
    await context.close();
  });

  test('U2-9 where the script stands guard the box is never seen', async () => {
    const context = await browser.newContext({ viewport: PHONE });
    const page = await context.newPage();
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    // The page has begun and is not all there: its script ran, and the guard does not stand yet.
    const half =
      everyPage['read-calendar']?.replace('</main>', '</main><script src="/static/last.js"></script>') ?? never();
    site.inbox = half;
    await page.route('**/last.js', async (route) => {
      await arrived;
      await route.fulfill({ contentType: 'text/javascript', body: '' });
    });
    await page.goto(`${site.base}/inbox-live`, { waitUntil: 'commit' });
    await page.locator('[data-testid=approve]').waitFor();
    expect(await page.locator('input[name=read]').count()).toBe(1);
    expect(await page.locator('input[name=read]').isVisible()).toBe(false);
    arrive();
    await page.locator('input[name=read]').waitFor({ state: 'detached' });
    await context.close();
  });

  test('Enter in the number decides nothing', async () => {
    await using opened = await open('export-contacts');
    const { page } = opened;
    await armed(page);
    await page.fill('#number', '47');
    await page.press('#number', 'Enter');
    expect(await sentAfterAMoment(page, site)).toEqual([]);
    expect(await decided(page, () => page.click('[data-testid=approve]'), site)).toMatchObject({ number: '47' });
  });

  test('a double click sends one decision', async () => {
    await using opened = await open('read-calendar');
    const { page } = opened;
    await armed(page);
    await page.evaluate("document.querySelector('form[data-guard]').action = '/slow'");
    site.posts.length = 0;
    await page.dblclick('[data-testid=approve]');
    await page.waitForURL('**/slow');
    expect(site.posts).toHaveLength(1);
  });

  test('U3-7 what a person decides here is answered here, though the news of it comes first', async () => {
    const asked = everyPage['read-calendar'] ?? never();
    site.inbox = asked.replace('data-guard', 'data-events="/inbox/events" data-guard');
    await using opened = await open('inbox-live');
    const { page } = opened;
    await page.evaluate("document.querySelector('form[data-guard]').action = '/slow'");
    const answered = page.waitForURL('**/slow');
    await page.click('[data-testid=deny]', { noWaitAfter: true });
    site.inbox = everyPage.receipt ?? never();
    await site.announce();
    await answered;
  });

  test('the error summary has the focus, and so has a wrong number', async () => {
    for (const [name, focused] of [
      ['sign-in-refused', 'DIV'],
      ['choice-missing', 'DIV'],
      ['choice-unread', 'DIV'],
      ['number-wrong', 'number'],
      ['amount-wrong', 'critical_value'],
    ] as const) {
      await using opened = await open(name);
      expect(await opened.page.evaluate('document.activeElement.name || document.activeElement.tagName')).toBe(focused);
    }
  });

  test('U7-2 a decided request leaves the inbox without a reload, and the change is read out', async () => {
    const live = { ...inbox, events: '/inbox/events' };
    site.inbox = inboxPage(live);
    await using opened = await open('inbox-live');
    const { page } = opened;
    expect(await page.textContent('#waiting')).toBe('Waiting for you (2)');
    // The icon of an installed application counts along (U7).
    await page.evaluate(`(() => {
      window.badges = [];
      navigator.setAppBadge = async (count) => badges.push(count);
      navigator.clearAppBadge = async () => badges.push(0);
    })()`);
    site.inbox = inboxPage({ ...live, waiting: inbox.waiting.slice(1) });
    await site.announce();
    await page.locator('#inbox-news', { hasText: 'Waiting for you (1)' }).waitFor({ state: 'attached' });
    expect(await page.locator('.waiting-link').count()).toBe(1);
    site.inbox = inboxPage({ ...live, waiting: [] });
    await site.announce();
    await page.waitForSelector('text=Nothing is waiting for you');
    expect(await page.evaluate('badges')).toEqual([1, 0]);
  });

  test('U7-2 the same within five seconds where there is no event stream', async () => {
    site.inbox = inboxPage(inbox);
    await using opened = await open('inbox-live');
    const { page } = opened;
    site.inbox = inboxPage({ ...inbox, waiting: [] });
    await page.waitForSelector('text=Nothing is waiting for you', { timeout: 5000 });
  }, 15_000);

  test('U6-1 the way back is a link of full size', async () => {
    expect(account.allowed).toBeDefined();
    await using opened = await open('allowed');
    const box = await opened.page.locator('main a.button').boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
  });
});

const armed = (page: Page) => page.waitForSelector('form[data-guard] button[aria-disabled=false]');

const mapped = (pages: Record<string, string>, to: (html: string) => string) =>
  Object.fromEntries(Object.entries(pages).map(([name, html]) => [name, to(html)]));

const TURN = `const console = document.head.appendChild(document.createElement('link'));
window.loaded = new Promise((resolve) => { console.onload = resolve; });
Object.assign(console, { rel: 'stylesheet', href: '/static/admin.css' });
window.turnTo = (html) => {
  const next = new DOMParser().parseFromString(html, 'text/html');
  for (const name of ['lang', 'dir']) document.documentElement.setAttribute(name, next.documentElement.getAttribute(name));
  document.title = next.title;
  console.media = next.querySelector('link[href="/static/admin.css"]') ? 'all' : 'not all';
  document.body.replaceWith(document.importNode(next.body, true));
  for (const one of document.querySelectorAll('details')) one.open = true;
};`;

/** The fields that were posted by one act. */
async function decided(page: Page, act: () => Promise<void>, site: Site) {
  site.posts.length = 0;
  await Promise.all([page.waitForURL('**/r/req_8f2k'), act()]);
  expect(site.posts).toHaveLength(1);
  return site.posts[0];
}

function never(): never {
  throw new Error('the button is on the page');
}

/** What has been posted although nothing should have been. */
async function sentAfterAMoment(page: Page, site: Site) {
  await page.waitForTimeout(150);
  return site.posts.splice(0);
}
