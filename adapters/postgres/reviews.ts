import { actorOf } from '../../server/admin/admin.ts';
import { cursorOf, placeInTime } from '../../server/admin/listing.ts';
import type { Campaign, CampaignOwner, ReviewStore } from '../../server/admin/reviews.ts';
import { THRESHOLDS } from '../../server/agents/expiry.ts';
import { SOON } from '../../server/agents/flags.ts';
import { newId } from '../../server/oauth/ids.ts';
import { acted } from './admin.ts';
import { factsOfAgents } from './agent-facts.ts';
import type { Database, Statements } from './database.ts';
import { tellEverywhere } from './notifications.ts';
import { pageIn } from './paging.ts';

/** Reviews of many agents, under row-level security. What is due is found along an index, a page at a time. */
export const postgresReviews = (database: Database): ReviewStore => ({
  due: (organization, { owner, campaign, after, limit }) =>
    database.within(organization, async (statements) => {
      const found = await statements.rows<{ id: string; at: string }>(campaign === undefined ? DUE : UNANSWERED, [
        organization,
        placeInTime(after)?.[0] ?? '-infinity',
        after?.[1] ?? '',
        limit + 1,
        owner ?? null,
        ...(campaign === undefined ? [] : [campaign]),
      ]);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const rows = await factsOfAgents(
        statements,
        organization,
        page.map(({ id }) => id),
      );
      return { rows, next: found.length > limit && last ? cursorOf(last.at, last.id) : undefined };
    }),

  dueCount: (organization, owner) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ count: number }>(DUE_COUNT, [organization, owner ?? null]);
      return row?.count ?? 0;
    }),

  campaigns: (organization, asked, owner) =>
    database.within(organization, (statements) =>
      pageIn<Campaign>(
        statements,
        {
          select: `${CAMPAIGNS} and ${OF_OWNER}`,
          parameters: [organization, owner ?? null],
          by: ['"startedAt"', 'timestamptz'],
          id: 'id',
          descending: true,
          words: ['name', 'filter'],
        },
        asked,
      ),
    ),

  campaign: (organization, id, owner) =>
    database.within(organization, (statements) => campaignIn(statements, organization, id, owner)),

  owners: (organization, campaign) =>
    database.within(organization, (statements) => statements.rows<CampaignOwner>(OWNERS, [organization, campaign])),

  start: (act, { name, filter, days, agents }) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      if ((await statements.run(HOLD_CHOSEN, [organization, agents])) === 0) return undefined;
      const id = newId('rev');
      const begun = await statements.run(START, [organization, id, name, filter, actorOf(caller), days]);
      if (begun === 0) return 'taken';
      await statements.run(CHOOSE, [organization, id, agents]);
      await statements.run(NOT_LATER, [organization, id]);
      const campaign = (await campaignIn(statements, organization, id)) as Campaign;
      await acted(statements, act, 'review.started', { campaign: id, name, filter, days, agents: campaign.agents });
      for (const { owner, agents } of await statements.rows<{ owner: string; agents: number }>(TOLD, [
        organization,
        id,
        THRESHOLDS,
      ])) {
        const review = { agents, first: campaign.dueAt, campaign: name };
        await tellEverywhere(statements, organization, owner, { review });
      }
      return campaign;
    }),

  close: (act, campaign) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      if (!(await campaignIn(statements, organization, campaign))) return undefined;
      const closed = (await statements.run(CLOSE, [organization, campaign, actorOf(caller)])) > 0;
      if (closed) await acted(statements, act, 'review.closed', { campaign });
      return closed;
    }),
});

const campaignIn = (statements: Statements, organization: string, id: string, owner?: string) =>
  statements.first<Campaign>(`${CAMPAIGNS} and ${OF_OWNER} and c.id = $3`, [organization, owner ?? null, id]);

/** Whose reviews somebody answers: the owner's who accepted, or with null anybody's. */
const REVIEWED_BY = `a.status in ('pending', 'active', 'suspended') and ($5::text is null or (a.owner = $5 and a.owner_accepted_at is not null))`;
const IN_ORDER = `(a.review_at, a.id) > ($2::timestamptz, $3) order by a.review_at, a.id limit $4`;
// The same within the statement, so that the index ends there.
const IS_DUE = `a.review_at <= now() + interval '${SOON} days'`;

export const DUE = `
  select a.id, a.review_at::text as at from agents a
  where a.organization = $1 and ${REVIEWED_BY} and ${IS_DUE} and ${IN_ORDER}`;

const UNANSWERED = `
  select a.id, a.review_at::text as at
  from campaign_agents m join agents a on a.organization = m.organization and a.id = m.agent
  where m.organization = $1 and m.campaign = $6 and m.answered_at is null and ${REVIEWED_BY} and ${IN_ORDER}`;

const DUE_COUNT = `
  select count(*)::int as count from agents a
  where a.organization = $1 and ${REVIEWED_BY.replaceAll('$5', '$2')} and ${IS_DUE}`;

const SETTLED = `count(*) filter (where m.answered_at is not null or a.status in ('retired', 'expired'))::int`;

const CAMPAIGNS = `
  select c.id, c.name, c.filter, coalesce(p.name, c.started_by) as "startedBy", c.started_at as "startedAt", c.due_at as "dueAt",
         c.closed_at as "closedAt", far.agents, far.settled
  from review_campaigns c
  left join people p on p.organization = c.organization and p.id = c.started_by
  cross join lateral (
    select count(*)::int as agents, ${SETTLED} as settled
    from campaign_agents m join agents a on a.organization = m.organization and a.id = m.agent
    where m.organization = c.organization and m.campaign = c.id) far
  where c.organization = $1`;

/** With null of anybody. */
const OF_OWNER = `($2::text is null or exists (
  select from campaign_agents m join agents a on a.organization = m.organization and a.id = m.agent
  where m.organization = c.organization and m.campaign = c.id and a.owner = $2 and a.owner_accepted_at is not null))`;

const OWNERS = `
  select json_build_object('id', o.id, 'name', o.name, 'email', o.email) as owner, count(*)::int as agents, ${SETTLED} as settled
  from campaign_agents m
  join agents a on a.organization = m.organization and a.id = m.agent
  join people o on o.organization = a.organization and o.id = a.owner
  where m.organization = $1 and m.campaign = $2
  group by o.id, o.name, o.email order by ${SETTLED} - count(*), lower(o.name), o.id`;

const START = `
  insert into review_campaigns (organization, id, name, filter, started_by, due_at)
  values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(days => $6::int))
  on conflict (organization, lower(name)) where closed_at is null do nothing`;

const CHOSEN = (place: number) =>
  `organization = $1 and id = any($${place}::text[]) and status in ('active', 'suspended')`;
// In one order, as everybody who holds several agents: and before the campaign's name, for which two would wait.
const HOLD_CHOSEN = `select from agents where ${CHOSEN(2)} order by id for no key update`;
const CHOOSE = `insert into campaign_agents (organization, campaign, agent) select organization, $2, id from agents where ${CHOSEN(3)}`;

const NOT_LATER = `
  update agents a set review_at = least(a.review_at, c.due_at)
  from review_campaigns c, campaign_agents m
  where c.organization = $1 and c.id = $2 and m.organization = $1 and m.campaign = $2
    and a.organization = $1 and a.id = m.agent and a.review_at > c.due_at`;

// Whoever hears of it now is not reminded at once that it is due: of what is passed already, this was the reminder.
const TOLD = `
  with chosen as (
    select a.id, a.owner, a.review_at
    from campaign_agents m join agents a on a.organization = m.organization and a.id = m.agent
    join people o on o.organization = a.organization and o.id = a.owner and o.status = 'active'
    where m.organization = $1 and m.campaign = $2 and a.owner_accepted_at is not null),
  noted as (
    insert into expiry_notices (organization, kind, subject, ends_at, days)
    select $1, 'review', c.id, c.review_at, t.days
    from chosen c join unnest($3::int[]) t(days) on c.review_at <= clock_timestamp() + make_interval(days => t.days)
    on conflict do nothing)
  select owner, count(*)::int as agents from chosen group by owner order by owner`;

const CLOSE = `
  update review_campaigns set closed_at = clock_timestamp(), closed_by = $3
  where organization = $1 and id = $2 and closed_at is null`;

/** An answer about an agent is one in every campaign that asks for it. */
export const ANSWERED = `
  update campaign_agents set answered_at = clock_timestamp(), answered_by = $3, verdict = $4
  where organization = $1 and agent = $2 and answered_at is null
    and exists (select from review_campaigns c where c.organization = $1 and c.id = campaign and c.closed_at is null)`;

/** In one round. */
const BATCH = 200;

/**
 * Closes campaigns in which nothing is left to answer, and reminds owners two weeks, a week and a day before an agent of
 * theirs is suspended because nobody reviewed it: one message for all that are due then. The rows that say so and the
 * message are one transaction, so any number of instances may do it, and it may be killed at any point.
 *
 * @returns how many owners were reminded
 */
export async function attendToReviews(database: Database): Promise<number> {
  await database.run(CLOSE_SETTLED);
  let reminded = 0;
  for (const due of await database.rows<Reminder>(REMIND, [THRESHOLDS, BATCH])) {
    if (await database.transaction((statements) => remind(statements, due))) reminded += 1;
  }
  return reminded;
}

interface Reminder {
  organization: string;
  owner: string;
  agents: { id: string; endsAt: string; days: number }[];
}

async function remind(statements: Statements, { organization, owner, agents }: Reminder): Promise<boolean> {
  const noted = await statements.rows<{ subject: string }>(NOTE, [organization, JSON.stringify(agents), THRESHOLDS]);
  const told = new Set(noted.map(({ subject }) => subject));
  const first = agents.find(({ id }) => told.has(id));
  if (!first) return false;
  const review = { agents: told.size, first: new Date(first.endsAt), campaign: null };
  await tellEverywhere(statements, organization, owner, { review });
  return true;
}

const CLOSE_SETTLED = `
  update review_campaigns c set closed_at = clock_timestamp(), closed_by = 'countersign'
  where c.closed_at is null and not exists (
    select from campaign_agents m join agents a on a.organization = m.organization and a.id = m.agent
    where m.organization = c.organization and m.campaign = c.id and m.answered_at is null
      and a.status not in ('retired', 'expired'))`;

const REMIND = `
  select organization, owner, json_agg(json_build_object('id', id, 'endsAt', review_at, 'days', days) order by review_at, id) as agents
  from (
    select a.organization, a.owner, a.id, a.review_at, min(t.days) as days
    from agents a
    join people o on o.organization = a.organization and o.id = a.owner and o.status = 'active'
    join unnest($1::int[]) t(days) on a.review_at <= clock_timestamp() + make_interval(days => t.days)
    where a.status = 'active' and a.owner_accepted_at is not null
      and a.review_at > clock_timestamp() and a.review_at <= clock_timestamp() + make_interval(days => ($1::int[])[1])
    group by a.organization, a.owner, a.id, a.review_at) due
  where not exists (
    select from expiry_notices n
    where n.organization = due.organization and n.kind = 'review' and n.subject = due.id and n.ends_at = due.review_at
      and n.days <= due.days)
  group by organization, owner order by min(review_at) limit $2`;

// Those it passed already, too: who hears that a day is left need not hear that a week is.
const NOTE = `
  with noted as (
    insert into expiry_notices (organization, kind, subject, ends_at, days)
    select $1, 'review', x.id, x."endsAt", t.days
    from json_to_recordset($2::json) x(id text, "endsAt" timestamptz, days int)
    join unnest($3::int[]) t(days) on t.days >= x.days
    on conflict do nothing returning subject, days)
  select n.subject from noted n
  join json_to_recordset($2::json) x(id text, "endsAt" timestamptz, days int) on x.id = n.subject and x.days = n.days`;
