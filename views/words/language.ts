/** Languages a page of this server can be in. What it says is written in all of them: leaving one out is a type error. */
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGES = ['en', 'de'] as const;

/** What everything has, and what is shown where a catalogue lacks the reader's language. */
export const FALLBACK: Language = 'en';

/** Each in itself, for those who read no other. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

/**
 * Languages that nobody speaks, for tests: every word of ours is visibly one of ours, and longer than in English
 * (`en-XA`), or runs from right to left (`ar-XB`). A word that still looks English was not written for translation.
 */
export type PseudoLanguage = (typeof PSEUDO_LANGUAGES)[number];
export const PSEUDO_LANGUAGES = ['en-XA', 'ar-XB'] as const;

/** How a page is written, and what `<html lang>` says. */
export type PageLanguage = Language | PseudoLanguage;

/** The language a reader is shown: their own where the server speaks it (BCP 47 lookup, RFC 4647 §3.4), else English. */
export function languageOf(locale: string): Language {
  return spokenLanguage(locale) ?? FALLBACK;
}

/** The same, undefined where the server does not speak it. */
export function spokenLanguage(locale: string): Language | undefined {
  const [primary = ''] = locale.toLowerCase().split('-');
  return LANGUAGES.find((language) => language === primary);
}
