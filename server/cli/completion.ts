import type { Command } from 'commander';

import { Failure } from './failure.ts';
import { FORMATS } from './output.ts';

/** Words for a shell, made of the commands themselves. */
export function completionCommand(program: Command): void {
  program
    .command('completion <shell>')
    .description('completions for bash, zsh or fish: source <(countersign completion bash)')
    .action((shell: string) => {
      const script = SCRIPTS[shell];
      if (!script) throw new Failure('usage', `${shell} is none of ${Object.keys(SCRIPTS).join(', ')}`);
      process.stdout.write(script({ words: wordsOf(program), valued: valuedIn(program) }));
    });
}

/** What may follow each command, by its path: `agents` → list, get, …; `agents list` → --filter, …. */
function wordsOf(command: Command, path: readonly string[] = []): [path: string, words: string[]][] {
  const options = command.options.flatMap(({ long }) => long ?? []);
  const words = [...command.commands.flatMap(namesOf), ...options].toSorted();
  const below = command.commands.flatMap((one) => namesOf(one).flatMap((name) => wordsOf(one, [...path, name])));
  return [[path.join(' '), words], ...below];
}

const namesOf = (command: Command): string[] => [command.name(), ...command.aliases()];

/** Options after which a value stands, wherever they are used. */
const valuedIn = (command: Command): string[] =>
  [
    ...new Set([
      ...command.options.flatMap(({ required, long, short }) => (required ? [long, short].filter((one) => one) : [])),
      ...command.commands.flatMap(valuedIn),
    ]),
  ] as string[];

interface Words {
  words: readonly (readonly [path: string, words: readonly string[]])[];
  valued: readonly string[];
}

const bash = ({ words, valued }: Words): string => `# countersign: bash
_countersign() {
  local word path="" words="" value="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n "$value" ]]; then value=""; continue; fi
    case "$word" in
      ${valued.join('|')}) value="$word" ;;
    esac
    # A name or an id is no part of a command.
    case "\${path:+$path }$word" in
      ${words.flatMap(([path]) => (path === '' ? [] : [`'${path}'`])).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$value" in
    '') ;;
    -o|--output) COMPREPLY=($(compgen -W "${FORMATS.join(' ')}" -- "\${COMP_WORDS[COMP_CWORD]}")); return ;;
    *) COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); return ;;
  esac
  case "$path" in
${words.map(([path, known]) => `    '${path}') words='${known.join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _countersign countersign
`;

const SCRIPTS: Readonly<Record<string, (words: Words) => string>> = {
  bash,
  zsh: (all) => `autoload -U +X bashcompinit && bashcompinit\n${bash(all)}`,
  fish: ({ words }) =>
    `# countersign: fish\n${words
      .map(([path, known]) => {
        const seen = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
        return `complete -c countersign -f -n '${seen}' -a '${known.join(' ')}'`;
      })
      .join('\n')}\n`,
};
