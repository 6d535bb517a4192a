import type { PageLanguage } from './language.ts';

/**
 * A sentence in a language nobody speaks: each letter is another one that a reader still recognises, slots stay as they
 * are, and what is left of English shows. `en-XA` is 40 % longer, as German can be; `ar-XB` runs from right to left.
 */
export function inPseudo(sentence: string, language: PageLanguage): string {
  const alphabet = language === 'ar-XB' ? RIGHT_TO_LEFT : ACCENTED;
  const text = sentence
    .split(/(\{\w+\})/)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(/[a-zA-Z]/g, (letter) => alphabet(letter))))
    .join('');
  if (language === 'ar-XB') return text;
  const letters = sentence.replace(/\{\w+\}|[^a-zA-Z]/g, '').length;
  return letters === 0 ? text : `${text}${' ẋẋẋẋẋ'.repeat(Math.ceil((letters * 0.4) / 6))}`;
}

const LATIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ACCENTED = replacing('áƀćďéƒǵĥíĵķĺḿńóṕʠŕśţúṽŵẋýźÁƁĆĎÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŢÚṼŴẊÝŹ');
const RIGHT_TO_LEFT = replacing('ابجدهوزحطيكلمنسعفصقرشتثخذضابجدهوزحطيكلمنسعفصقرشتثخذض');

function replacing(letters: string): (letter: string) => string {
  const table = new Map(Array.from(letters, (other, index) => [LATIN[index], other]));
  return (letter) => table.get(letter) ?? letter;
}
