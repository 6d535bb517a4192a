import type { Command } from 'commander';

import type { Met } from '../tasks/policy-change.ts';
import { call } from './client.ts';
import { Failure } from './failure.ts';
import { ORGANIZATION, readText, shared } from './options.ts';
import { moment, print, printOne, printRows, say } from './output.ts';

interface Change {
  words: string;
  weakens: boolean;
}

interface Policies {
  version: number;
  yaml: string;
  rules: { position: number; name: string; verdict: string; says: string }[];
  flow: string;
  proposal?: { yaml: string; hash: string; saved_by: string; saved_at: string; problems: string[]; changes: Change[] };
}

type Counts = Record<Met, number>;
const MEETINGS = ['allow', 'ask', 'others', 'two', 'never'] as const satisfies readonly Met[];

interface Effect {
  changes: Change[];
  days: number;
  effect: {
    requests: number;
    before: Counts;
    after: Counts;
    changed: { from: string; to: string; count: number }[];
    decided_by_others: number;
  };
}

/** Policies travel as YAML; the organization in the query. */
export function policyCommands(program: Command): void {
  const policies = program.command('policies').description('what agents may do without asking, with asking, and never');
  policies
    .command('list')
    .description('the rules that stand, in words')
    .option(...ORGANIZATION)
    .action(async ({ organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<Policies>(place, '/policies', { query: { organization } });
      if (format === 'json') return print(found, format, () => '');
      printRows(
        found.rules,
        format,
        { '#': ({ position }) => position, NAME: ({ name }) => name, RULE: ({ says }) => says },
        'No rules: every question is asked.',
      );
      say(found.flow);
      if (found.proposal) {
        say(
          `A proposal of ${found.proposal.saved_by} waits since ${moment(found.proposal.saved_at)}: policies confirm`,
        );
      }
    });
  policies
    .command('show')
    .description('prints them as YAML that can be edited and published again')
    .option(...ORGANIZATION)
    .action(async ({ organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<Policies>(place, '/policies', { query: { organization } });
      print(found, format, () => found.yaml);
      say(`Version ${found.version}.`);
    });
  policies
    .command('lint <file>')
    .description('says everything that keeps a file from being published; - reads standard input')
    .option(...ORGANIZATION)
    .action(async (file: string, { organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<{ problems: string[] }>(place, '/policies/lint', {
        method: 'POST',
        yaml: readText(file),
        query: { organization },
      });
      print(found, format, () => found.problems.map((problem) => `${problem}\n`).join(''));
      if (found.problems.length > 0) throw new Failure('error', `${found.problems.length} problem(s).`);
      say('Nothing is wrong with them.');
    });
  policies
    .command('effect <file>')
    .description('what a file would change, and what it would have done in the last seven days')
    .option(...ORGANIZATION)
    .action(async (file: string, { organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<Effect>(place, '/policies/effect', {
        method: 'POST',
        yaml: readText(file),
        query: { organization },
      });
      print(found, format, () => found.changes.map(line).join(''));
      const { requests, before, after, decided_by_others: others } = found.effect;
      say(`Of ${requests} request(s) in ${found.days} days:`);
      for (const verdict of MEETINGS) {
        say(`  ${verdict.padEnd(6)} ${before[verdict]} → ${after[verdict]}`);
      }
      if (others > 0) say(`  ${others} would be decided by other people than now`);
    });
  policies
    .command('publish <file>')
    .description('publishes them; what lets through more waits for another administrator')
    .option(...ORGANIZATION)
    .action(async (file: string, { organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const answer = await call<{ published: number }>(place, '/policies', {
        method: 'POST',
        yaml: readText(file),
        query: { organization },
      });
      print(answer, format, () => '');
      say(`Published version ${answer.published}.`);
    });
  policies
    .command('confirm')
    .description("publishes somebody else's proposal")
    .option(...ORGANIZATION)
    .option('--hash <hash>', 'of what you looked at; without it, what would change is shown')
    .action(async ({ organization, hash }: { organization?: string; hash?: string }, command: Command) => {
      const { place, format } = shared(command);
      if (hash === undefined) {
        const { proposal } = await call<Policies>(place, '/policies', { query: { organization } });
        if (!proposal) throw new Failure('notFound', 'Nothing waits.');
        print(proposal, format, () => `${proposal.yaml}\n${proposal.changes.map(line).join('')}`);
        throw new Failure('usage', `To publish it: countersign policies confirm --hash ${proposal.hash}`);
      }
      const answer = await call<{ published: number }>(place, '/policies/proposal', {
        method: 'POST',
        body: { hash, ...(organization !== undefined && { organization }) },
      });
      print(answer, format, () => '');
      say(`Published version ${answer.published}.`);
    });
  policies
    .command('withdraw')
    .description('removes what waits for another administrator')
    .option(...ORGANIZATION)
    .action(async ({ organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const answer = await call<{ removed: true }>(place, '/policies/proposal', {
        method: 'DELETE',
        query: { organization },
      });
      print(answer, format, () => '');
      say('Removed the proposal.');
    });
  policies
    .command('try')
    .alias('test')
    .description('what would happen if an agent asked; nobody is asked')
    .requiredOption('--agent <agent>', 'name or id')
    .requiredOption('--person <person>', 'e-mail address or id')
    .requiredOption('--action <key>', 'of the catalogue')
    .option('--parameters <json|file>', 'of the action, as they are or in a file', '{}')
    .option(...ORGANIZATION)
    .action(async ({ parameters, ...options }: Record<string, string>, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<{
        in_words: string;
        rule?: { position: number; name: string };
        blocks?: string;
        passes?: string[];
        asked_of?: string[];
        later?: string[];
        too_few: boolean;
        headline: string;
        impact_line: string;
      }>(place, '/policies/try', { method: 'POST', body: { ...options, parameters: json(parameters ?? '{}') } });
      printOne(found, format, {
        result: found.in_words,
        rule: found.rule ? `${found.rule.position}. ${found.rule.name}` : 'none: the person is asked',
        says: found.blocks,
        'would pass': found.passes?.join(', or '),
        'asked of': found.too_few ? 'too few: it would be refused' : found.asked_of?.join(', '),
        'later also': found.later?.join(', '),
        page: found.headline,
        impact: found.impact_line,
      });
    });
}

const line = ({ words, weakens }: Change): string => `${weakens ? '! ' : '- '}${words}\n`;

/** As it stands there, or in a file. */
function json(text: string): unknown {
  try {
    return JSON.parse(text.trimStart().startsWith('{') ? text : readText(text));
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('usage', '--parameters is no JSON.');
  }
}
