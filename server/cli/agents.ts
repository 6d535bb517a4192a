import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';

import type { AgentCard, ListedEdge, Named, StillLive } from '../admin/admin.ts';
import type { InventoryRow } from '../admin/inventory.ts';
import { ENVIRONMENTS } from '../agents/agent.ts';
import { createAgent, rotateKey } from './agent-keys.ts';
import { sure } from './ask.ts';
import { call, callAll } from './client.ts';
import type { Place } from './credentials.ts';
import type { Json } from './format.ts';
import { collect, list, ORGANIZATION, shared, whole } from './options.ts';
import { type Format, isReadable, moment, print, printOne, printRows, say } from './output.ts';

export function agentCommands(program: Command): void {
  const agents = program.command('agents').description('agents: who owns them, what they may do, and their life');
  agents
    .command('list')
    .option(...ORGANIZATION)
    .option('--filter <text>', 'as in the console: status:active level:high flag:ownerless finance')
    .option('--status <status>', 'pending, active, suspended, retired or expired')
    .option('--owner <person>', 'e-mail address or id of the owner')
    .option('--sort <column>', 'name, owner, status, last_used or registered; a minus before it turns it round')
    .option('--limit <number>', 'agents of one page', '200')
    .option('--after <place>', 'where the page before ended')
    .option('--all', 'every page')
    .option('--watch', 'go on: whatever is new or changes is printed again, until it is interrupted')
    .action(async ({ filter, all, watch, ...options }: ListOptions, command: Command) => {
      const { place, format } = shared(command);
      if (watch) return watchAgents(place, { ...options, q: filter }, format);
      const rows: Json<ListedRow>[] = [];
      let after = options.after;
      do {
        const query = { ...options, q: filter, after };
        const page = await call<{ agents: Json<ListedRow>[]; next: string | null }>(place, '/agents', { query });
        rows.push(...page.agents);
        after = page.next ?? undefined;
      } while (all && after !== undefined);
      printRows(rows, format, COLUMNS, 'No agents.', MORE_COLUMNS);
      if (after !== undefined && isReadable(format)) say(`More: --after ${after}, or --all`);
    });
  agents
    .command('secret <agent>')
    .description(
      'an exception: a secret for one client that cannot hold a key, shown once; it counts once the owner agreed',
    )
    .requiredOption('--reason <text>', 'why it cannot hold a key: for the evidence')
    .option('--client <id>', 'which one, where the agent has several')
    .option('--method <method>', 'client_secret_basic or client_secret_post', 'client_secret_basic')
    .option('--days <number>', 'until it ends, 1 to 180', whole, 90)
    .option('--overlap-hours <number>', 'that the former one counts on', whole, 24)
    .option(...ORGANIZATION)
    .action(async (agent: string, options: SecretOptions, command: Command) => {
      const { place, format } = shared(command);
      const { days, overlapHours, ...body } = options;
      const made = await call<MadeSecret>(place, `/agents/${encodeURIComponent(agent)}/client-secret`, {
        method: 'POST',
        body: {
          ...body,
          expires_in: days * 86_400,
          overlap: overlapHours * 3600,
        },
      });
      printOne(made, format, {
        agent: made.agent.name,
        'client id': made.client_id,
        secret: made.client_secret,
        method: made.token_endpoint_auth_method,
        ends: moment(made.client_secret_expires_at),
        waits: `for its owner, ${made.pending_change.id}`,
      });
      if (isReadable(format)) say('It is shown this once, and counts once the owner of the agent agreed.');
    });
  agents
    .command('end-secret <agent>')
    .description('ends every secret of an agent; it authenticates by its keys again')
    .requiredOption('--reason <text>', 'for the evidence')
    .option('--client <id>', 'which one, where the agent has several')
    .option(...ORGANIZATION)
    .action(async (agent: string, options: { reason: string; client?: string }, command: Command) => {
      const { place, format } = shared(command);
      const ended = await call<{ agent: Named; client_id: string }>(
        place,
        `/agents/${encodeURIComponent(agent)}/client-secret/end`,
        { method: 'POST', body: options },
      );
      printOne(ended, format, { agent: ended.agent.name, 'client id': ended.client_id, secrets: 'none' });
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
        environment: card.environment ?? 'not said',
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
  agents
    .command('create <name>')
    .description('registers an agent as its builder would (RFC 7591), with a key that is made here and stays here')
    .requiredOption('--owner <person>', 'who answers for it: e-mail address or id')
    .requiredOption('--deputy <person>', 'who stands in for the owner')
    .requiredOption('--purpose <text>', 'what it is for, in one line')
    .requiredOption('--out <file>', 'where its private key and what changes its registration go (mode 600)')
    .option('--mode <mode>', 'attended, unattended or sub_agent', 'attended')
    .option('--actions <list>', 'what it may ask for, comma-separated', list)
    .option('--environment <environment>', `where it runs: ${ENVIRONMENTS.join(', ')}`)
    .option('--redirect-uri <uri>', 'where people are sent back to; may be repeated', collect, [])
    .option('--status <status>', 'pending until owner and deputy accept it, or active', 'pending')
    .option(...ORGANIZATION)
    .action(async (name: string, options: Parameters<typeof createAgent>[2], command: Command) => {
      const { place, format } = shared(command);
      const made = await createAgent(place, name, options);
      printOne(made, format, {
        name,
        id: made.agent_id,
        status: made.agent_status,
        client: made.client_id,
        key: options.out,
      });
    });
  agents
    .command('rotate-key <file>')
    .description('a new key beside the old one (RFC 7592); --finish takes the old one away')
    .option('--finish', 'only the newest key stays')
    .action(async (file: string, { finish = false }: { finish?: boolean }, command: Command) => {
      const { place, format } = shared(command);
      const rotated = await rotateKey(place, file, finish);
      printOne(rotated, format, rotated);
      if (rotated.waits_for) say(`The change waits for its ${rotated.waits_for}.`);
    });
  agents
    .command('explain <agent>')
    .description('what it could reach now, for whom, by which rule, and what it used')
    .option(...ORGANIZATION)
    .action(async (agent: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const told = await call<Explained>(place, `/agents/${encodeURIComponent(agent)}/explain`, { query: options });
      if (!isReadable(format)) return print(told, format, () => '');
      printRows(
        told.reaches.flatMap(({ by, ...one }) => by.map((way) => ({ ...one, ...way }))),
        format,
        {
          ACTION: ({ action }) => action,
          IMPACT: ({ impact }) => impact,
          FOR: (way) => way.for,
          'BY WHICH RULE': ({ says }) => says,
          'LAST USED': ({ last_used }) => moment(last_used),
        },
        `${told.name} reaches nothing.`,
      );
    });
  agents
    .command('review <agent>')
    .description('keep it as it is, narrow it to what it used within 90 days, or retire it')
    .requiredOption('--verdict <verdict>', 'confirm, narrow or retire')
    .requiredOption('--reason <text>', 'why; it goes into the evidence')
    .option(...ORGANIZATION)
    .action(
      async (agent: string, options: { organization?: string; verdict: string; reason: string }, command: Command) => {
        const { place, format } = shared(command);
        if (options.verdict === 'retire') await sure(command, `${agent} ends for good. Retire it?`);
        const reviewed = await call<{ name: string; verdict: string; removed: string[] }>(
          place,
          `/agents/${encodeURIComponent(agent)}/review`,
          { method: 'POST', body: options },
        );
        printOne(reviewed, format, { name: reviewed.name, verdict: reviewed.verdict, removed: reviewed.removed });
      },
    );
  agents
    .command('rules')
    .description('how often agents are reviewed, and how long one goes on without an owner; options change it')
    .option('--review-days <number>', 'from one review to the next, 30 to 366', whole)
    .option('--unowned-grace-days <number>', 'until an agent that nobody answers for is suspended, 0 to 30', whole)
    .option(...ORGANIZATION)
    .action(async ({ organization, reviewDays, unownedGraceDays }: RuleOptions, command: Command) => {
      const { place, format } = shared(command);
      const changed = reviewDays !== undefined || unownedGraceDays !== undefined;
      const body = { organization, review_days: reviewDays, unowned_grace_days: unownedGraceDays };
      const rules = await call<{ organization: string; review_days: number; unowned_grace_days: number }>(
        place,
        '/agent-rules',
        changed ? { method: 'PUT', body } : { query: { organization } },
      );
      printOne(rules, format, {
        organization: rules.organization,
        'reviewed every': `${rules.review_days} days`,
        'without an owner': `${rules.unowned_grace_days} days`,
      });
    });
  for (const [name, what] of Object.entries(COMMANDS)) {
    agents
      .command(`${name} <agent>`)
      .aliases(name === 'suspend' ? ['pause'] : [])
      .description(what)
      .requiredOption('--reason <text>', 'why; it goes into the evidence')
      .option(...ORGANIZATION)
      .action(async (agent: string, options: { organization?: string; reason: string }, command: Command) => {
        const { place, format } = shared(command);
        if (name === 'retire') await sure(command, `${agent} loses access now and never comes back. Retire it?`);
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

  agents
    .command('environment <agent> <environment>')
    .description(`where it runs, as people read it before they decide: ${ENVIRONMENTS.join(', ')}, or none`)
    .requiredOption('--reason <text>', 'why; it goes into the evidence')
    .option(...ORGANIZATION)
    .action(
      async (
        agent: string,
        environment: string,
        options: { organization?: string; reason: string },
        command: Command,
      ) => {
        const { place, format } = shared(command);
        const path = `/agents/${encodeURIComponent(agent)}/environment`;
        const said = await call<{ name: string; environment: string | null }>(place, path, {
          method: 'PUT',
          body: { ...options, environment: environment === 'none' ? null : environment },
        });
        printOne(said, format, { name: said.name, environment: said.environment ?? 'not said' });
      },
    );

  const edges = program.command('edges').description('which agent may hand parts of a task to which');
  edges
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { edges } = await callAll<{ edges: Json<ListedEdge>[] }>(place, '/edges', { query: options });
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

type ListedRow = InventoryRow & { organization: string };

const COLUMNS = {
  NAME: ({ name }: Json<ListedRow>) => name,
  ID: ({ id }: Json<ListedRow>) => id,
  ORGANIZATION: ({ organization }: Json<ListedRow>) => organization,
  STATUS: ({ status, stopped }: Json<ListedRow>) => (stopped ? 'stopped' : status),
  MODE: ({ mode }: Json<ListedRow>) => mode,
  OWNER: ({ owner }: Json<ListedRow>) => owner.email,
  'LAST USED': ({ last_used }: Json<ListedRow>) => moment(last_used),
  FLAGS: ({ flags }: Json<ListedRow>) => flags,
};
const MORE_COLUMNS = {
  DEPUTY: ({ deputy }: Json<ListedRow>) => deputy.email,
  'ASKED 7 D': ({ asked }: Json<ListedRow>) => asked,
  'ALLOWED 7 D': ({ allowed }: Json<ListedRow>) => allowed,
  PEOPLE: ({ people }: Json<ListedRow>) => people,
  ACTIONS: ({ actions }: Json<ListedRow>) => actions ?? 'any',
  ENDS: ({ expires_at }: Json<ListedRow>) => moment(expires_at),
  ENVIRONMENT: ({ environment }: Json<ListedRow>) => environment ?? '',
};

/** Seconds between two looks at a list that is watched. */
const WATCH_SECONDS = 2;

/** First all of them, then each one anew that is not as it was. Ends with the process. */
async function watchAgents(
  place: Place,
  query: Readonly<Record<string, string | undefined>>,
  format: Format,
): Promise<never> {
  const known = new Map<string, string>();
  for (;;) {
    const { agents } = await callAll<{ agents: Json<ListedRow>[] }>(place, '/agents', { query });
    const changed = agents.filter((agent) => known.get(agent.id) !== JSON.stringify(agent));
    for (const agent of changed) known.set(agent.id, JSON.stringify(agent));
    // As JSON, a list that never ends is a document a line.
    if (changed.length > 0) printRows(changed, format === 'json' ? 'jsonl' : format, COLUMNS, '', MORE_COLUMNS);
    await setTimeout(WATCH_SECONDS * 1000);
  }
}

interface ListOptions {
  organization?: string;
  filter?: string;
  status?: string;
  owner?: string;
  sort?: string;
  limit?: string;
  after?: string;
  all?: boolean;
  watch?: boolean;
}
interface Explained {
  name: string;
  reaches: {
    action: string;
    impact: string;
    last_used: string | null;
    by: { rule: string; for: string; says: string }[];
  }[];
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
  if (!isReadable(format) || tokens === undefined || tokens.length === 0) print(answer, format, () => '');
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

interface RuleOptions {
  organization?: string;
  reviewDays?: number;
  unownedGraceDays?: number;
}
interface SecretOptions {
  organization?: string;
  reason: string;
  client?: string;
  method: string;
  days: number;
  overlapHours: number;
}

interface MadeSecret {
  agent: Named;
  client_id: string;
  client_secret: string;
  client_secret_expires_at: string;
  pending_change: { id: string };
  token_endpoint_auth_method: string;
}
