import { type AgentMode, type AgentStatus, ENVIRONMENTS, type Environment } from '../agents/agent.ts';
import { FLAGS, type Flag } from '../agents/flags.ts';
import { IMPACTS, type Impact, worse } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Named } from './admin.ts';
import type { Listing, ListingRules, Page } from './listing.ts';

/** What somebody should look at: each is a filter of the inventory. What each means is said in server/agents/flags.ts. */
export const FLAG_NAMES: readonly Flag[] = FLAGS;

export const AGENT_LISTING = {
  filters: {
    status: ['pending', 'active', 'suspended', 'retired', 'expired'],
    mode: ['attended', 'unattended', 'sub_agent'],
    is: ['stopped'],
    flag: FLAG_NAMES,
    level: IMPACTS,
    environment: ENVIRONMENTS,
    owner: undefined,
    system: undefined,
  },
  sorts: ['name', 'owner', 'status', 'last_used', 'registered'],
  order: 'name',
} as const satisfies ListingRules;

/** One agent in the inventory. */
export interface InventoryRow {
  id: string;
  name: string;
  purpose: string | null;
  mode: AgentMode;
  status: AgentStatus;
  owner: Named;
  deputy: Named;
  /** Types it may ask for; null where its registration names none and it may ask for any. */
  actions: readonly string[] | null;
  last_used: Date | null;
  registered_at: Date;
  expires_at: Date | null;
  environment: Environment | null;
  /** People it asked within 90 days. */
  people: number;
  /** Questions within 7 days, and how many of those that were decided were allowed. */
  asked: number;
  decided: number;
  allowed: number;
  flags: readonly Flag[];
  /** A standing stop holds it. */
  stopped: boolean;
}

/** Filters that the catalogue has to translate: which actions reach a level, which belong to a system. */
export interface ReachFilter {
  /** For each level that is asked for: the actions at it, those above it, and whether "any action" reaches exactly it. */
  levels: { at: string[]; above: string[]; any: boolean } | undefined;
  systems: string[] | undefined;
}

/** Flags that are counted beside the list: what is looked for most, and is cheap to look for. */
export const COUNTED_FLAGS = [
  'ownerless',
  'review_overdue',
  'dormant',
  'expiring',
  'never_used',
  'reported',
  'muted',
] as const;
export type AgentCounts = Readonly<Record<AgentStatus | (typeof COUNTED_FLAGS)[number] | 'stopped' | 'all', number>>;

export interface Inventory {
  /** @param only the agents that this person owns or is the deputy of */
  list(
    organization: string,
    asked: { listing: Listing; reach: ReachFilter; only: string | undefined; limit: number },
  ): Promise<Page<InventoryRow>>;
  counts(organization: string, only: string | undefined): Promise<AgentCounts>;
  /** A standing stop holds this agent, or everything. */
  isStopped(organization: string, agent: string): Promise<boolean>;
  /** For whom one agent acts, whoever it asked most first. */
  people(organization: string, agent: string): Promise<AgentPerson[]>;
  /** Everything along which an agent may hand on, and from whom it may get something. */
  edges(organization: string, agent: string): Promise<AgentLink[]>;
  /** What happened in the organization within a day. */
  day(organization: string): Promise<Day>;
}

/** One person and one agent. */
export interface AgentPerson {
  id: string;
  name: string;
  email: string;
  asked: number;
  allowed: number;
  denied: number;
  live_tasks: number;
  paused: boolean;
  last_asked: Date;
}

export interface AgentLink {
  parent: Named;
  child: Named;
  actions: readonly string[];
  max_depth: number;
  /** 1: its own edge; 2: an edge of its child; -1: an edge that leads to it. */
  distance: number;
}

/** What the overview tells of the last 24 hours, and what waits now. */
export interface Day {
  waiting: number;
  waiting_critical: number;
  denied: number;
  not_me: number;
  /** Tokens of each hour, oldest first, the running one last. */
  tokens: readonly number[];
  /** What this server refused, in the same hours. */
  refusals: readonly number[];
}

/** The highest that any request for this action can reach. */
export const highestOf = (key: string, catalogue: Catalogue): Impact | undefined => {
  const level = catalogue.actions.get(key)?.level;
  return level?.rules.reduce<Impact>((highest, { then }) => worse(highest, then), level.default);
};

/** What an agent with these actions can reach: how many systems, and how high. */
export function reachOf(
  actions: readonly string[] | null,
  catalogue: Catalogue,
): { systems: string[]; level: Impact | undefined } {
  const keys = actions ?? [...catalogue.actions.keys()];
  const systems = new Set(keys.flatMap((key) => catalogue.actions.get(key)?.system ?? []));
  const levels = keys.flatMap((key) => highestOf(key, catalogue) ?? []);
  return {
    systems: [...systems].toSorted(),
    level: levels.length === 0 ? undefined : levels.reduce((highest, level) => worse(highest, level)),
  };
}

/** `level:` and `system:` of a listing, in keys of the catalogue. Several levels mean any of them. */
export function reachFilter({ filters }: Listing, catalogue: Catalogue): ReachFilter {
  const asked = filters.flatMap(({ name, value }) => (name === 'level' ? [value as Impact] : []));
  const names = filters.flatMap(({ name, value }) => (name === 'system' ? [value.toLowerCase()] : []));
  const keys = [...catalogue.actions.keys()];
  const highest = asked.length === 0 ? undefined : asked.reduce((one, other) => worse(one, other));
  const levelOf = (key: string) => highestOf(key, catalogue) ?? 'low';
  return {
    levels: highest && {
      at: keys.filter((key) => asked.includes(levelOf(key))),
      above: keys.filter((key) => worse(levelOf(key), highest) !== highest),
      any: asked.includes(reachOf(null, catalogue).level ?? 'low'),
    },
    systems:
      names.length === 0
        ? undefined
        : keys.filter((key) => {
            const action = catalogue.actions.get(key);
            return action && names.some((name) => action.system.toLowerCase() === name || action.resource === name);
          }),
  };
}
