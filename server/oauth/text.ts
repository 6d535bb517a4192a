/** What makes a text one that nobody is shown, in words for machines; a page says them in its reader's language. */
export type TextProblem =
  | 'half a character'
  | 'a bidirectional control character'
  | 'a control character'
  | 'a zero-width or invisible character'
  | 'a character without a meaning'
  | 'too many combining marks'
  | 'a mark that strikes out, underlines or encloses'
  | 'not in Unicode normal form C'
  | 'white space other than single spaces between words';

/** What is wrong with a text that a person will read, or undefined. Refused, never altered: a repaired text is not what was asked. */
export function checkText(text: string): TextProblem | undefined {
  return PROBLEMS.find(([hostile]) => hostile(text))?.[1];
}

/** Where a problem is, when it is in a name of the outermost object. */
export const A_MEMBER_NAME = 'a member name';

/** The first text in a JSON value (member names included) that `check` refuses, with its place. */
export function checkTexts(value: unknown): { field: string; problem: TextProblem } | undefined;
export function checkTexts<Problem extends string>(
  value: unknown,
  field: string,
  check: (text: string) => Problem | undefined,
): { field: string; problem: Problem } | undefined;
export function checkTexts(
  value: unknown,
  field = '',
  check: (text: string) => string | undefined = checkText,
): { field: string; problem: string } | undefined {
  if (typeof value === 'string') {
    const problem = check(value);
    return problem === undefined ? undefined : { field, problem };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const problem = Array.isArray(value) ? undefined : check(name);
    if (problem !== undefined) return { field: field || A_MEMBER_NAME, problem };
    const found = checkTexts(inner, field === '' ? name : `${field}.${name}`, check);
    if (found) return found;
  }
  return undefined;
}

/** Spaces that a page does not show as they are: HTML folds them, so the text shown would not be the text granted. */
export function checkSpacing(text: string): TextProblem | undefined {
  return /^\s|\s$|\s\s|[^\S ]/u.test(text) ? 'white space other than single spaces between words' : undefined;
}

/** What no name, key or address of a machine may hold: the database could not even store it. */
export function controlCharacter(text: string): TextProblem | undefined {
  if (!text.isWellFormed()) return 'half a character';
  return /\p{Cc}/u.test(text) ? 'a control character' : undefined;
}

const matches = (pattern: RegExp) => (text: string) => pattern.test(text);

const PROBLEMS: readonly [(text: string) => boolean, TextProblem][] = [
  [(text) => !text.isWellFormed(), 'half a character'],
  // Overrides and isolates reorder what follows: "EUR 1" can be made to read "1 RUE" (Trojan Source).
  [matches(/\p{Bidi_Control}/u), 'a bidirectional control character'],
  [matches(/[\p{Cc}\p{Zl}\p{Zp}]/u), 'a control character'],
  // Zero-width characters, fillers, tags and variation selectors: two texts that look the same and are not.
  [matches(/[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u), 'a zero-width or invisible character'],
  // Private use draws whatever a font says, a company's logo for example.
  [matches(/[\p{Co}\p{Noncharacter_Code_Point}]/u), 'a character without a meaning'],
  // A tower of marks paints over the lines above and below it, where the other facts stand.
  [matches(/\p{M}{5,}/u), 'too many combining marks'],
  // Struck out reads as void, underlined as a link, enclosed as a sign; the text under it is granted all the same.
  [
    matches(
      /[\u0305\u0332-\u0338\u033f\u0347\u035f\u20d2\u20d3\u20d8-\u20da\u20e5-\u20e8\u20ea\u20eb]|[\u0488\u0489]|[\u20dd-\u20e0]|[\u20e2-\u20e4]/u,
    ),
    'a mark that strikes out, underlines or encloses',
  ],
  [(text) => text.normalize('NFC') !== text, 'not in Unicode normal form C'],
];
