import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

import { PHONE, tabTo } from './looking.ts';
import type { TestServer } from './server.ts';

/** §11.2, of every page. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; worker-src 'self'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const complaints: string[] = [];

/** For `afterEach`: no page asked anybody else, lacked a header, or broke a rule of its own (U2-10, §11.2). */
export const nothingToComplainOf = (): void => expect(complaints.splice(0)).toEqual([]);

/** Somebody at a browser of their own. It is closed when it goes out of scope. */
export interface AtBrowser extends AsyncDisposable {
  context: BrowserContext;
  page: Page;
}

export interface AtBrowserOptions {
  script?: boolean;
  viewport?: typeof PHONE;
  /** Where this browser is. */
  timezoneId?: string;
  /** Where the page may lead beside the issuer. */
  elsewhere?: string | undefined;
  /** Of whoever was there before. */
  cookies?: BrowserContextOptions['storageState'];
}

export async function atBrowser(
  browser: Browser,
  { issuer }: Pick<TestServer, 'issuer'>,
  { script = true, viewport = PHONE, timezoneId, elsewhere, cookies }: AtBrowserOptions = {},
): Promise<AtBrowser> {
  const context = await browser.newContext({
    javaScriptEnabled: script,
    viewport,
    ...(timezoneId && { timezoneId }),
    ...(cookies && { storageState: cookies }),
    reducedMotion: 'reduce', // a colour half-way through its transition has a contrast of its own
  });
  const page = await context.newPage();
  const known = [issuer, ...(elsewhere === undefined ? [] : [new URL(elsewhere).origin])];
  page.on('request', (request) => {
    if (!known.includes(new URL(request.url()).origin)) complaints.push(request.url());
  });
  page.on('response', (response) => {
    const headers = response.headers();
    const ours = response.url().startsWith(issuer) && (response.status() < 300 || response.status() > 399);
    const isPage = ours && headers['content-type']?.startsWith('text/html');
    const missing = Object.entries(HEADERS).filter(([name, value]) => isPage && headers[name] !== value);
    complaints.push(...missing.map(([name]) => `${response.url()}: ${name} is ${headers[name]}`));
  });
  page.on('console', (message) => {
    // Chromium says of each answer above 399 that it failed.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  return { context, page, [Symbol.asyncDispose]: () => context.close() };
}

/** Signs somebody of the demonstration in, on the page that asks for it. */
export async function signInAt(page: Page, { demo }: Pick<TestServer, 'demo'>, email = 'person@acme.example') {
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', demo.password);
  await page.click('button[type=submit]:not([disabled])');
}

/** Who signed in before, by address. */
const kept = new Map<string, NonNullable<AtBrowserOptions['cookies']>>();

/** Somebody who looks at that page of ours; from the second time on they come back and need not sign in again. */
export async function signedInAt(
  browser: Browser,
  server: TestServer,
  email: string,
  path: string,
  options: AtBrowserOptions = {},
): Promise<AtBrowser> {
  const cookies = kept.get(email);
  if (cookies) {
    const back = await atBrowser(browser, server, { ...options, cookies });
    await back.page.goto(`${server.issuer}${path}`);
    return back;
  }
  const somebody = await atBrowser(browser, server, options);
  await somebody.page.goto(`${server.issuer}/login?return_to=${encodeURIComponent(path)}`);
  await signInAt(somebody.page, server, email);
  await somebody.page.waitForURL((url) => url.pathname !== '/login');
  kept.set(email, await somebody.context.storageState());
  return somebody;
}

/** What somebody does to get to another page, until that one is there as a whole. */
export async function arrive(page: Page, act: Promise<unknown>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), act]);
}

/** The same by keyboard alone: to what has this test id or name, and on by it. */
export async function enter(page: Page, target: string): Promise<void> {
  await tabTo(page, target);
  await arrive(page, page.keyboard.press('Enter'));
}

/** Where an agent's people arrive again: a page of its own, and what it was told. */
export interface Callback {
  redirect: string;
  arrived: URL[];
  close(): void;
}

export async function startCallback(): Promise<Callback> {
  const arrived: URL[] = [];
  const client = createServer((request, response) => {
    if (request.url?.startsWith('/callback')) arrived.push(new URL(request.url, redirect));
    response.end('<!doctype html><title>Agent</title><h1>Back at the agent</h1>');
  });
  await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve));
  const redirect = `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback`;
  return {
    redirect,
    arrived,
    close() {
      client.close();
      client.closeAllConnections();
    },
  };
}

/** Until the page takes an answer, moving as somebody who reads. */
export async function readIt(page: Page): Promise<void> {
  await page.waitForSelector('[data-testid=approve][aria-disabled=false]');
  await page.mouse.move(40, 60);
}

/** As somebody does who read the page; whoever has no script ticks the box. */
export async function allowAt(page: Page, script = true): Promise<void> {
  if (script) await readIt(page);
  else await page.check('[name=read]');
  await page.click('[data-testid=approve]');
}

/** The status of the page that is shown. */
export const statusAt = (page: Page): Promise<number> =>
  page.evaluate('performance.getEntriesByType("navigation")[0].responseStatus');
