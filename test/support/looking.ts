import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';

export const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PHONE = { width: 390, height: 844 };
export const SMALL_PHONE = { width: 320, height: 640 };
export const DESK = { width: 1280, height: 800 };
/** Every width that pages are made for (§11.3). */
export const WIDTHS = [SMALL_PHONE, PHONE, { width: 768, height: 1024 }, DESK];
const SCHEMES = ['light', 'dark'] as const;

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What another width or other colours can break. */
const LOOKS = ['color-contrast', 'target-size'];

/** What axe finds, as words: a function for `evaluate`, once `AXE` was. */
export const axe = (rules?: readonly string[]) => `async () => {
  const { violations } = await axe.run({ runOnly: ${JSON.stringify(rules ? { type: 'rule', values: rules } : { type: 'tag', values: TAGS })} });
  return violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', '));
}`;

export const looks = axe(LOOKS);

/** Whether the page is wider than its window. */
export const WIDER =
  '() => { const over = document.documentElement.scrollWidth - innerWidth; return over > 0 ? ["wider by " + over] : []; }';

/**
 * What is wrong with a page on which a person decides, as it is drawn now (U2-1, U2-3, U2-4, U2-5). On a phone all of it
 * has to be in sight at once; whoever has no script ticks a box.
 */
export const decidable = (script: boolean) => `() => {
  for (const one of document.querySelectorAll('details')) one.open = false;
  const wrong = [];
  const facts = [...document.querySelectorAll('dd[data-fact]')];
  const names = facts.map((fact) => fact.dataset.fact).join(' ');
  if (names !== 'what system data changes impact duration') wrong.push('facts: ' + names);
  for (const fact of facts) if (fact.innerText.trim() === '') wrong.push('says nothing: ' + fact.dataset.fact);
  if (document.querySelectorAll('h1').length !== 1) wrong.push('headings');
  const buttons = [...document.querySelectorAll('.buttons button')].map((one) => one.getBoundingClientRect());
  const [deny, approve] = buttons;
  if (buttons.length !== 2) return [...wrong, buttons.length + ' buttons'];
  if (Math.abs(deny.width - approve.width) > 1 || Math.abs(deny.height - approve.height) > 1) wrong.push('unequal');
  if (Math.min(deny.height, approve.height) < 44) wrong.push('too small');
  const lowest = Math.max(...[...facts.map((fact) => fact.getBoundingClientRect()), ...buttons].map(({ bottom }) => bottom));
  if (innerWidth === ${PHONE.width} && lowest + scrollY > ${PHONE.height}) wrong.push('below the fold: ' + lowest);
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('wider than the window');
  const durations = [...document.querySelectorAll('[name=duration]')];
  const chosen = durations.filter((one) => one.type === 'hidden' || one.checked).map((one) => one.value).join();
  if (durations.length > 0 && chosen !== 'once') wrong.push('chosen: ' + chosen);
  const box = document.querySelector('[name=read]')?.getBoundingClientRect().height ?? 0;
  if (document.querySelector('[data-testid=approve]') && (box > 0) === ${script}) wrong.push('the box for whoever has no script');
  return wrong;
}`;

/** The page as it is, at every width, light and dark, by resizing its window; axe where there is script to run it. */
export async function lookAround(
  page: Page,
  name: string,
  { script, decision }: { script: boolean; decision: boolean },
) {
  if (script) {
    await page.evaluate(AXE);
    expect([name, await page.evaluate(`(${axe()})()`)]).toEqual([name, []]);
  }
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const size of WIDTHS) {
      await page.setViewportSize(size);
      const seen = [await page.evaluate(`(${decision ? decidable(script) : WIDER})()`)];
      // Colours are the same at every width, and sizes in every colour.
      if (script && size === (colorScheme === 'dark' ? SMALL_PHONE : DESK))
        seen.push(await page.evaluate(`(${looks})()`));
      expect([name, colorScheme, size.width, seen.flat()]).toEqual([name, colorScheme, size.width, []]);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(PHONE);
}

/** By keyboard to what has this test id or name, as far as the Tab key is from it; each stop on the way is seen. */
export async function tabTo(page: Page, target: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    const [at, outlined] = (await page.evaluate(`(() => {
      const at = document.activeElement;
      const seen = [at, at.closest('.choice')].some((one) => one && getComputedStyle(one).outlineStyle !== 'none');
      return [at.dataset.testid ?? at.name, seen || at === document.body];
    })()`)) as [string | undefined, boolean];
    expect([at, outlined]).toEqual([at, true]);
    if (at === target) return;
  }
  throw new Error(`the Tab key does not lead to ${target}`);
}
