import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';

import { Failure } from './failure.ts';

/**
 * Asks before something that cannot be taken back, after its effect was said. `--yes` answers it; where nobody sits
 * there (`--no-input`, a pipe) it is refused rather than waited for.
 */
export async function sure(command: Command, question: string): Promise<void> {
  const { yes } = command.optsWithGlobals<{ yes?: boolean }>();
  if (yes) return;
  const answer = await typed(command, `${question} [y/N] `, '--yes');
  if (!/^y(es)?$/i.test(answer)) throw new Failure('usage', 'Nothing was done.');
}

/** One line from whoever sits at the terminal. @param instead the option that says it without asking */
export async function typed(command: Command, question: string, instead: string): Promise<string> {
  const { input } = command.optsWithGlobals<{ input?: boolean }>();
  if (input === false || process.stdin.isTTY !== true)
    throw new Failure('usage', `Nobody can be asked here: say it with ${instead}.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}
