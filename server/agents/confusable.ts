/**
 * What a name looks like at a glance: without case, accents, spacing and signs, and with letters that are drawn alike
 * as one (after Unicode TR39). Two names of one likeness are one name to whoever reads them in a hurry.
 */
export function likenessOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  const drawn = [...plain].map((character) => ALIKE[character] ?? character).join('');
  return drawn
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
    .replace(/[il1|]/g, 'l')
    .replace(/0/g, 'o')
    .replace(/5/g, 's');
}

/** A name of letters of several scripts, of which one imitates the other. */
export function mixesScripts(name: string): boolean {
  const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];
  return scripts.filter((script) => script.test(name)).length > 1;
}

/** Cyrillic and Greek letters that are drawn as Latin ones. */
const ALIKE: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  е: 'e',
  з: '3',
  і: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  с: 'c',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  ԁ: 'd',
  ɡ: 'g',
  ӏ: 'l',
  α: 'a',
  β: 'b',
  γ: 'y',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ω: 'w',
  ı: 'i',
  ł: 'l',
  ø: 'o',
  đ: 'd',
};

/** The known name that this one could be taken for; undefined when it is nobody's. */
export function confusableWith(name: string, known: readonly string[]): string | undefined {
  const likeness = likenessOf(name);
  return known.find((other) => likenessOf(other) === likeness);
}
