import type { Command } from 'commander';

import { call } from './client.ts';
import { Failure } from './failure.ts';
import { ORGANIZATION, readText, shared, whole } from './options.ts';
import { isReadable, moment, print, printRows, say } from './output.ts';

interface ListedResource {
  resource: string;
  name: string;
  owner: string;
  actions: {
    key: string;
    version: number;
    verb: string;
    impact: string;
    rises_to?: string;
    scope?: string;
    own: boolean;
  }[];
}

interface Change {
  words: string;
  weakens: boolean;
}

interface Effect {
  key: string;
  version: number;
  tasks: number;
  standing: number;
  people: number;
  agents: number;
  questions: number;
}

interface Difference {
  problems: string[];
  resources: { resource: string; changes: Change[] }[];
  actions: {
    key: string;
    version: number;
    state: 'new' | 'newer' | 'unchanged';
    from?: number;
    changes: Change[];
    effect: Effect[];
  }[];
}

interface Preview {
  key: string;
  version: number;
  sample: number;
  samples: number;
  language: string;
  text: string;
  measures: { place: string; unit: string; is: number; most: number }[];
}

interface Waiting {
  key: string;
  resource: string;
  proposed: boolean;
  saved_by: string;
  saved_at: string;
  hash: string;
  problems: string[];
  changes: Change[];
}

export function catalogueCommands(program: Command): void {
  const catalogue = program.command('catalogue').alias('actions').description('resources and their actions');
  catalogue
    .command('lint <file>')
    .description('says everything that keeps a file from being published; - reads standard input')
    .action(async (file: string, _options: object, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<{ problems: string[] }>(place, '/catalogue/lint', {
        method: 'POST',
        yaml: readText(file),
      });
      print(found, format, () => found.problems.map((problem) => `${problem}\n`).join(''));
      if (found.problems.length > 0) throw new Failure('error', `${found.problems.length} problem(s).`);
      say('Nothing is wrong with it.');
    });
  catalogue
    .command('preview <file>')
    .description('prints what a person would read of a file, and says what is too long; publishes nothing')
    .option('--action <key>', 'one action of the file; all of them without it')
    .option('--sample <number>', 'which of its samples', whole, 1)
    .option('--language <code>', 'en, de', 'en')
    .action(async (file: string, options: { action?: string; sample: number; language: string }, command: Command) => {
      const { place, format } = shared(command);
      const { previews } = await call<{ previews: Preview[] }>(place, '/catalogue/preview', {
        method: 'POST',
        yaml: readText(file),
        query: { ...options, sample: String(options.sample) },
      });
      print(previews, format, () =>
        previews
          .map(
            ({ key, version, sample, samples, text }) => `${key} v${version}, sample ${sample} of ${samples}\n${text}`,
          )
          .join('\n'),
      );
      for (const { key, measures } of previews) {
        for (const { place: where, unit, is, most } of measures) {
          if (is > most) say(`${key}: ${where} has ${is}/${most} ${unit}.`);
        }
      }
    });
  catalogue
    .command('diff <file>')
    .description('says in words what a file would change, and what lives under what it replaces')
    .action(async (file: string, _options: object, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<Difference>(place, '/catalogue/diff', { method: 'POST', yaml: readText(file) });
      print(found, format, () => [...found.resources.flatMap(toldOfResource), ...found.actions.flatMap(told)].join(''));
      for (const problem of found.problems) say(`Problem: ${problem}`);
    });
  catalogue
    .command('publish <file>')
    .description('publishes new resources, actions and versions from YAML; - reads standard input')
    .action(async (file: string, _options: object, command: Command) => {
      const { place, format } = shared(command);
      const answer = await call<{ published: number }>(place, '/catalogue', { method: 'POST', yaml: readText(file) });
      print(answer, format, () => '');
      say(
        answer.published === 0 ? 'Everything in it is published already.' : `Published ${answer.published} action(s).`,
      );
    });
  catalogue
    .command('show <action>')
    .description('prints one action as YAML that can be edited and published again')
    .option('--version <number>', 'another one than the newest')
    .action(async (action: string, { version }: { version?: string }, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<{ yaml: string; version: number; versions: number[]; effect?: Effect[] }>(
        place,
        `/catalogue/actions/${encodeURIComponent(action)}`,
        { query: { version } },
      );
      print(found, format, () => found.yaml);
      say(`Version ${found.version}; published: ${found.versions.join(', ')}.`);
      for (const effect of found.effect ?? []) say(livesUnder(effect));
    });
  catalogue
    .command('draft <file>')
    .description('writes a first catalogue from an OpenAPI 3 document or an MCP tool list; publishes nothing')
    .requiredOption('--resource <identifier>', 'the API, as its tokens name it')
    .requiredOption('--name <name>', 'what a person calls it')
    .option('--owner <slug>', 'whose it is', 'deployment')
    .action(async (file: string, options: { resource: string; name: string; owner: string }, command: Command) => {
      const { place, format } = shared(command);
      const source = file === '-' ? 'standard input' : (file.split('/').at(-1) ?? file);
      const body = { ...options, source, document: readText(file) };
      const drafted = await call<{ yaml: string; actions: number }>(place, '/catalogue/draft', {
        method: 'POST',
        body,
      });
      print(drafted, format, () => drafted.yaml);
      say(`Drafted ${drafted.actions} action(s). Write their sentences and labels, and remove "draft" from each.`);
    });
  catalogue
    .command('drafts')
    .description('what is written or proposed and not published')
    .option(...ORGANIZATION)
    .action(async ({ organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { drafts } = await call<{ drafts: Waiting[] }>(place, '/catalogue/drafts', { query: { organization } });
      if (!isReadable(format)) return print(drafts, format, () => '');
      printRows(
        drafts,
        format,
        {
          ACTION: ({ key }) => key,
          STATE: ({ proposed }) => (proposed ? 'needs a second administrator' : 'draft'),
          BY: ({ saved_by }) => saved_by,
          AT: ({ saved_at }) => moment(saved_at),
          CHANGES: ({ changes }) => changes.length,
          PROBLEMS: ({ problems }) => problems.length,
          HASH: ({ hash }) => hash,
        },
        'Nothing waits.',
      );
    });
  catalogue
    .command('confirm <action>')
    .description("publishes somebody else's proposal")
    .option(...ORGANIZATION)
    .option('--hash <hash>', 'of what you looked at, as `drafts` names it; without it, what is changed is shown')
    .action(async (action: string, options: { organization?: string; hash?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { organization, hash } = options;
      if (hash === undefined) {
        const { drafts } = await call<{ drafts: Waiting[] }>(place, '/catalogue/drafts', { query: { organization } });
        const draft = drafts.find(({ key }) => key === action);
        if (!draft) throw new Failure('notFound', `Nothing waits for ${action}.`);
        print(draft, format, () => draft.changes.map(line).join(''));
        throw new Failure('usage', `To publish it: countersign catalogue confirm ${action} --hash ${draft.hash}`);
      }
      const path = `/catalogue/drafts/${encodeURIComponent(action)}`;
      const answer = await call<{ published: number }>(place, path, { method: 'POST', body: { hash, organization } });
      print(answer, format, () => '');
      say(`Published ${answer.published} action(s).`);
    });
  catalogue
    .command('withdraw <action>')
    .description('removes what is written or proposed and not published')
    .option(...ORGANIZATION)
    .action(async (action: string, { organization }: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/catalogue/drafts/${encodeURIComponent(action)}`;
      const answer = await call<{ removed: string }>(place, path, { method: 'DELETE', query: { organization } });
      print(answer, format, () => '');
      say(`Removed the draft of ${answer.removed}.`);
    });
  catalogue.command('list').action(async (_options: object, command: Command) => {
    const { place, format } = shared(command);
    const { resources } = await call<{ resources: ListedResource[] }>(place, '/catalogue');
    if (!isReadable(format)) return print(resources, format, () => '');
    const rows = resources.flatMap((resource) => resource.actions.map((action) => ({ ...action, resource })));
    printRows(
      rows,
      format,
      {
        ACTION: ({ key }) => key,
        VERSION: ({ version }) => version,
        SYSTEM: ({ resource }) => resource.name,
        OWNER: ({ resource }) => resource.owner,
        IMPACT: ({ impact, rises_to }) => (rises_to ? `${impact} to ${rises_to}` : impact),
        SCOPE: ({ scope }) => scope,
        'BY ITSELF': ({ own }) => own,
      },
      'Nothing is published.',
    );
  });
}

const told = ({ key, version, state, from, changes, effect }: Difference['actions'][number]): string[] => {
  switch (state) {
    case 'new':
      return [`${key} v${version}: new\n`];
    case 'unchanged':
      return [`${key} v${version}: published already\n`];
    case 'newer':
      return [
        `${key} v${from} → v${version}${changes.length === 0 ? ': nothing changes' : ''}\n`,
        ...changes.map(line),
        ...effect.map((one) => `  ${livesUnder(one)}\n`),
      ];
  }
};

const toldOfResource = ({ resource, changes }: Difference['resources'][number]): string[] => [
  `${resource}, for all of its actions\n`,
  ...changes.map(line),
];

const line = ({ words, weakens }: Change): string => `  ${weakens ? '! ' : '- '}${words}\n`;

const livesUnder = ({ version, tasks, standing, people, agents, questions }: Effect): string =>
  `Version ${version}: ${count(tasks, 'live task')}${standing === 0 ? '' : ` (${standing} without asking)`} of ${count(agents, 'agent')} for ${count(people, 'person', 'people')} and ${count(
    questions,
    'waiting question',
  )} stay under it until they end; the newest is asked anew.`;

const count = (number: number, one: string, other = `${one}s`): string => `${number} ${number === 1 ? one : other}`;
