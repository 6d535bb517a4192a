import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

import { launchBrowser } from '../support/browser.ts';
import { pagesIn } from './pages.ts';
import { startSite } from './site.ts';

/** `npm run screenshots`: every page as `docs/pages.md` shows it, drawn from the samples alone. */
const FOLDER = process.env.TEST_PICTURES ?? join(import.meta.dirname, '../../docs/images/pages');
/** PNG is for looking at; what is committed is half its size. */
const FORMAT = process.env.TEST_PICTURES === undefined ? 'webp' : 'png';
const ONLY = process.env.TEST_PICTURES_OF?.split(',');
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1100, height: 760 };
/** Of a list that goes on for longer nobody looks at the end. */
const TALLEST = 3_600;

const english = pagesIn('en').everyPage;
const german = Object.fromEntries(Object.entries(pagesIn('de').everyPage).map(([name, html]) => [`${name}-de`, html]));

/** Also on a desk, in the dark, in German. */
const VARIANTS: readonly { name: string; size: typeof PHONE; scheme: 'light' | 'dark' }[] = [
  ...Object.keys(english).map((name) => ({ name, size: PHONE, scheme: 'light' as const })),
  ...['read-calendar', 'refund', 'delete-repository'].map((name) => ({ name, size: PHONE, scheme: 'dark' as const })),
  ...['read-calendar', 'agents', 'agent', 'receipt', 'home', 'console-action'].map((name) => ({
    name,
    size: DESK,
    scheme: 'light' as const,
  })),
  ...['refund-de', 'agents-de', 'self-registered-de'].map((name) => ({ name, size: PHONE, scheme: 'light' as const })),
];

test('a picture of every page', async () => {
  const browser = await launchBrowser();
  const site = await startSite({ ...english, ...german });
  if (!ONLY) rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  try {
    for (const { name, size, scheme } of VARIANTS.filter((one) => ONLY?.includes(one.name) ?? true)) {
      const context = await browser.newContext({
        viewport: size,
        colorScheme: scheme,
        reducedMotion: 'reduce',
        deviceScaleFactor: 1.5,
      });
      const page = await context.newPage();
      await page.goto(`${site.base}/${name}`);
      // As it is once it can have been read.
      if ((await page.locator('form[data-guard] button.approve').count()) > 0)
        await page.waitForSelector('form[data-guard] button[aria-disabled=false]');
      const session = await context.newCDPSession(page);
      const { width, height } = (await page.evaluate(
        '({ width: innerWidth, height: Math.max(innerHeight, document.documentElement.scrollHeight) })',
      )) as typeof PHONE;
      const { data } = await session.send('Page.captureScreenshot', {
        format: FORMAT,
        ...(FORMAT === 'webp' && { quality: 82 }),
        captureBeyondViewport: true,
        clip: { x: 0, y: 0, width, height: Math.min(height, TALLEST), scale: 1 },
      });
      const file = `${name}${size === DESK ? '-desk' : ''}${scheme === 'dark' ? '-dark' : ''}.${FORMAT}`;
      const picture = Buffer.from(data, 'base64');
      if (FORMAT === 'webp') expect([file, picture.length < 120_000]).toEqual([file, true]);
      writeFileSync(join(FOLDER, file), picture);
      await context.close();
    }
  } finally {
    await browser.close();
    site.server.close();
    site.server.closeAllConnections();
  }
}, 300_000);
