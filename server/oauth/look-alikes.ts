/**
 * Words whose letters or digits are not what they are drawn as: "ЕUR" with a Cyrillic letter, "４,200" in letters as wide as
 * Chinese ones, "١2" in two kinds of digits. A text in one script, whatever it is, has none. What they stand in may be
 * somebody's real name, so it is not refused: whoever decides is told to look twice (after Unicode TR39 §5).
 */
export function lookAlikesIn(value: unknown): string[] {
  return [...new Set(textsIn(value).flatMap(wordsThatPretend))];
}

function wordsThatPretend(text: string): string[] {
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const latin = words.some((word) => /\p{Script=Latin}|[0-9]/u.test(word) && !IMITATION.test(word));
  return words.filter(
    (word) =>
      IMITATION.test(word) ||
      (/\p{Script=Latin}/u.test(word) && IMITATES_LATIN.test(word)) ||
      // A word of nothing but imitations among Latin ones: "сору" looks like a word, and is none.
      (latin && [...word].length > 1 && DRAWN_AS_LATIN.test(word)) ||
      (/[0-9]/.test(word) && FOREIGN_DIGIT.test(word)) ||
      (latin && FOREIGN_DIGIT.test(word) && !/\p{L}/u.test(word)),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(Array.isArray(value) ? [] : [name]), ...textsIn(inner)]);
}

/** Full-width, mathematical and enclosed forms of Latin letters and digits, which Unicode itself calls the same. */
const IMITATION =
  /(?![\u{aa}\u{ba}])[\u{ff10}-\u{ff19}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}\u{1d400}-\u{1d7ff}\u{2460}-\u{249b}\u{24b6}-\u{24ff}\u{1f100}-\u{1f189}\u{1fbf0}-\u{1fbf9}\u{fb00}-\u{fb06}]/u;

const CYRILLIC = 'аеорсухіјѕԁӏһԛԝвкмнтАВЕЅЗІЈКМНОРСТХУԌԚԜ';
const ARMENIAN = 'օոսցհզԼՏՍՕ';
// Not those that stand for something beside Latin letters: µm, kΩ, ΔT.
const GREEK = 'αινορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ';
const CHEROKEE = '\u{13a0}-\u{13f5}';
const IMITATES_LATIN = new RegExp(`[${CYRILLIC}${ARMENIAN}${GREEK}${CHEROKEE}\\p{Script=Cyrillic}]`, 'u');
const DRAWN_AS_LATIN = new RegExp(
  `^[${CYRILLIC}${ARMENIAN}${GREEK}${CHEROKEE}0-9]*[${CYRILLIC}${ARMENIAN}${GREEK}${CHEROKEE}][${CYRILLIC}${ARMENIAN}${GREEK}${CHEROKEE}0-9]*$`,
  'u',
);
const FOREIGN_DIGIT = /(?![0-9])\p{Nd}/u;
