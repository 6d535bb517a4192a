import { PROMPT_LIMITS, type PromptHistory, type PromptLimits, REACHES } from '../../server/approvals/budget.ts';
import type { Pair, PromptStore } from '../../server/approvals/prompts.ts';
import { knownAgent } from './agents.ts';
import type { Database, Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { STOPPED } from './stopped.ts';

/** How much this organization lets its agents ask: what it set, and for the rest what the server says. */
export async function promptLimits(statements: Statements, organization: string): Promise<PromptLimits> {
  const row = await statements.first<{ limits: Partial<PromptLimits> }>(
    'select limits from prompt_limits where organization = $1',
    [organization],
  );
  return withDefaults(row?.limits);
}

const withDefaults = (set: Partial<PromptLimits> = {}): PromptLimits => ({
  ...PROMPT_LIMITS,
  ...set,
  open: { ...PROMPT_LIMITS.open, ...set.open },
  hourly: { ...PROMPT_LIMITS.hourly, ...set.hourly },
  pushes: { ...PROMPT_LIMITS.pushes, ...set.pushes },
});

/** What a limit looks at before this agent asks this person. Others may ask at the same time: {@link heldHistory}. */
export async function promptHistory(
  statements: Statements,
  pair: Pair,
): Promise<{ history: PromptHistory; limits: PromptLimits }> {
  return historyWith(statements, pair, await lateLoad(statements, pair.organization));
}

/**
 * The same in the transaction that asks, which holds the agent, the person and the organization until it ends: questions
 * that arrive together, at whichever instances, are counted one after the other, so that no limit is passed by one.
 */
export async function heldHistory(
  statements: Statements,
  pair: Pair,
): Promise<{ history: PromptHistory; limits: PromptLimits }> {
  const { organization, agent, person } = pair;
  const late = await lateLoad(statements, organization);
  const far = isFar(late, await promptLimits(statements, organization));
  await statements.run(far ? HOLD_BESIDE_OTHERS : HOLD_ALONE, [
    `ask ${organization}`,
    `ask ${organization} ${agent}`,
    `ask ${organization} ${person}`,
  ]);
  return historyWith(statements, pair, far ? late : await organizationLoad(statements, organization));
}

/**
 * The same before this agent asks a group, for whomever, after {@link heldHistory}: its members are not worn down by many
 * who each ask for somebody else, so it is the group's no, and the group's silence, that counts.
 */
export async function groupHistory(
  statements: Statements,
  { organization, agent }: Pick<Pair, 'organization' | 'agent'>,
  group: string,
): Promise<{ history: PromptHistory; limits: PromptLimits }> {
  await statements.run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`ask ${organization} ${group}`]);
  const late = await lateLoad(statements, organization);
  return historyWith(statements, { organization, agent, person: group }, late, GROUP_HISTORY);
}

async function historyWith(
  statements: Statements,
  { organization, agent, person }: Pair,
  crowd: Load,
  sql = HISTORY,
): Promise<{ history: PromptHistory; limits: PromptLimits }> {
  const row = await statements.first<HistoryRow>(sql, [organization, agent, person]);
  if (!row) throw new Error('an aggregate has a row');
  const date = (at: string | null) => (at === null ? null : new Date(at));
  const spans = (of: 'open' | 'hourly') =>
    Object.fromEntries(
      REACHES.map((reach) => {
        if (reach === 'organization') return [reach, crowd[of]];
        const [count, nextEnd] = row[`${of}_${reach}`];
        return [reach, { count, nextEnd: date(nextEnd) }];
      }),
    ) as unknown as PromptHistory['open'];
  return {
    limits: withDefaults(row.limits ?? {}),
    history: {
      denied: row.denied.map(({ at, ...denial }) => ({ ...denial, at: new Date(at) })),
      expired: row.expired.map((at) => new Date(at)),
      open: spans('open'),
      hourly: spans('hourly'),
    },
  };
}

export const postgresPrompts = (database: Database): PromptStore => ({
  limits: (organization) => database.within(organization, (statements) => promptLimits(statements, organization)),

  history: (pair) => database.within(pair.organization, (statements) => promptHistory(statements, pair)),

  answers: (organization, person) =>
    database.within(organization, async (statements) => {
      const rows = await statements.rows<{ agent: string; denied: string[]; expired: string[] }>(ANSWERS, [
        organization,
        person,
      ]);
      return rows.map(({ agent, denied, expired }) => ({
        agent,
        denied: denied.map((at) => ({ at: new Date(at), actions: [] })),
        expired: expired.map((at) => new Date(at)),
      }));
    }),

  unmute: ({ organization, agent, person }) =>
    database.within(organization, async (statements) => {
      if (!(await knownAgent(statements, { organization, person, agent }))) return false;
      await statements.run(UNMUTE, [organization, agent, person]);
      await writeEvent(statements, {
        organization,
        type: 'authority.resumed',
        decision: 'allowed',
        reason: 'unmuted',
        person,
        agent,
      });
      return true;
    }),

  fastDecisions: (organization, person) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ count: number }>(FAST, [organization, person]);
      const { fast_decisions: limit } = await promptLimits(statements, organization);
      return { count: row?.count ?? 0, limit };
    }),
});

interface HistoryRow {
  limits: Partial<PromptLimits> | null;
  denied: { at: string; actions: string[]; suggested: boolean }[];
  expired: string[];
  open_pair: [number, string | null];
  open_person: [number, string | null];
  open_agent: [number, string | null];
  hourly_pair: [number, string | null];
  hourly_person: [number, string | null];
  hourly_agent: [number, string | null];
}

type Load = Record<'open' | 'hourly', { count: number; nextEnd: Date | null }>;

/** Counting thousands for every question would cost more than it says, as long as it is far from any limit. */
const LOAD_MS = 1000;
const loads = new Map<string, { until: number; load: Promise<Load> }>();

/** How much a whole organization asks, as it was within the last second. */
function lateLoad(statements: Statements, organization: string): Promise<Load> {
  const now = performance.now();
  for (const [old, { until }] of loads) if (until <= now) loads.delete(old);
  const before = loads.get(organization);
  if (before) return before.load;
  const load = organizationLoad(statements, organization);
  loads.set(organization, { until: now + LOAD_MS, load });
  load.catch(() => loads.delete(organization));
  return load;
}

async function organizationLoad(statements: Statements, organization: string): Promise<Load> {
  const row = await statements.first<{ open: number; hourly: number; open_end: Date | null; hourly_end: Date | null }>(
    LOAD,
    [organization],
  );
  return {
    open: { count: row?.open ?? 0, nextEnd: row?.open_end ?? null },
    hourly: { count: row?.hourly ?? 0, nextEnd: row?.hourly_end ?? null },
  };
}

/**
 * Far from the organization's limits its questions need not wait for each other: more than a second of them, and all that
 * are being asked together, would still fit. Near them each is counted with all before it.
 */
function isFar(load: Load, limits: PromptLimits): boolean {
  return (['open', 'hourly'] as const).every((of) => {
    const most = limits[of].organization;
    return most - load[of].count > Math.max(A_SECOND, most / 4);
  });
}
/** Far more questions than a second and all connections of a database take. */
const A_SECOND = 2000;

// Always in this order: whoever waits for one of them holds none that comes after it.
const HOLD_ALONE = `
  select pg_advisory_xact_lock(hashtextextended($1, 0)), pg_advisory_xact_lock(hashtextextended($2, 0)),
         pg_advisory_xact_lock(hashtextextended($3, 0))`;
const HOLD_BESIDE_OTHERS = HOLD_ALONE.replace('pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared');

// The longest mute, the day that a run may take, and the longest a question waits.
const WINDOW = `interval '35 days'`;

const ENDED = `
  select a.agent, a.status, a.decided_at, a.expires_at, a.actions, a.decision ? 'instead' as suggested
  from approvals a left join unmutes u on u.organization = a.organization and u.agent = a.agent and u.person = a.person
  where a.organization = $1 and a.asked_at > clock_timestamp() - ${WINDOW}
    and ((a.status = 'denied' and a.decided_at > coalesce(u.at, '-infinity'))
      or (a.status = 'pending' and a.expires_at <= clock_timestamp() and a.expires_at > coalesce(u.at, '-infinity') and not ${STOPPED}))`;

const span = (count: string, end: string, condition: string) => `
  (select json_build_array(count(*)::int, min(${end})) from (
     select ${count} from approvals a where a.organization = $1 and ${condition} limit 100000) as counted)`;
const OPEN = `a.status = 'pending' and a.expires_at > clock_timestamp()`;
const LATELY = `not a.silent and a.asked_at > clock_timestamp() - interval '1 hour'`;
const open = (whose: string) => span('expires_at', 'expires_at', `${whose} and ${OPEN} and not ${STOPPED}`);
const hourly = (whose: string) => span('asked_at', `asked_at + interval '1 hour'`, `${whose} and ${LATELY}`);

const historyWhere = (asked: string) => `
  with ended as (${ENDED} and ${asked} and a.agent = $2)
  select
    (select limits from prompt_limits where organization = $1) as limits,
    (select coalesce(json_agg(json_build_object(
       'at', decided_at, 'suggested', coalesce(suggested, false), 'actions', (select json_agg(x ->> 'action') from jsonb_array_elements(actions) as x))), '[]')
     from ended where status = 'denied') as denied,
    (select coalesce(json_agg(expires_at), '[]') from ended where status = 'pending') as expired,
    ${open(`a.agent = $2 and ${asked}`)} as open_pair,
    ${open(asked)} as open_person,
    ${open('a.agent = $2')} as open_agent,
    ${hourly(`a.agent = $2 and ${asked}`)} as hourly_pair,
    ${hourly(asked)} as hourly_person,
    ${hourly('a.agent = $2')} as hourly_agent`;

const HISTORY = historyWhere('a.person = $3');
// What nobody asked them yet does not weigh on them.
const GROUP_HISTORY = historyWhere(`a.deciders #>> '{group,id}' = $3 and a.others_since is not null`);

const LOAD = `
  select (select count(*)::int from approvals a where a.organization = $1 and ${OPEN}) as open,
         (select min(a.expires_at) from approvals a where a.organization = $1 and ${OPEN}) as open_end,
         (select count(*)::int from approvals a where a.organization = $1 and ${LATELY}) as hourly,
         (select min(a.asked_at) + interval '1 hour' from approvals a where a.organization = $1 and ${LATELY}) as hourly_end`;

const ANSWERS = `
  with ended as (${ENDED} and a.person = $2)
  select agent,
         coalesce(json_agg(decided_at) filter (where status = 'denied' and suggested is not true), '[]') as denied,
         coalesce(json_agg(expires_at) filter (where status = 'pending'), '[]') as expired
  from ended group by agent`;

const UNMUTE = `
  insert into unmutes (organization, agent, person) values ($1, $2, $3)
  on conflict (organization, agent, person) do update set at = clock_timestamp()`;

const FAST = `
  select count(*)::int as count from approvals
  where organization = $1 and person = $2 and status = 'approved' and impact <> 'low'
    and decided_at > clock_timestamp() - interval '1 day' and asked_at > clock_timestamp() - interval '4 days'
    and decided_at - shown_at < interval '1 second'`;
