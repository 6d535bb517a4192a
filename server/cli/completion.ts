import type { Command } from 'commander';

import { Failure } from './failure.ts';

/** Words for a shell, made of the commands themselves. */
export function completionCommand(program: Command): void {
  program
    .command('completion <shell>')
    .description('completions for bash, zsh or fish: source <(countersign completion bash)')
    .action((shell: string) => {
      const script = SCRIPTS[shell];
      if (!script) throw new Failure('usage', `${shell} is none of ${Object.keys(SCRIPTS).join(', ')}`);
      process.stdout.write(script(wordsOf(program)));
    });
}

/** What may follow each command, by its path: `agents` → list, get, …; `agents list` → --filter, …. */
function wordsOf(command: Command, path: readonly string[] = []): [path: string, words: string[]][] {
  const options = command.options.flatMap(({ long }) => long ?? []);
  const words = [...command.commands.flatMap((one) => [one.name(), ...one.aliases()]), ...options].toSorted();
  return [[path.join(' '), words], ...command.commands.flatMap((one) => wordsOf(one, [...path, one.name()]))];
}

type Words = readonly (readonly [path: string, words: readonly string[]])[];

const bash = (words: Words): string => `# countersign: bash
_countersign() {
  local word path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ "$word" == -* ]] || path="\${path:+$path }$word"
  done
  case "$path" in
${words.map(([path, known]) => `    '${path}') words='${known.join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _countersign countersign
`;

const SCRIPTS: Readonly<Record<string, (words: Words) => string>> = {
  bash,
  zsh: (words) => `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`,
  fish: (words) =>
    `# countersign: fish\n${words
      .map(([path, known]) => {
        const seen = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
        return `complete -c countersign -f -n '${seen}' -a '${known.join(' ')}'`;
      })
      .join('\n')}\n`,
};
