import { expect } from '@jest/globals';
import { inEnglish, type Saying } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';

/** What is said in English. Whoever reads German is told the same in other words: none of it is left as it was. */
export function said(sentence: Saying | undefined): string | undefined;
export function said(sentence: Saying): string;
export function said(sentence: Saying | undefined): string | undefined {
  if (sentence === undefined) return undefined;
  const english = inEnglish(sentence);
  expect(sentence(speakerOf('de'))).not.toBe(english);
  return english;
}
