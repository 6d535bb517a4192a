import { ACTION_CHANGE } from '../../views/words/console-changes.ts';
import { FALLBACK, LANGUAGES, type Language } from '../../views/words/language.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import type { Impact } from './action.ts';

export { FALLBACK, LANGUAGES, type Language, languageOf } from '../../views/words/language.ts';

/** A text of a catalogue: in one language, or in several with English among them. */
export type Text = string | ({ en: string } & { readonly [language in Language]?: string });

/** The languages a text names; a plain text is English. */
export const languagesOf = (text: Text): Language[] =>
  typeof text === 'string' ? [FALLBACK] : LANGUAGES.filter((language) => text[language] !== undefined);

/** A text as a reader of this language is shown it. */
export const textIn = (text: Text, language: Language): string =>
  typeof text === 'string' ? text : (text[language] ?? text.en);

/** A sentence of ours for readers who are not known yet, in every language at once: it may be kept. */
export const inEveryLanguage = (sentence: Saying): Text => ({
  en: inEnglish(sentence),
  ...Object.fromEntries(LANGUAGES.map((language) => [language, sentence(speakerOf(language))])),
});

/** Where a text in this language stands; in the fallback language that goes without saying. */
export const inLanguage = (place: string | Saying, language: Language): string | Saying =>
  language === FALLBACK ? place : saying(ACTION_CHANGE.inLanguage, { place, language });

/** The server's own words around a catalogue's, and the words that the lint looks for. */
export interface Lexicon {
  readonly impact: Readonly<Record<Impact, string>>;
  readonly yourChoice: string;
  readonly emptied: string;
  readonly flag: { readonly yes: string; readonly no: string };
  readonly fullTextBelow: string;
  readonly once: (minutes: number) => string;
  readonly window: (minutes: number) => string;
  /** The sixth fact, where there is nothing to choose. */
  readonly onceWithin: (duration: string) => string;
  readonly within: (duration: string) => string;
  /** Follows either of them, where the time begins with the last of several approvals. */
  readonly afterApprovals: (count: number) => string;
  readonly today: string;
  readonly quote: (text: string) => string;
  /** How "Changes" begins when nothing changes, and when something does. */
  readonly nothing: RegExp;
  readonly yes: RegExp;
  readonly begins: { readonly nothing: string; readonly yes: string };
  /** How it is said that something cannot be undone. */
  readonly cannot: RegExp;
  /** Words of software that no person has to know. */
  readonly forbidden: RegExp;
  /** Words that say nothing on a button. */
  readonly empty: RegExp;
}

export const LEXICON: Readonly<Record<Language, Lexicon>> = {
  en: {
    impact: { low: 'Low impact', medium: 'Medium impact', high: 'High impact', critical: 'Critical impact' },
    yourChoice: 'Your choice below',
    emptied: 'emptied',
    flag: { yes: 'yes', no: 'no' },
    fullTextBelow: 'full text below',
    once: (minutes) => `Once, ${minutes} min`,
    window: (minutes) => `${minutes} min`,
    onceWithin: (duration) => `Once, within ${duration}`,
    within: (duration) => `As often as it likes, for ${duration}`,
    afterApprovals: (count) => ` after ${count === 2 ? 'both' : 'all'} approvals`,
    today: 'Today',
    quote: (text) => `“${text}”`,
    nothing: /^Nothing\b/,
    yes: /^Yes\b/,
    begins: { nothing: 'Nothing', yes: 'Yes' },
    cannot: /^Cannot\b/,
    forbidden: /\b(?:scopes?|tokens?|clients?|grants?|granted|oauth|delegations?|delegated?)\b/i,
    empty: /^(?:ok|okay|accept|continue|yes|agree|deny|next)\b/i,
  },
  de: {
    impact: {
      low: 'Geringe Auswirkung',
      medium: 'Mittlere Auswirkung',
      high: 'Hohe Auswirkung',
      critical: 'Kritische Auswirkung',
    },
    yourChoice: 'Ihre Wahl unten',
    emptied: 'geleert',
    flag: { yes: 'ja', no: 'nein' },
    fullTextBelow: 'ganzer Text unten',
    once: (minutes) => `Einmal, ${minutes} Min.`,
    window: (minutes) => `${minutes} Min.`,
    onceWithin: (duration) => `Einmal, innerhalb von ${duration}`,
    within: (duration) => `Beliebig oft, ${duration} lang`,
    afterApprovals: (count) => ` nach ${count === 2 ? 'beiden' : 'allen'} Freigaben`,
    today: 'Heute',
    quote: (text) => `„${text}“`,
    nothing: /^Nichts\b/,
    yes: /^Ja\b/,
    begins: { nothing: 'Nichts', yes: 'Ja' },
    cannot: /\bnicht\b|^Unwiderruflich\b/i,
    forbidden: /\b(?:scopes?|tokens?|clients?|grants?|oauth|delegation(?:en)?|delegiert\w*|delegieren)\b/i,
    empty: /^(?:ok|okay|akzeptieren|annehmen|weiter|ja|zustimmen|ablehnen|einverstanden)\b/i,
  },
};
