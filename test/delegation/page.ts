import { readFileSync } from 'node:fs';

const PAGE = readFileSync(new URL('../../docs/rules-of-delegation.md', import.meta.url), 'utf8');

/** The rows of the tables of `docs/rules-of-delegation.md` whose first cell is like this, without the frame. */
export const rowsOf = (first: RegExp): string[][] =>
  PAGE.split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell));
