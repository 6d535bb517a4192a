import type { Command } from 'commander';

import type { AgentCard, ListedAgent, ListedEdge, Named, StillLive } from '../admin/admin.ts';
import { call } from './client.ts';
import type { Json } from './format.ts';
import { list, ORGANIZATION, shared, whole } from './options.ts';
import { type Format, moment, print, printOne, printRows, say } from './output.ts';

export function agentCommands(program: Command): void {
  const agents = program.command('agents').description('agents: who owns them, what they may do, and their life');
  agents
    .command('list')
    .option(...ORGANIZATION)
    .option('--status <status>', 'pending, active, suspended, retired or expired')
    .option('--owner <person>', 'e-mail address or id of the owner')
    .action(async (options: { organization?: string; status?: string; owner?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { agents } = await call<{ agents: Json<ListedAgent>[] }>(place, '/agents', { query: options });
      printRows(
        agents,
        format,
        {
          NAME: ({ name }) => name,
          ID: ({ id }) => id,
          ORGANIZATION: ({ organization }) => organization,
          STATUS: ({ status }) => status,
          MODE: ({ mode }) => mode,
          OWNER: ({ owner }) => owner.email,
          TASKS: ({ live_tasks }) => live_tasks,
          'LAST USED': ({ last_used }) => moment(last_used),
        },
        'No agents.',
      );
    });
  agents
    .command('get <agent>')
    .description('one agent, by name or id')
    .option(...ORGANIZATION)
    .action(async (agent: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const card = await call<Json<AgentCard>>(place, `/agents/${encodeURIComponent(agent)}`, { query: options });
      printOne(card, format, {
        name: card.name,
        id: card.id,
        organization: card.organization,
        status: card.status,
        mode: card.mode,
        purpose: card.purpose,
        owner: card.owner.email,
        deputy: card.deputy.email,
        'may ask for': card.actions ?? 'any action',
        'does by itself': card.own_actions,
        'hands on to': card.hands_on_to.map(
          ({ name, actions, max_depth }) => `${name} (${actions.join(', ')}; depth ${max_depth})`,
        ),
        'tasks alive': card.live_tasks,
        'last used': moment(card.last_used),
        clients: card.clients.map(({ client_id, auth_method }) => `${client_id} (${auth_method})`),
        history: card.changes
          .map(({ at, to, by, reason }) => `${moment(at)} ${to} by ${by}${reason ? `: ${reason}` : ''}`)
          .join('; '),
      });
    });
  for (const [name, what] of Object.entries(COMMANDS)) {
    agents
      .command(`${name} <agent>`)
      .description(what)
      .requiredOption('--reason <text>', 'why; it goes into the evidence')
      .option(...ORGANIZATION)
      .action(async (agent: string, options: { organization?: string; reason: string }, command: Command) => {
        const { place, format } = shared(command);
        const changed = await call<ChangedAgent>(place, `/agents/${encodeURIComponent(agent)}/${name}`, {
          method: 'POST',
          body: options,
        });
        tellStop(changed, format, `${changed.name} is ${changed.status}.`);
      });
  }
  agents
    .command('own-actions <agent>')
    .description('what it may do by itself, without a person: replaces the list')
    .requiredOption('--actions <list>', 'comma-separated actions; an empty text takes all away', list)
    .option(...ORGANIZATION)
    .action(async (agent: string, options: { organization?: string; actions: string[] }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/agents/${encodeURIComponent(agent)}/own-actions`;
      const changed = await call<{ name: string; own_actions: string[] }>(place, path, {
        method: 'POST',
        body: options,
      });
      printOne(changed, format, { name: changed.name, 'does by itself': changed.own_actions });
    });

  const edges = program.command('edges').description('which agent may hand parts of a task to which');
  edges
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { edges } = await call<{ edges: Json<ListedEdge>[] }>(place, '/edges', { query: options });
      printRows(
        edges,
        format,
        {
          FROM: ({ parent }) => parent.name,
          TO: ({ child }) => child.name,
          ACTIONS: ({ actions }) => actions,
          DEPTH: ({ max_depth }) => max_depth,
          OWN: ({ carries_own }) => (carries_own ? 'yes' : ''),
        },
        'No edges.',
      );
    });
  edges
    .command('add <parent> <child>')
    .description('lets parent hand these actions to child; a person sees it when they approve')
    .requiredOption('--actions <list>', 'comma-separated actions', list)
    .option('--max-depth <number>', 'how long a chain of agents may become, 1 to 8', whole, 2)
    .option('--own', 'also of what the parent may do by itself, with nobody behind it', false)
    .option(...ORGANIZATION)
    .action(
      async (
        parent: string,
        child: string,
        options: { organization?: string; actions: string[]; maxDepth: number; own: boolean },
        command: Command,
      ) => {
        const { place, format } = shared(command);
        const { maxDepth: max_depth, own: carries_own, ...body } = options;
        const edge = await call<Json<ListedEdge> & Partial<StopAnswer>>(place, '/edges', {
          method: 'PUT',
          body: { ...body, parent, child, max_depth, carries_own },
        });
        const { from, to } = { from: edge.parent.name, to: edge.child.name };
        if (edge.stopped_at) {
          return tellStop(edge, format, `Less goes from ${from} to ${to}: what went along it before has ended.`);
        }
        printOne(edge, format, {
          from,
          to,
          actions: edge.actions,
          depth: edge.max_depth,
          own: edge.carries_own,
        });
      },
    );
  edges
    .command('remove <parent> <child>')
    .option(...ORGANIZATION)
    .action(async (parent: string, child: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const edge = await call<{ parent: Named; child: Named } & StopAnswer>(place, '/edges', {
        method: 'DELETE',
        body: { ...options, parent, child },
      });
      tellStop(
        edge,
        format,
        `${edge.parent.name} hands nothing to ${edge.child.name} any more, and what it handed on has ended.`,
      );
    });
}

const COMMANDS = {
  suspend: 'stops it at once: nothing new is issued, and everything it holds has ended',
  resume: 'lets a suspended agent ask again; what had ended stays ended',
  retire: 'ends it for good',
  activate: 'lets a pending agent begin',
} as const;

type ChangedAgent = { id: string; name: string; status: string } & Partial<StopAnswer>;
export interface StopAnswer {
  stopped_at: string;
  tokens: Json<StillLive>[];
}

/** What a stop could not take back, in the words of whoever pressed it. */
export function tellStop(answer: Partial<StopAnswer> & object, format: Format, message: string): void {
  const { tokens } = answer;
  if (format === 'json' || tokens === undefined || tokens.length === 0) print(answer, format, () => '');
  else {
    printRows(
      tokens,
      format,
      {
        RESOURCE: ({ resource }) => resource,
        'TOKENS OUT': ({ count }) => count,
        'LIVE UNTIL': ({ live_until }) => moment(live_until),
      },
      '',
    );
  }
  say(message);
  if (tokens?.length === 0) say('No token is left that any resource could still accept.');
  else if (tokens)
    say('A resource that does not ask back may accept these until they expire; everything else has ended now.');
}
