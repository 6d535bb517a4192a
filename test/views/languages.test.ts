import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { chooseLanguage } from '../../server/people/language.ts';
import { LANGUAGES, languageOf } from '../../views/words/language.ts';
import { inPseudo } from '../../views/words/pseudo.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { type Message, words } from '../../views/words/words.ts';
import { CONSOLE_NAMES } from './console-pages.ts';
import { text } from './html.ts';
import { NAMES, pagesIn } from './pages.ts';
import { samplesIn } from './samples.ts';

const folder = join(import.meta.dirname, '../../views/words');
const messages: { id: string; message: Message }[] = [];
for (const file of globSync('*.ts', { cwd: folder })) {
  for (const table of Object.values((await import(join(folder, file))) as Record<string, unknown>)) {
    for (const [name, message] of Object.entries(table ?? {})) {
      if (typeof message?.en === 'string' || typeof message?.en?.other === 'string') {
        messages.push({ id: `${file}: ${name}`, message });
      }
    }
  }
}
const forms = (message: Message, language: 'en' | 'de') => {
  const said = message[language];
  return typeof said === 'string' ? [said] : Object.values(said);
};

test('there is something to look at', () => expect(messages.length).toBeGreaterThan(150));

test.each(messages)('$id is said in German, with a German quotation, and to a grown-up', ({ message }) => {
  for (const said of forms(message, 'de')) {
    expect(said.trim()).not.toBe('');
    expect(said).not.toMatch(/“[^”]*”|"|\bdu\b|\bdein/u);
    expect(said.split('„')).toHaveLength(said.split('“').length);
  }
  const [english] = forms(message, 'en');
  // What a sentence ends with, it ends with in every language.
  if (/[.?:]$/u.test(english ?? '')) expect(forms(message, 'de')[0]).toMatch(/[.?:]$/u);
});

// Whoever opens the console administers the machinery, and calls it by its name.
const forEverybody = messages.filter(({ id }) => !id.startsWith('console-'));

test.each(forEverybody)('$id names no machinery to a person (§4.3)', ({ message }) => {
  const said = [...forms(message, 'en'), ...forms(message, 'de')].join(' ').replace(/\{\w+\}/gu, '');
  expect(said).not.toMatch(/\b(scopes?|tokens?|clients?|grants?|oauth|delegat\w*|delegier\w*)\b/iu);
});

test('a language left out, a slot left out and a literal are type errors', () => {
  // @ts-expect-error German is missing
  words({ hello: { en: 'Hello' } });
  // @ts-expect-error German forgets whom it greets
  words({ hello: { en: 'Hello {name}', de: 'Hallo' } });
  const { hello } = words({ hello: { en: 'Hello {name}', de: 'Hallo {name}' } });
  // @ts-expect-error nobody is named
  expect(speakerOf('de').say(hello)).toBe('Hallo undefined');
  expect(speakerOf('de').say(hello, { name: 'Anna' })).toBe('Hallo Anna');
});

test('plural forms are chosen by the count, and numbers are written as the language writes them', () => {
  const { uses } = words({
    uses: {
      en: { one: '{count} use', other: '{count} uses' },
      de: { one: '{count} Nutzung', other: '{count} Nutzungen' },
    },
  });
  const said = (language: 'en' | 'de', count: number) => speakerOf(language).say(uses, { count });
  expect([said('en', 1), said('en', 0), said('en', 1240)]).toEqual(['1 use', '0 uses', '1,240 uses']);
  expect([said('de', 1), said('de', 0), said('de', 1240)]).toEqual(['1 Nutzung', '0 Nutzungen', '1.240 Nutzungen']);
});

test.each(LANGUAGES)('what a device says of the installed pages is said in %s', (language) => {
  const file = `app.${language}.webmanifest`;
  expect(pagesIn(language).everyPage.inbox).toContain(`<link rel="manifest" href="/static/${file}"/>`);
  const manifest = JSON.parse(readFileSync(join(folder, '../static', file), 'utf8'));
  const english = JSON.parse(readFileSync(join(folder, '../static/app.en.webmanifest'), 'utf8'));
  // The same application in every language.
  expect({ ...manifest, lang: 'en', description: english.description }).toEqual(english);
  expect([manifest.lang, manifest.description === english.description]).toEqual([language, language === 'en']);
});

test('times, dates, lists and durations are written by locale', () => {
  const at = new Date('2026-11-26T09:05:00Z');
  const [en, de] = [speakerOf('en'), speakerOf('de')];
  const zone = 'Europe/Berlin';
  expect(en.clock(at, zone, new Date('2026-11-26T20:00:00Z'))).toBe('10:05');
  expect(en.clock(at, zone, new Date('2026-11-27T20:00:00Z'))).toBe('Thu 26 Nov 10:05');
  expect(de.clock(at, zone, new Date('2026-11-27T20:00:00Z'))).toBe('Do., 26. Nov. 10:05');
  expect(en.clock(at, zone, new Date('2027-01-02T20:00:00Z'))).toMatch(/^Thu,? 26 Nov 2026 10:05$/);
  expect(de.clock(at, zone, new Date('2027-01-02T20:00:00Z'))).toMatch(/^Do\., 26\. Nov\. 2026 10:05$/);
  expect([en.zone(at, zone), de.zone(at, 'America/New_York')]).toEqual(['UTC+1', 'UTC-5']);
  expect([en.date(at, zone), de.date(at, zone)]).toEqual(['26 Nov 2026', '26. Nov. 2026']);
  expect([en.duration(600), de.duration(604_800)]).toEqual(['10 minutes', '7 Tage']);
  const joined = (names: string[]) =>
    de
      .list(names)
      .map(({ text: piece }) => piece)
      .join('');
  expect([joined(['A']), joined(['A', 'B']), joined(['A', 'B', 'C'])]).toEqual(['A', 'A und B', 'A, B und C']);
});

test.each([
  { because: 'ui_locales comes first', hints: { uiLocales: 'fr de', chosen: 'en' }, language: 'de' },
  { because: 'then what the person chose', hints: { uiLocales: 'fr', chosen: 'de', accepted: 'en' }, language: 'de' },
  { because: 'then the browser', hints: { accepted: 'de', fallback: 'en' }, language: 'de' },
  { because: 'then the organization', hints: { fallback: 'de' }, language: 'de' },
  { because: 'a region is its language', hints: { uiLocales: 'de-AT' }, language: 'de' },
  { because: 'nothing is known', hints: {}, language: 'en' },
  { because: 'nobody speaks a pseudo-language outside of tests', hints: { uiLocales: 'en-XA' }, language: 'en' },
  { because: 'it is no language', hints: { uiLocales: '"><script>' }, language: 'en' },
])('$language where $because', ({ hints, language }) => expect(chooseLanguage(hints)).toBe(language));

test('a locale leads to its language or to English', () => {
  expect(['de-CH', 'DE', 'fr', '', 'en-XA'].map(languageOf)).toEqual(['de', 'de', 'en', 'en', 'en']);
});

test('the pseudo-languages change every letter of ours and no slot; one is longer by 40 % of them, one runs the other way', () => {
  const sentence = 'Nothing was allowed. {agent} may ask again at {time}, as your organization says.';
  const longer = inPseudo(sentence, 'en-XA');
  expect(longer.length).toBeGreaterThan(sentence.length * 1.25);
  for (const one of [longer, inPseudo(sentence, 'ar-XB')]) {
    expect(one.replace('{agent}', '').replace('{time}', '')).not.toMatch(/[A-Za-z]/u);
  }
});

/** Every text that came with the data of a sample: what is left of a page is ours. */
function dataOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') {
    // An impact line is broken between its parts.
    for (const part of [value, ...value.split(' · ')]) found.add(part.replace(/\s+/gu, ' ').trim());
  }
  if (typeof value !== 'object' || value === null) return found;
  for (const [name, inner] of Object.entries(value)) if (name !== 'frame') dataOf(inner, found);
  return found;
}

test.each(['en-XA', 'ar-XB'] as const)(
  '%s: no page shows a word of ours that was not written for translation',
  (language) => {
    const { frame: _, ...samples } = samplesIn(language);
    const data = [...dataOf(samples), ...NAMES, ...CONSOLE_NAMES]
      .filter((text) => /[A-Za-z]/u.test(text))
      .toSorted((a, b) => b.length - a.length);
    for (const [name, html] of Object.entries(pagesIn(language).everyPage)) {
      expect([name, /<html lang="([^"]+)" dir="(\w+)"/u.exec(html)?.slice(1)]).toEqual([
        name,
        [language, language === 'ar-XB' ? 'rtl' : 'ltr'],
      ]);
      const shown = [
        ...html
          .replace(/<(pre|code|head)(?: lang="en" dir="ltr")?>[\s\S]*?<\/\1>/gu, '')
          .split(/<[^>]*>/u)
          .map(text),
        ...[
          ...html.matchAll(
            /\s(?:aria-label|title|placeholder|alt|data-read|data-read-first|data-tick-first)="([^"]*)"/gu,
          ),
        ].map(([, value]) => text(value ?? '')),
        text(/<title>([\s\S]*?)<\/title>/u.exec(html)?.[1] ?? ''),
      ];
      for (const one of shown) {
        const ours = data.reduce((rest, known) => rest.replaceAll(known, ''), one.replace(/\s+/gu, ' '));
        expect([name, /^(English|Deutsch)$/u.test(ours) ? '' : (/[A-Za-z]{2,}.*/u.exec(ours)?.[0] ?? '')]).toEqual([
          name,
          '',
        ]);
      }
    }
  },
);

test('a German page holds no sentence in English: what is marked so is the way to English, and what a builder is told', () => {
  const english = Object.entries(pagesIn('de').everyPage).flatMap(([name, html]) =>
    [...html.matchAll(/<(\w+)[^>]*\slang="en"[^>]*>/gu)].map(([tag]) => [name, tag]),
  );
  const allowed = /value="en"|ui_locales=en|<code /u;
  expect(english.filter(([, tag = '']) => !allowed.test(tag))).toEqual([]);
  expect(english.some(([, tag = '']) => tag.includes('value="en"'))).toBe(true);
});
