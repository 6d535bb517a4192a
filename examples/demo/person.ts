import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { newAuthenticator, optionsIn } from './authenticator.ts';
import { Trouble } from './processes.ts';

const SECURITY = '/settings/security';
const DEVICE = 'Story';

/** The person of the story, who reads the decision page and approves. */
export interface Person {
  /** "a person decides in a browser", say. */
  readonly how: string;
  /**
   * Opens the address, signs in if asked, and approves what is shown there; in the inbox, what waits there.
   *
   * @param choice.about words of the request to choose in the inbox, where several may wait
   * @param choice.number to be typed, where the page asks for it
   * @param choice.picture a name for a picture of the page, where pictures are taken
   * @returns what the page said, if anybody but the person can know
   */
  approve(address: string, choice: Choice): Promise<Shown | undefined>;
  /** Adds a passkey, to approve high impact with; false where an earlier one is there, whose device is gone. */
  addPasskey(): Promise<boolean>;
  /** Removes it again. */
  removePasskey(): Promise<void>;
  leave(): Promise<void>;
}

interface Choice {
  duration: string;
  about?: string;
  number?: string;
  /** The value that matters most, where it has to be typed; a passkey follows. */
  value?: string;
  picture?: string;
}

/** What a decision page says. */
export interface Shown {
  heading: string;
  /** The six facts, by their names. */
  facts: Record<string, string>;
  /** The whole page, as a person can open it. */
  text: string;
}

export interface Credentials {
  issuer: string;
  email: string;
  password: string;
}

/** The reader of the story, in their own browser: nothing but words from here. */
export function reader({ issuer, email, password }: Credentials, say: (words: string) => void): Person {
  let signedIn = false;
  return {
    how: 'you decide',
    async addPasskey() {
      say(`Please open  ${issuer}${SECURITY}  and add a passkey, if you have none`);
      return true;
    },
    async removePasskey() {},
    async approve(address, { number, duration, value }) {
      say(`Please open  ${address}`);
      if (!signedIn) say(`and sign in as ${email} with the password ${password}`);
      signedIn = true;
      if (value !== undefined) say(`Then type ${value}, approve it, and confirm it with your passkey.`);
      else if (number !== undefined) say(`Then choose “Review”, enter the number ${number}, and allow it.`);
      else say(duration === 'once' ? 'Then allow it.' : 'Then choose “1 hour”, and allow it.');
      return undefined;
    },
    async leave() {},
  };
}

/** A person in a real browser. @param executablePath of a Chromium */
export async function inBrowser(
  { issuer, email, password }: Credentials,
  executablePath: string,
  pictures: string | undefined,
): Promise<Person> {
  const { chromium } = await import('playwright-core');
  const browser: Browser = await chromium.launch({
    executablePath,
    // As root, and in most containers, there is no sandbox to be had.
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
  const page = await browser.newPage({
    viewport: { width: 720, height: 600 },
    deviceScaleFactor: 2,
    colorScheme: 'light',
  });
  // The device that keeps the passkey, as Chromium simulates one.
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const open = async (address: string) => {
    await page.goto(address);
    if (await page.locator('[name=password]').count()) {
      await page.fill('[name=email]', email);
      await page.fill('[name=password]', password);
      await page.press('[name=password]', 'Enter');
      await page.waitForURL((url) => !url.pathname.startsWith('/login'));
    }
  };
  return {
    how: 'a person decides in a browser',
    async addPasskey() {
      // A first passkey is added right after a sign-in.
      await open(`${issuer}/login?return_to=${encodeURIComponent(SECURITY)}&fresh=1`);
      if (await page.locator('[data-passkey-id]').count()) return false;
      await page.fill('form[action$="/passkeys"] [name=name]', DEVICE);
      await page.click('[data-testid=add-passkey]');
      await page.waitForSelector('[data-passkey-id]');
      return true;
    },
    async removePasskey() {
      await open(`${issuer}${SECURITY}`);
      await page.click('[data-passkey-id] summary');
      await page.click('form[action$="/remove"] button');
      await page.locator('[data-passkey-id]').waitFor({ state: 'detached' });
    },
    async approve(address, { duration, about, number, value, picture }) {
      await open(address);
      if (new URL(page.url()).pathname === '/inbox') {
        // The newest is the last to expire; an earlier run may have left one behind.
        await page
          .locator('a.waiting-link', { hasText: about ?? '' })
          .last()
          .click();
        await page.waitForURL('**/r/*');
      }
      await page.waitForSelector('h1');
      if ((await page.locator('[data-testid=approve]').count()) === 0)
        throw new Trouble(nothingToDecide(page.url(), (await read(page)).text));
      const shown = await read(page);
      const choice = page.locator(`[name=duration][value=${duration}]`);
      if ((await choice.getAttribute('type')) === 'radio') await choice.check();
      if (number !== undefined) await page.fill('[name=number]', number);
      if (value !== undefined) await page.fill('[name=critical_value]', value);
      // The page gives Approve to somebody who can have read it: visible for a moment, and a sign of a hand.
      await page.mouse.move(20, 20);
      await page.locator('[data-testid=approve][aria-disabled=false]').waitFor();
      if (pictures !== undefined && picture !== undefined) {
        await page.screenshot({ path: path.join(pictures, `${picture}.png`), fullPage: true });
      }
      await page.click('[data-testid=approve]');
      await page.locator('[data-testid=approve]').waitFor({ state: 'detached' });
      if (value !== undefined) {
        await page.click('[data-testid=confirm]');
        await page.click('a.primary'); // what has high impact is read once more, and then one goes back
      }
      return shown;
    },
    leave: () => browser.close(),
  };
}

const nothingToDecide = (url: string, text: string) =>
  `There was nothing to decide at ${new URL(url).pathname}. The page said: ${text.replaceAll(/\s+/g, ' ').trim()}`;

async function read(page: Page): Promise<Shown> {
  const facts = await Promise.all(
    (await page.locator('dd[data-fact]').all()).map(async (fact) => [
      await fact.getAttribute('data-fact'),
      (await fact.textContent())?.trim() ?? '',
    ]),
  );
  return {
    heading: ((await page.locator('h1').textContent()) ?? '').replaceAll(/\s+/g, ' ').trim(),
    facts: Object.fromEntries(facts),
    text: (await page.locator('main').textContent()) ?? '',
  };
}

/** A person at a browser without script and without a picture: forms, cookies and links. */
export function byForms({ issuer, email, password }: Credentials): Person {
  const cookies = new Map<string, string>();

  /** Follows every redirect, to the agent's loopback address too. */
  async function open(address: string, form?: Record<string, string>): Promise<{ url: string; html: string }> {
    let url = new URL(address, issuer).href;
    let body = form && new URLSearchParams(form);
    for (let hops = 0; hops < 12; hops++) {
      const ours = url.startsWith(`${issuer}/`);
      const response = await fetch(url, {
        method: body ? 'POST' : 'GET',
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          ...(ours && { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') }),
        },
        ...(body && { body }),
      });
      for (const cookie of ours ? response.headers.getSetCookie() : []) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) cookies.delete(name);
        else cookies.set(name, value);
      }
      const html = await response.text();
      if (response.status >= 400) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
      // A decision is answered with a page that goes on by itself.
      const next =
        response.headers.get('location') ?? /http-equiv="refresh" content="0;\s*url=([^"]*)"/i.exec(html)?.[1];
      if (next === undefined) return { url, html };
      url = new URL(plain(next), url).href;
      body = undefined;
    }
    throw new Error(`too many redirects at ${url}`);
  }

  const submit = (page: { url: string; html: string }, fields: Record<string, string>) => {
    const main = /<main[\s\S]*<\/main>/.exec(page.html)?.[0] ?? page.html;
    const action = /<form[^>]*action="([^"]*)"/.exec(main)?.[1] ?? page.url;
    const hidden = [...main.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      plain(/value="([^"]*)"/.exec(input)?.[1] ?? ''),
    ]);
    return open(new URL(plain(action), page.url).href, { ...Object.fromEntries(hidden), ...fields });
  };

  const signedIn = async (address: string) => {
    const page = await open(address);
    return page.html.includes('name="password"') ? submit(page, { email, password }) : page;
  };
  // Such a device exists in software only, and for nothing but this.
  const device = newAuthenticator(issuer);

  return {
    how: 'a person decides, by plain forms',
    async addPasskey() {
      const page = await signedIn(`/login?return_to=${encodeURIComponent(SECURITY)}&fresh=1`);
      if (page.html.includes('data-passkey-id')) return false;
      await submit(page, { name: DEVICE, attestation: device.create(optionsIn(page, 'creation')) });
      return true;
    },
    async removePasskey() {
      const page = await signedIn(SECURITY);
      const [, action = ''] = /<form[^>]*action="([^"]*\/remove)"/.exec(page.html) ?? [];
      const [, csrf = ''] = /name="csrf" value="([^"]*)"/.exec(page.html) ?? [];
      await open(plain(action), { csrf, assertion: device.get(optionsIn(page, 'request', plain(action))) });
    },
    async approve(address, { duration, about, number, value }) {
      let page = await signedIn(address);
      if (new URL(page.url).pathname === '/inbox') {
        const waiting = [...page.html.matchAll(/<a class="waiting-link" href="([^"]*)">([\s\S]*?)<\/a>/g)];
        const newest = waiting.findLast(([, , words]) => textOf(words ?? '').includes(about ?? ''));
        page = await open(newest?.[1] ?? '/inbox');
      }
      const shown = shownIn(page.html);
      if (!page.html.includes('data-testid="approve"')) throw new Trouble(nothingToDecide(page.url, shown.text));
      // Of several actions, each of them is answered.
      const each = [...page.html.matchAll(/name="(action_\d+)"/g)].map(([, name]) => [name, 'allow']);
      const answers = { ...Object.fromEntries(each), duration, read: '1', ...(number && { number }) };
      const after = await submit(page, { decision: 'approve', ...answers, ...(value && { critical_value: value }) });
      if (value !== undefined) {
        const receipt = await submit(after, { assertion: device.get(optionsIn(after, 'request')) });
        await open(plain(/<a class="button primary wide" href="([^"]*)"/.exec(receipt.html)?.[1] ?? ''));
      }
      return shown;
    },
    async leave() {},
  };
}

function shownIn(html: string): Shown {
  const facts = [...html.matchAll(/<dd[^>]*data-fact="([^"]*)"[^>]*>([\s\S]*?)<\/dd>/g)];
  return {
    heading: textOf(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(html)?.[1] ?? ''),
    facts: Object.fromEntries(facts.map(([, name, value]) => [name, textOf(value ?? '')])),
    text: textOf(/<main[\s\S]*<\/main>/.exec(html)?.[0] ?? ''),
  };
}

const textOf = (html: string) =>
  plain(html.replaceAll(/<[^>]*>/g, ''))
    .replaceAll(/\s+/g, ' ')
    .trim();

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const plain = (text: string) => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
