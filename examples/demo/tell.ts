/** The story as it happens: numbered steps, and under each what was checked. */
export interface Teller {
  say(words: string): void;
  /** Runs one step; a check that does not hold ends it, and the story. */
  step(title: string, run: (check: Check) => Promise<void>): Promise<void>;
}

/**
 * @param words what should be, as a sentence
 * @param holds whether it is
 * @param seen shown when it does not hold
 */
export type Check = (words: string, holds: boolean, seen?: unknown) => void;

/** The story did not go as it should. */
export class NotSo extends Error {}

/** For people; in colour where there is a terminal that wants it (no-color.org). */
export function tellInWords(): Teller {
  const colour = process.stdout.isTTY && !process.env.NO_COLOR;
  const as = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  let count = 0;
  const say = (words: string) => console.log(words.replaceAll(/^(?=.)/gm, '     '));
  return {
    say,
    async step(title, run) {
      count++;
      console.log(`\n${as(1, `${String(count).padStart(3)}  ${title}`)}`);
      await run((words, holds, seen) => {
        say(`${holds ? as(32, '✓') : as(31, '✗')} ${words}`);
        if (!holds) throw new NotSo(seen === undefined ? 'that should have been so' : `it was ${JSON.stringify(seen)}`);
      });
    },
  };
}

/** For programs: one JSON object per line, a step when it is over. */
export function tellInJson(): Teller {
  let count = 0;
  return {
    say() {},
    async step(title, run) {
      const checks: { words: string; holds: boolean; seen?: unknown }[] = [];
      const started = Date.now();
      try {
        await run((words, holds, seen) => {
          checks.push({ words, holds, ...(!holds && { seen }) });
          if (!holds) throw new NotSo(words);
        });
      } finally {
        const ok = checks.every(({ holds }) => holds);
        console.log(JSON.stringify({ step: ++count, title, ok, ms: Date.now() - started, checks }));
      }
    },
  };
}
