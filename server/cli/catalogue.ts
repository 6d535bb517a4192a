import { readFileSync } from 'node:fs';
import type { Command } from 'commander';

import { call } from './client.ts';
import { Failure } from './failure.ts';
import { shared } from './options.ts';
import { print, printRows, say } from './output.ts';

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

export function catalogueCommands(program: Command): void {
  const catalogue = program.command('catalogue').description('resources and their actions');
  catalogue
    .command('publish <file>')
    .description('publishes new resources, actions and versions from YAML; - reads standard input')
    .action(async (file: string, _options: object, command: Command) => {
      const { place, format } = shared(command);
      const answer = await call<{ published: number }>(place, '/catalogue', { method: 'POST', yaml: read(file) });
      print(answer, format, () => '');
      say(
        answer.published === 0 ? 'Everything in it is published already.' : `Published ${answer.published} action(s).`,
      );
    });
  catalogue.command('list').action(async (_options: object, command: Command) => {
    const { place, format } = shared(command);
    const { resources } = await call<{ resources: ListedResource[] }>(place, '/catalogue');
    if (format === 'json') return print(resources, format, () => '');
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

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Failure('usage', `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
