import type { Command } from 'commander';

import type { Campaign, CampaignOwner } from '../admin/reviews.ts';
import { sure } from './ask.ts';
import { call, callAll } from './client.ts';
import type { Json } from './format.ts';
import { ORGANIZATION, shared, whole } from './options.ts';
import { isReadable, moment, print, printOne, printRows } from './output.ts';

type Where = { organization?: string };
/** As the admin API says it. */
interface Listed extends Json<Pick<Campaign, 'id' | 'name' | 'filter' | 'agents' | 'settled'>> {
  started_by: string;
  due_at: string;
  closed_at: string | null;
}

const far = ({ settled, agents }: Pick<Listed, 'settled' | 'agents'>): string => `${settled} of ${agents}`;

/** Reviews of many agents at once. */
export function reviewCommands(program: Command): void {
  const reviews = program.command('reviews').description('campaigns: many agents that their owners review until a day');
  reviews
    .command('start <name>')
    .description('asks the owners of all agents that a filter finds; what they do not answer in time is suspended')
    .option('--filter <text>', 'as agents list has it: level:high owner:olga@…; all, where it is left out', '')
    .option('--days <number>', 'until it ends, 1 to 180', whole, 30)
    .option(...ORGANIZATION)
    .action(async (name: string, { days, ...options }: Where & { filter: string; days: number }, command: Command) => {
      const { place, format } = shared(command);
      const what = options.filter === '' ? 'every agent' : `the agents that fit ${options.filter}`;
      await sure(command, `Their owners review ${what} within ${days} days, or it is suspended. Start it?`);
      const body = { ...options, name, days };
      const started = await call<Listed>(place, '/review-campaigns', { method: 'POST', body });
      printOne(started, format, {
        name: started.name,
        id: started.id,
        agents: started.agents,
        ends: moment(started.due_at),
      });
    });
  reviews
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const { campaigns } = await callAll<{ campaigns: Listed[] }>(place, '/review-campaigns', { query: options });
      printRows(
        campaigns,
        format,
        {
          ID: ({ id }) => id,
          NAME: ({ name }) => name,
          ANSWERED: far,
          ENDS: ({ due_at }) => moment(due_at),
          CLOSED: ({ closed_at }) => moment(closed_at),
        },
        'No campaigns.',
      );
    });
  reviews
    .command('show <campaign>')
    .description('how far each owner is')
    .option(...ORGANIZATION)
    .action(async (campaign: string, options: Where, command: Command) => {
      const { place, format } = shared(command);
      const path = `/review-campaigns/${encodeURIComponent(campaign)}`;
      const shown = await call<Listed & { owners: Json<CampaignOwner>[] }>(place, path, { query: options });
      if (!isReadable(format)) return print(shown, format, () => '');
      printRows(shown.owners, format, { OWNER: ({ owner }) => owner.email, ANSWERED: far }, 'Nobody is asked.');
    });
  reviews
    .command('close <campaign>')
    .description('nobody is asked by it any more; agents without an answer stay due on their day')
    .option(...ORGANIZATION)
    .action(async (campaign: string, options: Where, command: Command) => {
      const { place, format } = shared(command);
      const path = `/review-campaigns/${encodeURIComponent(campaign)}/close`;
      const closed = await call<Listed>(place, path, { method: 'POST', body: options });
      printOne(closed, format, { name: closed.name, answered: far(closed), closed: moment(closed.closed_at) });
    });
}
