import type { Command } from 'commander';

import type { ListedIntroduction } from '../admin/introductions.ts';
import type { ListedWebhook } from '../admin/webhooks.ts';
import { call, callAll } from './client.ts';
import { Failure } from './failure.ts';
import type { Json } from './format.ts';
import { list, ORGANIZATION, shared } from './options.ts';
import { moment, print, printOne, printRows, say } from './output.ts';

interface Where {
  organization?: string;
}
interface Settings {
  tells_reason: boolean;
  notification_hosts: string[];
}

/** How what is asked from behind reaches people and systems: webhooks, introductions, and what agents are told. */
export function reachCommands(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description('systems of your own that hear of every request, and only hear');
  webhooks
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const { webhooks } = await callAll<{ webhooks: Json<ListedWebhook>[] }>(place, '/webhooks', {
        query: { ...options },
      });
      printRows(
        webhooks,
        format,
        { ID: ({ id }) => id, HOST: ({ host }) => host, 'ADDED AT': ({ created_at }) => moment(created_at) },
        'No webhooks.',
      );
    });
  webhooks
    .command('add <url>')
    .description('its secret, by which the receiver knows that it is us, is shown once')
    .option(...ORGANIZATION)
    .action(async (url: string, options: Where, command: Command) => {
      const { place, format } = shared(command);
      const body = { ...options, url };
      const added = await call<{ id: string; host: string; secret: string }>(place, '/webhooks', {
        method: 'POST',
        body,
      });
      printOne(added, format, { id: added.id, host: added.host, secret: added.secret });
      say('The secret is not shown again.');
    });
  webhooks
    .command('remove <id>')
    .option(...ORGANIZATION)
    .action(async (id: string, options: Where, command: Command) => {
      const { place, format } = shared(command);
      const path = `/webhooks/${encodeURIComponent(id)}`;
      print(await call<object>(place, path, { method: 'DELETE', query: { ...options } }), format, () => '');
      say(`${id} hears nothing any more.`);
    });

  const introductions = program
    .command('introductions')
    .description('which agents may notify whom; everything else waits in the inbox');
  introductions
    .command('list')
    .option(...ORGANIZATION)
    .option('--agent <agent>', 'of one agent')
    .option('--person <person>', 'to one person')
    .action(async (options: Where & { agent?: string; person?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { introductions } = await callAll<{ introductions: Json<ListedIntroduction>[] }>(place, '/introductions', {
        query: { ...options },
      });
      printRows(
        introductions,
        format,
        {
          AGENT: ({ agent }) => agent.name,
          PERSON: ({ person }) => person.email,
          SINCE: ({ at }) => moment(at),
        },
        'No agent may notify anybody.',
      );
    });
  for (const [name, method, what, done] of [
    ['add', 'PUT', 'this agent may notify this person from now on; it allows nothing else', 'may notify'],
    ['remove', 'DELETE', 'what the agent asks waits in the inbox again', 'no longer notifies'],
  ] as const) {
    introductions
      .command(`${name} <agent> <person>`)
      .description(what)
      .option(...ORGANIZATION)
      .action(async (agent: string, person: string, options: Where, command: Command) => {
        const { place, format } = shared(command);
        const body = { ...options, agent, person };
        const pair = await call<{ agent: { name: string }; person: { email: string } }>(place, '/introductions', {
          method,
          body,
        });
        print(pair, format, () => '');
        say(`${pair.agent.name} ${done} ${pair.person.email}.`);
      });
  }

  program
    .command('backchannel')
    .description('what agents that ask from behind are told, and where their clients may be notified')
    .option('--tells-reason <yes|no>', 'may an agent hear, in coarse words, why a person said no?')
    .option('--notification-hosts <list>', 'hosts beside the clients’ own, comma-separated; replaces the list', list)
    .option(...ORGANIZATION)
    .action(
      async (
        {
          organization,
          tellsReason,
          notificationHosts,
        }: Where & { tellsReason?: string; notificationHosts?: string[] },
        command: Command,
      ) => {
        const { place, format } = shared(command);
        const changes = {
          ...(tellsReason !== undefined && { tells_reason: yesOrNo(tellsReason) }),
          ...(notificationHosts && { notification_hosts: notificationHosts }),
        };
        const settings = await call<Settings>(
          place,
          '/backchannel',
          Object.keys(changes).length === 0
            ? { query: { organization } }
            : { method: 'PUT', body: { ...(organization !== undefined && { organization }), ...changes } },
        );
        printOne(settings, format, {
          'tells why': settings.tells_reason,
          'notification hosts': settings.notification_hosts,
        });
      },
    );
}

/** @throws Failure */
function yesOrNo(value: string): boolean {
  if (value !== 'yes' && value !== 'no') throw new Failure('usage', `--tells-reason is yes or no, and not ${value}`);
  return value === 'yes';
}
