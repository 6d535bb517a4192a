import { BEYOND } from '../../views/words/console-lifecycle.ts';
import { LEVEL } from '../../views/words/console-shell.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
/** Worst last, as in the catalogue. */
export const IMPACT_LEVELS = ['low', 'medium', 'high', 'critical'] as const;
export type ImpactLevel = (typeof IMPACT_LEVELS)[number];

/**
 * What an agent may not go beyond, whatever it registers and whoever approves. Each may be left out, and then does not
 * limit. An agent's own limits, its blueprint's and those of every blueprint above hold together: a level can only
 * narrow what is above it, so that a change at the top reaches every agent below, and nothing below undoes it.
 */
export interface Limits {
  /** Keys of actions. */
  actions?: readonly string[];
  /** RFC 8707 identifiers. */
  resources?: readonly string[];
  scopes?: readonly string[];
  /** Nothing above it is ever asked. */
  highest_impact?: ImpactLevel;
  /** Above it a second person has to approve as well. */
  second_person_above?: ImpactLevel;
  /** Agents in one chain, this one counted. */
  chain_depth?: number;
  /** Agents it may hand parts of its work to, beside what the edges say: ids. */
  delegates?: readonly string[];
  /** Calls of the token and backchannel endpoints in a minute. */
  requests_per_minute?: number;
  /** Seconds its access tokens live at most. */
  token_seconds?: number;
}

const LISTS = ['actions', 'resources', 'scopes', 'delegates'] as const;
const NUMBERS = ['chain_depth', 'requests_per_minute', 'token_seconds'] as const;
const LEVELS = ['highest_impact', 'second_person_above'] as const;

/** All of these together: of each list what is in all of them, of each number the smallest. Pure. */
export function narrowest(levels: readonly Limits[]): Limits {
  const together: Record<string, unknown> = {};
  for (const name of LISTS) {
    const lists = levels.flatMap((limits) => (limits[name] ? [limits[name]] : []));
    const [first, ...rest] = lists;
    if (first) together[name] = first.filter((one) => rest.every((list) => list.includes(one)));
  }
  for (const name of NUMBERS) {
    const numbers = levels.flatMap((limits) => limits[name] ?? []);
    if (numbers.length > 0) together[name] = Math.min(...numbers);
  }
  for (const name of LEVELS) {
    const ranks = levels.flatMap((limits) => (limits[name] ? [IMPACT_LEVELS.indexOf(limits[name])] : []));
    if (ranks.length > 0) together[name] = IMPACT_LEVELS[Math.min(...ranks)];
  }
  return together as Limits;
}

/** Something an agent wants to do, as far as limits look at it. */
export interface Wanted {
  action: string;
  resource: string;
  scope?: string | undefined;
  impact: ImpactLevel;
}

/** Which limit stands against it, and what would pass; undefined when none does. Pure. */
export function beyondLimits(limits: Limits, { action, resource, scope, impact }: Wanted): Saying | undefined {
  const outside = (list: readonly string[] | undefined, one: string) => list !== undefined && !list.includes(one);
  if (outside(limits.actions, action)) return saying(BEYOND.actions, { action });
  if (outside(limits.resources, resource)) return saying(BEYOND.resources, { resource });
  if (scope !== undefined && outside(limits.scopes, scope)) return saying(BEYOND.scopes, { scope });
  const { highest_impact: highest } = limits;
  if (highest !== undefined && isAbove(impact, highest)) {
    return saying(BEYOND.highest_impact, {
      action,
      impact: saying(LEVEL[impact]),
      highest: saying(LEVEL[highest]),
    });
  }
  return undefined;
}

/** Does this need a second person, beside the one it is for? */
export const needsSecondPerson = ({ second_person_above: above }: Limits, impact: ImpactLevel): boolean =>
  above !== undefined && isAbove(impact, above);

const isAbove = (impact: ImpactLevel, level: ImpactLevel): boolean =>
  IMPACT_LEVELS.indexOf(impact) > IMPACT_LEVELS.indexOf(level);
