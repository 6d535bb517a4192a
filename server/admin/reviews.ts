import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';
import type { AgentFacts } from '../agents/ownership.ts';
import { type Act, type AdminOutcome, conflict, done, malformed, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, organizationOf } from './call.ts';
import { gives, input, plain, reference, takes, whole } from './input.ts';
import { AGENT_LISTING, reachFilter } from './inventory.ts';
import { type Listing, type Page, type PageAsked, parseCursor, parseListing } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { count, instant, many, maybe, named, object, pageOfMany, text, withMembers } from './shapes.ts';

/** A review of many agents: whom it asks, until when, how far it is. */
export interface Campaign {
  id: string;
  name: string;
  /** Of the inventory: which agents were chosen by it when it began. */
  filter: string;
  startedBy: string;
  startedAt: Date;
  dueAt: Date;
  closedAt: Date | null;
  agents: number;
  /** Answered, or ended by another way: nothing is left to answer. */
  settled: number;
}

/** How far one owner is. */
export interface CampaignOwner {
  owner: { id: string; name: string; email: string };
  agents: number;
  settled: number;
}

/** Reviews, under row-level security. */
export interface ReviewStore {
  /** Agents whose review is due within two weeks, or of one campaign those without an answer; what is due first comes first. */
  due(
    organization: string,
    asked: { owner?: string | undefined; campaign?: string | undefined; after?: Listing['after']; limit: number },
  ): Promise<Page<AgentFacts>>;
  /** How many are due so. */
  dueCount(organization: string, owner: string | undefined): Promise<number>;
  /** The newest first; `owner`: those in which this person has agents. */
  campaigns(organization: string, asked: PageAsked, owner?: string | undefined): Promise<Page<Campaign>>;
  /** @param owner only if this person has agents in it */
  campaign(organization: string, id: string, owner?: string | undefined): Promise<Campaign | undefined>;
  owners(organization: string, campaign: string): Promise<CampaignOwner[]>;
  /**
   * Begins one for those of these agents that are active or suspended: none of them is due later than it, and their owners
   * are told. Undefined: none of them is; `taken`: one of this name runs.
   */
  start(
    act: Act,
    campaign: { name: string; filter: string; days: number; agents: readonly string[] },
  ): Promise<Campaign | 'taken' | undefined>;
  /** Undefined: there is none; false: it was closed before. */
  close(act: Act, campaign: string): Promise<boolean | undefined>;
}

/** Days from the beginning to the end of a campaign. */
export const CAMPAIGN_DAYS = [1, 180] as const;

/** The agents that a filter of the inventory finds now, of those that have not ended. */
export async function agentsFor(
  organization: string,
  filter: string,
  { inventory, catalogue }: Pick<AdminDependencies, 'inventory' | 'catalogue'>,
): Promise<AdminOutcome<{ id: string; owner: string | undefined }[]>> {
  const parsed = parseListing({ q: filter }, AGENT_LISTING);
  if (!parsed.ok) return malformed(parsed.problem);
  const reach = reachFilter(parsed.listing, catalogue().seenBy(organization));
  const found: { id: string; owner: string | undefined }[] = [];
  for (let after: Listing['after']; ; ) {
    const listing = { ...parsed.listing, after };
    const { rows, next } = await inventory.list(organization, { listing, reach, only: undefined, limit: 1000 });
    for (const { id, owner, status } of rows) if (REVIEWED.has(status)) found.push({ id, owner: owner.id });
    after = next === undefined ? undefined : parseCursor(next);
    if (after === undefined) return done(found);
  }
}

const REVIEWED: ReadonlySet<string> = new Set(['active', 'suspended']);

const starting = input<{ organization?: string; name: string; filter?: string; days: number }>(
  {
    organization: reference,
    name: plain(80),
    filter: { type: 'string', maxLength: 500, description: 'As the inventory is asked: status:active level:high' },
    days: whole(...CAMPAIGN_DAYS),
  },
  ['name', 'days'],
);

/** Begins a review of all agents that a filter finds; what nobody answers in time is suspended, as any overdue review. */
export const startCampaign: Answer = async (call, dependencies) => {
  const asked = starting(call.body);
  if (!asked.ok) return asked;
  const { organization, name, filter = '', days } = asked.value;
  const place = await organizationOf(call, organization, dependencies);
  if (!place.ok) return place;
  const agents = await agentsFor(place.value.id, filter, dependencies);
  if (!agents.ok) return agents;
  const act = { organization: place.value.id, caller: call.caller };
  const ids = agents.value.map(({ id }) => id);
  const started = await dependencies.reviews.start(act, { name, filter, days, agents: ids });
  if (started === 'taken') return conflict('name_taken', saying(REFUSED.campaignRuns, { name }));
  return started ? done(shown(started)) : conflict('no_agents', saying(REFUSED.noAgents));
};
const CAMPAIGN = object({
  id: text,
  name: text,
  filter: text,
  started_by: text,
  started_at: instant,
  due_at: instant,
  closed_at: maybe(instant),
  agents: count,
  settled: count,
});
takes(startCampaign, { body: starting });
gives(startCampaign, CAMPAIGN);

const someCampaigns = listQuery();

export const listCampaigns: Answer = async (call, dependencies) => {
  const page = await listed(call, someCampaigns, dependencies, async ({ id }, asked) => {
    const { rows, next } = await dependencies.reviews.campaigns(id, asked);
    return { rows: rows.map(shown), next };
  });
  return page.ok ? done({ campaigns: page.value.rows, next: page.value.next }) : page;
};
takes(listCampaigns, { query: someCampaigns });
gives(listCampaigns, pageOfMany('campaigns', withMembers(CAMPAIGN, { organization: text })));

/** One of them, and how far each owner is. */
export const getCampaign: Answer = async (call, dependencies) => {
  const place = await organizationOf(call, call.query.organization, dependencies);
  if (!place.ok) return place;
  const id = call.params.campaign ?? '';
  const campaign = await dependencies.reviews.campaign(place.value.id, id);
  if (!campaign) return unknown(id);
  const owners = await dependencies.reviews.owners(place.value.id, id);
  return done({ ...shown(campaign), owners });
};
gives(getCampaign, withMembers(CAMPAIGN, { owners: many(object({ owner: named, agents: count, settled: count })) }));

const closing = input<{ organization?: string }>({ organization: reference });

/** Nobody is asked any more by it. The dates of those that nobody answered for stay. */
export const closeCampaign: Answer = async (call, dependencies) => {
  const asked = closing(call.body ?? {});
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const id = call.params.campaign ?? '';
  const closed = await dependencies.reviews.close({ organization: place.value.id, caller: call.caller }, id);
  if (closed === undefined) return unknown(id);
  if (!closed) return conflict('closed', saying(REFUSED.closedBefore));
  const campaign = await dependencies.reviews.campaign(place.value.id, id);
  return campaign ? done(shown(campaign)) : unknown(id);
};
takes(closeCampaign, { body: closing });
gives(closeCampaign, CAMPAIGN);

const shown = ({ id, name, filter, startedBy, startedAt, dueAt, closedAt, agents, settled }: Campaign) => ({
  id,
  name,
  filter,
  started_by: startedBy,
  started_at: startedAt,
  due_at: dueAt,
  closed_at: closedAt,
  agents,
  settled,
});
