import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { JWK } from 'jose';
import { parseAllDocuments, stringify } from 'yaml';

import type { AgentCard, ListedEdge } from '../admin/admin.ts';
import type { ListedIntroduction } from '../admin/introductions.ts';
import type { InventoryRow } from '../admin/inventory.ts';
import type { ListedBlueprint, UseCase } from '../admin/limits.ts';
import { register } from './agent-keys.ts';
import { sure } from './ask.ts';
import { call, callAll } from './client.ts';
import type { Place } from './credentials.ts';
import { EXIT, Failure } from './failure.ts';
import type { Json } from './format.ts';
import type { ListedGroup } from './groups.ts';
import { collect, ORGANIZATION, shared } from './options.ts';
import { printRows, say } from './output.ts';

/** What stands in a file: plain, without secrets, one document for each thing. */
interface AgentDocument {
  kind: 'Agent';
  /** Only where another agent has the same name. */
  id?: string;
  name: string;
  purpose?: string;
  owner: string;
  deputy: string;
  mode?: string;
  environment?: string;
  actions?: string[];
  redirect_uris?: string[];
  grant_types?: string[];
  jwks?: { keys: JWK[] };
  jwks_uri?: string;
  own_actions?: string[];
  blueprint?: string;
  limits?: Record<string, unknown>;
  use_case?: Json<UseCase>;
  /** Counted from when it is made: of one that is there its reviews say it. */
  ends_in_days?: number;
}
interface BlueprintDocument {
  kind: 'Blueprint';
  name: string;
  parent?: string;
  limits: Record<string, unknown>;
}
interface EdgeDocument {
  kind: 'Edge';
  parent: string;
  child: string;
  actions: string[];
  max_depth?: number;
  carries_own?: boolean;
}
interface GroupDocument {
  kind: 'Group';
  name: string;
  /** E-mail addresses. */
  members: string[];
}
interface IntroductionDocument {
  kind: 'Introduction';
  agent: string;
  /** E-mail address. */
  person: string;
}
/** Webhooks are not among these: their addresses are secrets, and are never shown again. */
interface BackchannelDocument {
  kind: 'Backchannel';
  tells_reason?: boolean;
  notification_hosts?: string[];
}
type Document =
  | BlueprintDocument
  | GroupDocument
  | AgentDocument
  | EdgeDocument
  | IntroductionDocument
  | BackchannelDocument;

/** One step from how things are to how the file wants them. */
interface Step {
  change: 'create' | 'change' | 'cannot';
  what: string;
  says: string;
  /** Left out where only the agent's builder could do it. */
  run?: () => Promise<unknown>;
}

interface Options {
  file: string[];
  organization?: string;
}

/** In this order each thing finds what it names. */
const ORDER = ['Backchannel', 'Blueprint', 'Group', 'Agent', 'Edge', 'Introduction'] as const;

/** `apply`, `diff` and `export`: how an organization wants its agents, as files that can be kept beside code. */
export function fileCommands(program: Command): void {
  const withFiles = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .requiredOption('-f, --file <path>', 'a YAML file or a folder of them; may be repeated', collect, [])
      .option(...ORGANIZATION);

  withFiles('diff', 'what apply would do, and what it cannot').action(async (options: Options, command: Command) => {
    const { place, format } = shared(command);
    const steps = await stepsTo(place, readDocuments(options.file), options.organization);
    printRows(steps.map(shown), format, COLUMNS, 'Nothing to do: it is as the files say.');
  });

  withFiles('apply', 'makes it as the files say; what they do not name stays').action(
    async (options: Options, command: Command) => {
      const { place, format } = shared(command);
      const steps = await stepsTo(place, readDocuments(options.file), options.organization);
      const able = steps.filter(({ run }) => run);
      if (able.length > 0) {
        for (const { change, what, says } of steps) say(`${change}: ${what}: ${says}`);
        await sure(command, `${able.length} changes. Make them?`);
      }
      const results: { change: string; what: string; says: string }[] = [];
      let failed = steps.length - able.length;
      for (const step of steps) {
        const { change, what, says, run } = step;
        if (!run) {
          results.push(shown(step));
          continue;
        }
        try {
          await run();
          results.push({ change: 'done', what, says });
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          failed += 1;
          results.push({ change: 'failed', what: `${change} ${what}`, says: error.message });
        }
      }
      printRows(results, format, COLUMNS, 'Nothing to do: it is as the files say.');
      if (failed > 0) {
        say(`${failed} of ${steps.length} could not be done.`);
        process.exitCode = failed === steps.length ? EXIT.conflict : EXIT.partly;
      }
    },
  );

  program
    .command('export')
    .description('everything of an organization that apply takes, as YAML without secrets')
    .option(...ORGANIZATION)
    .action(async ({ organization }: { organization?: string }, command: Command) => {
      const { place } = shared(command);
      const state = await stateOf(place, organization);
      const documents: Document[] = [
        { kind: 'Backchannel' as const, ...state.backchannel },
        ...state.blueprints.map(({ name, parent, limits }) => ({
          kind: 'Blueprint' as const,
          name,
          ...(parent !== null && { parent: state.blueprints.find(({ id }) => id === parent)?.name ?? parent }),
          limits: limits as Record<string, unknown>,
        })),
        ...state.groups.map(({ name, members }) => ({
          kind: 'Group' as const,
          name,
          members: members.map(({ email }) => email),
        })),
        ...state.agents.filter(isLiving).map((agent, _, all) => {
          const { kind, ...document } = documentOf(agent);
          const twin = all.some(({ id, name }) => name === agent.name && id !== agent.id);
          return { kind, ...(twin && { id: agent.id }), ...document };
        }),
        ...state.edges.map(({ parent, child, actions, max_depth, carries_own }) => ({
          kind: 'Edge' as const,
          parent: parent.name ?? parent.id,
          child: child.name ?? child.id,
          actions: [...actions],
          max_depth,
          ...(carries_own && { carries_own }),
        })),
        ...state.introductions.map(({ agent, person }) => ({
          kind: 'Introduction' as const,
          agent: agent.name ?? agent.id,
          person: person.email ?? person.id,
        })),
      ];
      process.stdout.write(documents.map((one) => stringify(one, { lineWidth: 0 })).join('---\n'));
    });
}

const COLUMNS = {
  CHANGE: ({ change }: ReturnType<typeof shown>) => change,
  WHAT: ({ what }: ReturnType<typeof shown>) => what,
  HOW: ({ says }: ReturnType<typeof shown>) => says,
};
const shown = ({ change, what, says }: Step) => ({ change: change as string, what, says });

interface State {
  agents: Json<AgentCard>[];
  blueprints: Json<ListedBlueprint>[];
  groups: ListedGroup[];
  edges: Json<ListedEdge>[];
  introductions: Json<ListedIntroduction>[];
  backchannel: Required<Omit<BackchannelDocument, 'kind'>>;
}

async function stateOf(place: Place, organization: string | undefined): Promise<State> {
  const query = { organization };
  const { blueprints } = await callAll<{ blueprints: Json<ListedBlueprint>[] }>(place, '/blueprints', { query });
  const { groups } = await callAll<{ groups: ListedGroup[] }>(place, '/groups', { query });
  const { edges } = await callAll<{ edges: Json<ListedEdge>[] }>(place, '/edges', { query });
  const listed = await callAll<{ agents: Json<InventoryRow>[] }>(place, '/agents', { query });
  const agents: Json<AgentCard>[] = [];
  for (const { id } of listed.agents) agents.push(await call<Json<AgentCard>>(place, `/agents/${id}`, { query }));
  const { introductions } = await callAll<{ introductions: Json<ListedIntroduction>[] }>(place, '/introductions', {
    query,
  });
  const backchannel = await call<State['backchannel']>(place, '/backchannel', { query });
  return { agents, blueprints, groups, edges, introductions, backchannel };
}

function documentOf(agent: Json<AgentCard>): AgentDocument {
  const [client] = agent.clients;
  return {
    kind: 'Agent',
    name: agent.name,
    ...(agent.purpose !== null && { purpose: agent.purpose }),
    owner: agent.owner.email ?? agent.owner.id,
    deputy: agent.deputy.email ?? agent.deputy.id,
    mode: agent.mode,
    ...(agent.environment !== null && { environment: agent.environment }),
    ...(agent.actions && { actions: [...agent.actions] }),
    ...(client?.redirect_uris?.length && { redirect_uris: [...client.redirect_uris] }),
    ...(client?.grant_types && { grant_types: [...client.grant_types] }),
    ...(client?.jwks && { jwks: { keys: client.jwks.keys.map((key) => publicPart(key as JWK)) } }),
    ...(client?.jwks_uri && { jwks_uri: client.jwks_uri }),
    ...(agent.own_actions.length > 0 && { own_actions: [...agent.own_actions] }),
    ...(agent.blueprint !== null && { blueprint: agent.blueprint }),
    ...(!isEmpty(agent.limits) && { limits: agent.limits as Record<string, unknown> }),
    ...(!isEmpty(agent.use_case) && { use_case: agent.use_case }),
  };
}

const isLiving = ({ status }: Pick<Json<AgentCard>, 'status'>): boolean => status !== 'retired' && status !== 'expired';

/** Whatever else a key carries, its private half never goes into a file. */
const publicPart = ({ d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, k: _______, ...rest }: JWK): JWK => rest;
const isEmpty = (value: object | null | undefined): boolean => Object.keys(value ?? {}).length === 0;

async function stepsTo(
  place: Place,
  documents: readonly Document[],
  organization: string | undefined,
): Promise<Step[]> {
  const state = await stateOf(place, organization);
  const about = organization === undefined ? {} : { organization };
  return documents.flatMap((document): Step[] => {
    switch (document.kind) {
      case 'Backchannel':
        return backchannelSteps(document, state, place, about);
      case 'Blueprint':
        return blueprintSteps(document, state, place, about);
      case 'Group':
        return groupSteps(document, state, place, about);
      case 'Agent':
        return agentSteps(document, state, place, about);
      case 'Edge':
        return edgeSteps(document, state, place, about);
      default:
        return introductionSteps(document, state, place, about);
    }
  });
}

function backchannelSteps(
  { kind: _, ...wanted }: BackchannelDocument,
  state: State,
  place: Place,
  about: object,
): Step[] {
  if (same(wanted, Object.fromEntries(Object.entries(state.backchannel).filter(([name]) => name in wanted)))) return [];
  const run = () => call(place, '/backchannel', { method: 'PUT', body: { ...about, ...wanted } });
  return [{ change: 'change', what: 'backchannel', says: JSON.stringify(wanted), run }];
}

function introductionSteps(
  { agent, person }: IntroductionDocument,
  { introductions }: State,
  place: Place,
  about: object,
): Step[] {
  const names = (one: { id: string; name: string | null; email?: string | undefined }, text: string) =>
    one.id === text || one.name === text || one.email === text;
  if (introductions.some((one) => names(one.agent, agent) && names(one.person, person))) return [];
  const run = () => call(place, '/introductions', { method: 'PUT', body: { ...about, agent, person } });
  return [{ change: 'create', what: `introduction ${agent} → ${person}`, says: 'may notify them', run }];
}

function blueprintSteps(
  { name, parent, limits }: BlueprintDocument,
  { blueprints }: State,
  place: Place,
  about: object,
): Step[] {
  const found = blueprints.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const parentName = blueprints.find(({ id }) => id === found?.parent)?.name;
  if (found && same(found.limits, limits) && (parent ?? undefined) === parentName) return [];
  const body = { ...about, name, limits, parent: parent ?? null };
  const run = () => call(place, '/blueprints', { method: 'PUT', body });
  return [{ change: found ? 'change' : 'create', what: `blueprint ${name}`, says: JSON.stringify(limits), run }];
}

function groupSteps({ name, members }: GroupDocument, { groups }: State, place: Place, about: object): Step[] {
  const found = groups.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const now = (found?.members ?? []).map(({ email }) => email);
  if (found && same(now.toSorted(), members.toSorted())) return [];
  const comes = members.filter((email) => !now.includes(email));
  const goes = now.filter((email) => !members.includes(email));
  const says = [
    ...(comes.length > 0 ? [`${comes.join(', ')} (once another administrator confirms them)`] : []),
    ...(goes.length > 0 ? [`without ${goes.join(', ')}`] : []),
  ].join('; ');
  const run = () => call(place, '/groups', { method: 'PUT', body: { ...about, name, members } });
  return [{ change: found ? 'change' : 'create', what: `group ${name}`, says, run }];
}

function agentSteps(
  document: AgentDocument,
  { agents }: State,
  place: Place,
  about: { organization?: string },
): Step[] {
  const { name } = document;
  const what = `agent ${name}`;
  const named = agents.filter(
    (one) => one.name === name && isLiving(one) && (document.id === undefined || document.id === one.id),
  );
  const [found, another] = named;
  if (another)
    return [{ change: 'cannot', what, says: `${named.length} agents have this name: name them apart first` }];
  const path = (id: string, rest: string) => `/agents/${encodeURIComponent(id)}${rest}`;
  const settle = async (id: string, only: (member: keyof AgentDocument) => boolean) => {
    const { limits, blueprint, own_actions, use_case, environment } = document;
    if ((limits && only('limits')) || (blueprint !== undefined && only('blueprint'))) {
      const body = {
        ...about,
        reason: 'applied from a file',
        ...(limits && { limits }),
        ...(blueprint !== undefined && { blueprint }),
      };
      await call(place, path(id, '/limits'), { method: 'PUT', body });
    }
    if (environment !== undefined && only('environment')) {
      const body = { ...about, environment, reason: 'applied from a file' };
      await call(place, path(id, '/environment'), { method: 'PUT', body });
    }
    if (use_case && only('use_case'))
      await call(place, path(id, '/use-case'), { method: 'PUT', body: { ...about, use_case } });
    if (own_actions && only('own_actions'))
      await call(place, path(id, '/own-actions'), { method: 'POST', body: { ...about, actions: own_actions } });
  };
  if (!found) {
    if (!document.jwks && document.jwks_uri === undefined)
      return [{ change: 'cannot', what, says: 'an agent needs jwks or jwks_uri: its public key' }];
    const run = async () => {
      const made = await register(place, {
        ...about,
        name,
        owner: document.owner,
        deputy: document.deputy,
        purpose: document.purpose ?? name,
        mode: document.mode ?? 'attended',
        status: 'pending',
        actions: document.actions,
        environment: document.environment,
        redirectUri: document.redirect_uris ?? [],
        grantTypes: document.grant_types,
        jwks: document.jwks && { keys: document.jwks.keys.map(publicPart) },
        jwks_uri: document.jwks_uri,
        days: document.ends_in_days,
      });
      await settle(made.agent_id, () => true);
    };
    return [{ change: 'create', what, says: `for ${document.owner}, waits until owner and deputy accept it`, run }];
  }
  const now = documentOf(found);
  const steps: Step[] = [];
  for (const member of Object.keys(document) as (keyof AgentDocument)[]) {
    if (member === 'id' || member === 'ends_in_days') continue;
    if (same(document[member], member === 'limits' ? found.limits : now[member])) continue;
    const says = `${member}: ${JSON.stringify(now[member] ?? null)} → ${JSON.stringify(document[member])}`;
    if (SETTLED.includes(member)) {
      steps.push({ change: 'change', what, says, run: () => settle(found.id, (one) => one === member) });
    } else if (member === 'owner' || member === 'deputy') {
      const run = () =>
        call(place, path(found.id, '/offers'), {
          method: 'POST',
          body: { ...about, role: member, person: document[member] },
        });
      steps.push({ change: 'change', what, says: `${says} (once they accept)`, run });
    } else steps.push({ change: 'cannot', what, says: `${says}: its builder changes the registration (RFC 7592)` });
  }
  return steps;
}

/** What an administrator says of an agent that is there, whatever its registration says. */
const SETTLED: readonly (keyof AgentDocument)[] = ['limits', 'blueprint', 'own_actions', 'use_case', 'environment'];

function edgeSteps(document: EdgeDocument, { edges, agents }: State, place: Place, about: object): Step[] {
  const { parent, child, actions, max_depth = 2, carries_own = false } = document;
  const what = `edge ${parent} → ${child}`;
  const names = (end: { id: string; name: string | null }, text: string) => end.name === text || end.id === text;
  const found = edges.find((edge) => names(edge.parent, parent) && names(edge.child, child));
  if (
    found &&
    same([...found.actions].toSorted(), actions.toSorted()) &&
    found.max_depth === max_depth &&
    found.carries_own === carries_own
  )
    return [];
  const known = agents.some((agent) => names(agent, parent)) && agents.some((agent) => names(agent, child));
  const body = { ...about, parent, child, actions, max_depth, carries_own };
  const run = () => call(place, '/edges', { method: 'PUT', body });
  return [
    {
      change: found ? 'change' : 'create',
      what,
      says: `${actions.join(', ')}${known ? '' : ' (once both are there)'}`,
      run,
    },
  ];
}

/** The same value, whatever the order of members. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** Every document of the files, in the order in which they find each other. */
function readDocuments(paths: readonly string[]): Document[] {
  const documents = paths.flatMap(filesIn).flatMap((path) => {
    const text = read(path);
    return parseAllDocuments(text).flatMap((one) => {
      const [error] = one.errors;
      if (error) throw new Failure('usage', `${path}: ${error.message}`);
      const value = one.toJS() as Document | null;
      if (value === null) return [];
      const problem = problemIn(value);
      if (problem !== undefined) throw new Failure('usage', `${path}: ${problem}`);
      return [value];
    });
  });
  return documents.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const MEMBERS: Readonly<Record<Document['kind'], { needs: readonly string[]; may: readonly string[] }>> = {
  Blueprint: { needs: ['name', 'limits'], may: ['parent'] },
  Agent: {
    needs: ['name', 'owner', 'deputy'],
    may: [
      'id',
      'purpose',
      'mode',
      'environment',
      'actions',
      'redirect_uris',
      'grant_types',
      'jwks',
      'jwks_uri',
      'own_actions',
      'blueprint',
      'limits',
      'use_case',
      'ends_in_days',
    ],
  },
  Group: { needs: ['name', 'members'], may: [] },
  Edge: { needs: ['parent', 'child', 'actions'], may: ['max_depth', 'carries_own'] },
  Introduction: { needs: ['agent', 'person'], may: [] },
  Backchannel: { needs: [], may: ['tells_reason', 'notification_hosts'] },
};

/** Closed, as the admin API is: a misspelt member is refused and not ignored. */
function problemIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a document is a mapping with a kind';
  const { kind, ...members } = value as { kind?: string };
  const rule = MEMBERS[kind as Document['kind']];
  if (!rule) return `kind is one of ${ORDER.join(', ')}`;
  const missing = rule.needs.find((name) => !(name in members));
  if (missing !== undefined) return `${kind}: ${missing} is missing`;
  const unknown = Object.keys(members).find((name) => !rule.needs.includes(name) && !rule.may.includes(name));
  if (unknown !== undefined) return `${kind}: there is no ${unknown}`;
  const keys = (members as AgentDocument).jwks?.keys ?? [];
  return keys.some(({ d, k }) => d !== undefined || k !== undefined)
    ? `${kind}: a private key has no place in a file`
    : undefined;
}

function filesIn(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
      .map((name) => join(path, name));
  } catch (error) {
    throw new Failure('usage', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

const read = (path: string): string => readFileSync(path, 'utf8');
