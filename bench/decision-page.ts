import { chromium } from 'playwright-core';

import { findBrowser } from '../server/setup/browser.js';
import type { Browser } from './browser.ts';
import { percentile } from './load.ts';
import { ask, CALENDAR, type Setting } from './setting.ts';

/** What it takes to show a person what is asked. Milliseconds, one per view. */
export interface PageFigures {
  /** At the server: from the request's head to the last byte of the answer. */
  server: number[];
  /** Statements and transaction commands per view, counted by the database. */
  statements: number;
  /** In a browser that has nothing of ours: until it first painted content. Undefined without a browser. */
  firstPaint: number[] | undefined;
  /** In a browser that has our style sheet already. */
  nextPaint: number[] | undefined;
  /** Bytes over the wire of the first view, with everything it loads. */
  weight: number | undefined;
}

/** Views of decision pages, each of another question, by a person who is signed in. */
export async function lookAtPages(root: string, setting: Setting, views: number): Promise<PageFigures> {
  const { person, servers, admin } = setting;
  const { ours } = servers;
  const paths: string[] = [];
  for (let index = 0; index < views; index++) paths.push(await newPage(setting, index));
  for (const path of paths) await person.get(path);

  await admin.query('select pg_stat_statements_reset()');
  await ours.ask({ ask: 'watch' });
  for (const path of paths) await person.get(path);
  const { answered } = await ours.ask<{ answered: { path: string; ms: number }[] }>({ ask: 'watched' });
  const { rows } = await admin.query(CALLS, [setting.role, Math.ceil(views / 2)]);
  const server = answered.filter(({ path }) => paths.includes(path)).map(({ ms }) => ms);
  const painted = await paint(root, ours.issuer, person, paths);
  return { server, statements: Number(rows[0].calls) / views, ...painted };
}

// By their number: what happens now and then besides is no part of a view.
const CALLS = `
  select coalesce(sum(calls), 0) as calls from pg_stat_statements s join pg_roles r on r.oid = s.userid
  where r.rolname in ($1, 'countersign_pages') and s.calls >= $2`;

async function newPage({ servers: { ours }, agents: { asker }, approvalOf }: Setting, index: number): Promise<string> {
  const { authReqId } = await ask(ours, asker, {
    type: 'calendar.invitations.send',
    locations: [CALENDAR],
    title: `Page ${index}`,
    start: '2026-11-26T10:00:00Z',
    guests: ['ben@acme.example', 'clara@acme.example'],
  });
  return `/r/${await approvalOf(authReqId)}`;
}

async function paint(
  root: string,
  issuer: string,
  person: Browser,
  paths: readonly string[],
): Promise<Pick<PageFigures, 'firstPaint' | 'nextPaint' | 'weight'>> {
  const executablePath = await findBrowser(root);
  if (executablePath === undefined) return { firstPaint: undefined, nextPaint: undefined, weight: undefined };
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  try {
    const firstPaint: number[] = [];
    const nextPaint: number[] = [];
    let weight = 0;
    for (const path of paths) {
      const context = await browser.newContext();
      await context.addCookies(person.cookies().map(({ name, value }) => ({ name, value, url: issuer })));
      const page = await context.newPage();
      await page.goto(issuer + path);
      firstPaint.push(await page.evaluate(FIRST_CONTENTFUL_PAINT));
      weight = Math.max(weight, await page.evaluate(TRANSFERRED));
      await page.goto(issuer + path);
      nextPaint.push(await page.evaluate(FIRST_CONTENTFUL_PAINT));
      await context.close();
    }
    return { firstPaint, nextPaint, weight };
  } finally {
    await browser.close();
  }
}

/** Paint Timing: milliseconds since the navigation began. */
const FIRST_CONTENTFUL_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [entry] = list.getEntriesByName('first-contentful-paint');
    if (entry) resolve(entry.startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

/** Resource Timing: heads and bodies as they came over the wire. */
const TRANSFERRED = `performance.getEntries()
  .filter(({ entryType }) => entryType === 'navigation' || entryType === 'resource')
  .reduce((sum, { transferSize }) => sum + transferSize, 0)`;

/** One line each, for the table of figures. */
export function tellPages({ server, statements, firstPaint, nextPaint, weight }: PageFigures): string[] {
  const spread = (values: readonly number[]) =>
    [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(values, share).toFixed(1)}`).join(', ');
  return [
    `Decision page, ${server.length} views: at the server ${spread(server)} ms; ${statements.toFixed(1)} statements and transaction commands.`,
    firstPaint && nextPaint && weight
      ? `First contentful paint in Chromium: nothing cached ${spread(firstPaint)} ms, then ${spread(nextPaint)} ms; ${(weight / 1024).toFixed(0)} KB over the wire.`
      : 'First paint: no browser was found.',
  ];
}
