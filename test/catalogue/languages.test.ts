import { describe, expect, test } from '@jest/globals';
import { CatalogueError, compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import { describeAction } from '../../server/catalogue/describe.ts';
import { durationChoices } from '../../server/catalogue/duration.ts';
import { FORMATS } from '../../server/catalogue/format.ts';
import { LANGUAGES, languageOf } from '../../server/catalogue/language.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { actionOf, catalogue, reader, yaml } from './demonstration.ts';
import { asked, problemsIn, shop } from './shop.ts';

test.each([
  ['en', 'en'],
  ['en-GB', 'en'],
  ['de', 'de'],
  ['de-AT', 'de'],
  ['DE', 'de'],
  ['fr-FR', 'en'],
  ['den', 'en'],
  ['', 'en'],
])('a reader of "%s" is shown %s', (locale, language) => {
  expect(languageOf(locale)).toBe(language);
});

test('U2: the whole demonstration speaks every language of the server', () => {
  for (const action of catalogue.actions.values()) expect(Object.keys(action.texts)).toEqual([...LANGUAGES]);
});

test('U2-1: a German reader is told the six facts in German, with German money', () => {
  const amount = { currency: 'EUR', value: '5000.01' };
  const described = describeAction(
    actionOf('payments.refund.create'),
    { invoice: 'INV-1', payee: 'Nordwind GmbH', amount },
    { ...reader, locale: 'de-DE' },
  );

  expect(described).toMatchObject({
    language: 'de',
    headlineText: '5.000,01 EUR an Nordwind GmbH erstatten',
    impactLine: 'Bewegt Geld · Kritische Auswirkung · Hier nicht rückgängig zu machen',
    button: 'Erstattung freigeben',
    facts: {
      what: 'Rechnung INV-1 erstatten',
      changes: 'Ja, eine Erstattung wird angelegt',
      duration: 'Ihre Wahl unten',
    },
  });
  expect(described.critical.map(({ label }) => label)).toEqual(['Betrag', 'Empfänger']);
  // What has to be looked at comes first here, too, in the order in which it has to be.
  expect(described.values.map(({ label }) => label)).toEqual(['Betrag', 'Empfänger', 'Rechnung']);
});

test('U2: durations are spelled in the language of the reader', () => {
  const now = new Date('2026-11-24T09:00:00Z');
  const labels = (locale: string) =>
    durationChoices(actionOf('calendar.events.read'), 'low', { now, timeZone: 'Europe/Berlin', locale }).map(
      ({ label }) => label,
    );

  expect(labels('de')).toEqual(['Einmal, 10 Min.', '1 Stunde', 'Heute', '1 Tag']);
  expect(labels('en')).toEqual(['Once, 10 min', '1 hour', 'Today', '1 day']);
});

test('an action without the language is shown in English as a whole, dates and all', () => {
  const action = compileCatalogue(parseCatalogue(shop)).actions.get('shop.orders.place');
  if (!action) throw new Error('no action');
  const described = describeAction(action, { item: 'chair', due: '2026-12-24' }, { ...reader, locale: 'de' });

  expect(described.language).toBe('en');
  expect(described.facts.data).toBe('By 24 Dec 2026');
  expect(described.impactLine).toBe('Places an order · Medium impact · Can be cancelled');
});

test('A5-1: publishing wants the default language', () => {
  expect(problemsIn(shop.replace('button: Allow order', 'button: { de: Bestellung erlauben }'))).toContain('en');
});

test('A5-1: one text in German wants all of them, labels of parameters too', () => {
  const problems = problemsIn(
    shop.replace('button: Allow order', 'button: { en: Allow order, de: Bestellung erlauben }'),
  );

  for (const place of ['headline', 'effect', 'undo', 'what', 'impact', 'label of item', 'label of due']) {
    expect(problems).toContain(`${place}: de is missing`);
  }
});

test('a language that the server does not speak is refused: the page around it would be in another', () => {
  expect(problemsIn(shop.replace('button: Allow order', 'button: { en: Allow order, fr: Permettre }'))).toContain('fr');
});

test.each([
  [
    'a critical value is missing from it',
    '{amount} an {payee} erstatten',
    'an {payee} erstatten',
    'headline (de): critical amount is missing',
  ],
  [
    'it names a parameter that is not there',
    '{amount} an {payee} erstatten',
    '{amount} an {payee}, {iban}',
    'headline (de): iban is not a parameter',
  ],
  [
    'a writing action begins otherwise',
    'Ja, eine Erstattung',
    'Eine Erstattung',
    'changes (de): verb purchase changes something, begin with "Ja"',
  ],
  [
    'a reading action begins otherwise',
    'Nichts. Kein Anlegen',
    'Ja. Kein Anlegen',
    'changes (de): verb read changes nothing, begin with "Nichts"',
  ],
  [
    'it says otherwise whether it can be undone',
    'Kann abgesagt werden',
    'Kann nicht abgesagt werden',
    'undo (de): does not fit reversible true',
  ],
  ['it uses a word of software', 'Bewegt Geld', 'Nutzt ein Token', 'effect (de): the word "Token" is not for a person'],
  ['its button says nothing', 'Erstattung freigeben', 'Weiter', 'button (de): say what is allowed or approved'],
  [
    'a fact is too long',
    'Liest nur',
    'Liest nur und liest und liest und liest und liest und liest und liest',
    'headline (de) and impact line have',
  ],
  ['a placeholder is broken', 'Rechnung {invoice} erstatten', 'Rechnung {invoice erstatten', 'what (de): unbalanced'],
])('A5-1: a German text is refused when %s', (_, from, to, problem) => {
  expect(yaml).toContain(from);
  expect(problemsIn(yaml.replace(from, () => to))).toContain(problem);
});

describe('whatever is wrong with a catalogue is said in the language of whoever wrote it', () => {
  const WRONG = ['q7', '-1', '1.5', '[]', '[q7, q7]', '{ q7: 1 }', 'null', "'{q7}'", '"\u202eq7"', 'PT9999H'];

  /** The text with one line left out, written twice or with another value, and with another value within its braces. */
  function wrongIn(yaml: string): string[] {
    const lines = yaml.split('\n');
    return lines.flatMap((line, index) => {
      if (line.trim() === '') return [];
      const instead = (...others: string[]) => lines.toSpliced(index, 1, ...others).join('\n');
      const [, name] = /^(\s*(?:- )?[^:]+:)/u.exec(line) ?? [];
      const inner = [...line.matchAll(/([\w-]+): ([^,{}[\]]+)(?=[,}])/gu)];
      return [
        instead(),
        instead(line, line),
        ...(name ? WRONG.map((value) => instead(`${name} ${value}`)) : []),
        ...inner.flatMap(([found, member]) =>
          WRONG.map((value) => instead(line.replace(found, `${member}: ${value}`))),
        ),
      ];
    });
  }

  // Of this world: a place, what is quoted, and names that the catalogue's own language has.
  const unspoken = (sentence: string) =>
    sentence
      .replace(/'[^']*'|"[^"]*"|\S*[./]\S*|\{.*\}/gu, '')
      .match(/[A-Za-z][A-Za-z_-]+/gu)
      ?.filter((word) => !asked.includes(word) && !(FORMATS as readonly string[]).includes(word)) ?? [];

  test('and nothing that is wrong is a fault of ours', () => {
    const english = new Set<string>();
    const texts = wrongIn(asked);
    for (const text of texts) {
      try {
        compileCatalogue(parseCatalogue(text));
      } catch (cause) {
        if (!(cause instanceof CatalogueError)) throw new Error(`${cause}\n${text}`);
        for (const problem of cause.said) {
          const sentence = problem(speakerOf('en-XA'));
          if (unspoken(sentence).length > 0) english.add(sentence);
        }
      }
    }
    expect(texts.length).toBeGreaterThan(500);
    expect([...english]).toEqual([]);
  });
});
