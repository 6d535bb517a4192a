import type { Command } from 'commander';

import type { Group } from '../admin/groups.ts';
import { call, callAll } from './client.ts';
import { Failure } from './failure.ts';
import type { Json } from './format.ts';
import { list, ORGANIZATION, shared } from './options.ts';
import { print, printOne, printRows, say } from './output.ts';

type Where = { organization?: string };
export type ListedGroup = Json<Group> & { asked_by: string[]; waiting?: string };
type Put = Json<Group> & { waiting?: string };

/** People who decide together, where a policy names them. */
export function groupCommands(program: Command): void {
  const groups = program.command('groups').description('people who decide together, where a policy names them');
  groups
    .command('list')
    .description('who belongs to which, who waits to be confirmed, and which rules ask them')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const { groups } = await callAll<{ groups: ListedGroup[] }>(place, '/groups', { query: options });
      printRows(
        groups,
        format,
        {
          NAME: ({ name }) => name,
          MEMBERS: ({ members }) => emails(members, false),
          WAIT: ({ members }) => emails(members, true),
          'ASKED BY': ({ asked_by }) => asked_by,
          ID: ({ id }) => id,
        },
        'None.',
      );
    });
  groups
    .command('set <name>')
    .description('makes a group of these people and nobody else; whoever comes in waits for another administrator')
    .requiredOption('--members <list>', 'comma-separated e-mail addresses', list)
    .option(...ORGANIZATION)
    .action(async (name: string, options: Where & { members: string[] }, command: Command) => {
      const { place, format } = shared(command);
      const put = await call<Put>(place, '/groups', { method: 'PUT', body: { ...options, name } });
      show(put, format);
      if (put.waiting !== undefined) say(`Another administrator confirms it: countersign groups confirm "${put.name}"`);
    });
  groups
    .command('confirm <name>')
    .description('lets whoever another administrator added decide what is asked from now on')
    .option('--hash <hash>', 'of what you looked at; without it, who waits is shown')
    .option(...ORGANIZATION)
    .action(async (name: string, { hash, ...options }: Where & { hash?: string }, command: Command) => {
      const { place, format } = shared(command);
      if (hash === undefined) {
        const { groups } = await callAll<{ groups: ListedGroup[] }>(place, '/groups', { query: options });
        const group = groups.find((one) => one.name.toLowerCase() === name.toLowerCase() || one.id === name);
        if (!group) throw new Failure('notFound', `group ${name} is unknown.`);
        if (group.waiting === undefined) throw new Failure('notFound', 'Nobody waits.');
        print(group, format, () => emails(group.members, true).join('\n').concat('\n'));
        throw new Failure(
          'usage',
          `To confirm them: countersign groups confirm "${group.name}" --hash ${group.waiting}`,
        );
      }
      const path = `/groups/${encodeURIComponent(name)}/confirm`;
      const done = await call<{ name: string; confirmed: string[] }>(place, path, {
        method: 'POST',
        body: { ...options, hash },
      });
      printOne(done, format, { group: done.name, confirmed: done.confirmed.join(', ') });
    });
  groups
    .command('remove <name>')
    .description('a group that no policy names')
    .option(...ORGANIZATION)
    .action(async (name: string, options: Where, command: Command) => {
      const { place, format } = shared(command);
      const path = `/groups/${encodeURIComponent(name)}`;
      const gone = await call<{ name: string }>(place, path, { method: 'DELETE', query: options });
      printOne(gone, format, { removed: gone.name });
    });
}

const emails = (members: Json<Group>['members'], waiting: boolean): string[] =>
  members.filter(({ counts_from }) => (counts_from === null) === waiting).map(({ email }) => email);

const show = (group: Put, format: Parameters<typeof printOne>[1]) =>
  printOne(group, format, {
    group: group.name,
    members: emails(group.members, false).join(', '),
    wait: emails(group.members, true).join(', '),
  });
