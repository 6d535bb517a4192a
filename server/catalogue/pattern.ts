/** Why a pattern of a catalogue is not run; undefined where it is. */
export type PatternProblem = 'repeatsGroup' | 'looks' | 'repetitions' | 'anchors';

/**
 * A pattern of a catalogue runs on whatever an agent sends, in the process that serves every organization, and a
 * backtracking engine tries each way there is to divide a text among what repeats. So the ways are counted before: those of
 * each repetition and each choice, multiplied. What cannot be counted so is refused: a repeated group, and what looks ahead,
 * behind or back.
 *
 * @param longest characters of a text that it runs on
 */
export function patternProblem(pattern: string, longest: number): PatternProblem | undefined {
  if (pattern.length > LONGEST) return 'repetitions';
  const choices: Choice[] = [{ before: 0, ways: 1 }];
  const tokens = [...pattern.matchAll(TOKEN)].map(([token]) => token);
  if (tokens[0] !== '^' || tokens.at(-1) !== '$') return 'anchors';
  for (const [index, token] of tokens.entries()) {
    const within = choices.at(-1);
    // A bracket too many: the engine says so.
    if (within === undefined) return undefined;
    if (LOOKS.test(token)) return 'looks';
    if (token === '(' || token === '(?:') choices.push({ before: 0, ways: 1 });
    else if (token === '|') {
      // The anchors would be those of one choice each.
      if (choices.length === 1) return 'anchors';
      within.before += within.ways;
      within.ways = 1;
    } else if (token === ')') {
      choices.pop();
      const around = choices.at(-1);
      if (around) around.ways *= within.before + within.ways;
    } else if (QUANTIFIER.test(token)) {
      if (tokens[index - 1] === ')') return 'repeatsGroup';
      within.ways *= repetitions(token, longest);
    }
  }
  return (choices[0]?.ways ?? 1) > MOST_WAYS ? 'repetitions' : undefined;
}

interface Choice {
  /** Ways of the choices before this one. */
  before: number;
  ways: number;
}

/** Two free repetitions over the longest text that there is. */
const MOST_WAYS = 501 ** 2;

const LONGEST = 500;

const TOKEN = /\\[pPu]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\(\?[^:]?:?|\(|\)|\||(?:[*+?]|\{\d+(?:,\d*)?\})\??|./gsu;
const LOOKS = /^(?:\(\?(?!:$)|\\[1-9k])/u;
const QUANTIFIER = /^(?:[*+?]|\{\d)/u;

function repetitions(quantifier: string, longest: number): number {
  if (quantifier.startsWith('?')) return 2;
  const [, least = '0', comma, most = ''] = /^\{(\d+)(,?)(\d*)/.exec(quantifier) ?? ['', '0', ','];
  if (comma === '') return 1;
  return Math.max(1, Math.min(most === '' ? longest : Number(most), longest) - Number(least) + 1);
}
