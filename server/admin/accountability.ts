import { MOVE_REFUSED, REQUIRED } from '../../views/words/console-lifecycle.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { FLAGS, type Flag, flagsOf, UNUSED_AFTER, unusedActions } from '../agents/flags.ts';
import { describeRefusal, type MoveRefusal, type Requirement } from '../agents/lifecycle.ts';
import type { Accountable, AgentFacts, AskedChange, ReviewOutcome, Verdict } from '../agents/ownership.ts';
import { VERDICTS } from '../agents/ownership.ts';
import { type Act, conflict, done, forbidden, onlyOf, unacceptable, unknown } from './admin.ts';
import { type Answer, agentOf, organizationOf, personOf } from './call.ts';
import { gives, input, oneOf, plain, reference, takes } from './input.ts';
import { LIMITS_SHAPE } from './limits.ts';
import type { Page, PageAsked } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import {
  address,
  anything,
  count,
  instant,
  many,
  maybe,
  named,
  object,
  one,
  pageOfMany,
  text,
  truth,
  withMembers,
} from './shapes.ts';

/** Who answers for which agent, how each stands, and its review; under row-level security. */
export interface Accountability {
  /** A page of an organization's agents by id, or one of them. */
  facts(
    organization: string,
    only?: { agent?: string | undefined; accountable?: string | undefined; after?: string | undefined; limit?: number },
  ): Promise<AgentFacts[]>;
  /** What an agent lacks to act, and who was asked to answer for it and did not yet. */
  standing(
    organization: string,
    agent: string,
  ): Promise<{ lacks: Requirement[]; asked: { role: Accountable; person: string; since: Date }[] } | undefined>;
  /** Asks somebody to answer for an agent; answers the id of the offer. */
  offer(act: Act, agent: string, role: Accountable, person: string): Promise<string>;
  /** What builders asked to change, and waits for the owner. */
  changes(organization: string, asked: PageAsked): Promise<Page<AskedChange>>;
  /** Anybody who administers it may decline; its owner alone approves. Undefined: no such change waits. */
  answerChange(act: Act, change: string, approves: boolean): Promise<'answered' | 'for_owner' | undefined>;
  review(act: Act, agent: string, verdict: Verdict, reason: string): Promise<ReviewOutcome | undefined>;
}

/** An agent with what is odd about it. */
const described = (facts: AgentFacts, now: Date) => ({
  id: facts.id,
  name: facts.name,
  purpose: facts.purpose,
  mode: facts.mode,
  status: facts.status,
  owner: { ...facts.owner, active: facts.ownerActive, accepted: facts.ownerAccepted },
  deputy: { ...facts.deputy, active: facts.deputyActive, accepted: facts.deputyAccepted },
  last_used: facts.lastUsedAt,
  created_at: facts.createdAt,
  expires_at: facts.expiresAt,
  keys_end_at: facts.keysEndAt,
  review_at: facts.reviewAt,
  reports: facts.reports,
  muted_by: facts.mutedBy,
  waiting_changes: facts.waitingChanges,
  flags: flagsOf(facts, now),
});

const listing = input<{ organization?: string; flag?: Flag; after?: string; limit?: string }>({
  organization: reference,
  flag: oneOf(...FLAGS),
  after: reference,
  limit: { type: 'string', pattern: '^([1-9][0-9]?|[1-4][0-9][0-9]|500)$' },
});

/** Rows that are looked at for one page of agents with a flag, at most. */
const PAGE = 500;

/** Agents and their flags, a page by id; with `flag`, those of the page that have it. `next` is where the next begins. */
export const listFlags: Answer = async (call, dependencies) => {
  const asked = listing(call.query);
  if (!asked.ok) return asked;
  const { flag, after } = asked.value;
  const limit = Number(asked.value.limit ?? PAGE);
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const facts = await dependencies.accountability.facts(organization.value.id, {
    accountable: onlyOf(call.caller),
    after,
    limit,
  });
  const now = new Date();
  const agents = facts.map((one) => described(one, now));
  return done({
    agents: flag === undefined ? agents : agents.filter(({ flags }) => flags.includes(flag)),
    next: facts.length === limit ? facts.at(-1)?.id : null,
  });
};
takes(listFlags, { query: listing });
const ACCOUNTABLE = withMembers(named, { active: truth, accepted: truth });
const STANDING = object({
  id: text,
  name: text,
  purpose: maybe(text),
  mode: text,
  status: text,
  owner: ACCOUNTABLE,
  deputy: ACCOUNTABLE,
  last_used: maybe(instant),
  created_at: instant,
  expires_at: maybe(instant),
  keys_end_at: maybe(instant),
  review_at: instant,
  reports: count,
  muted_by: count,
  waiting_changes: count,
  flags: many(one(...FLAGS)),
});
gives(listFlags, pageOfMany('agents', STANDING));

/** How one agent stands: what it lacks, who has not answered, what it may ask for and what it used. */
export const getStanding: Answer = async (call, dependencies) => {
  const found = await agentOf(call, call.params.agent ?? '', call.query.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id } = found.value;
  const [facts] = await dependencies.accountability.facts(organization.id, { agent: id });
  const standing = await dependencies.accountability.standing(organization.id, id);
  if (!facts || !standing) return unknown(saying(REFUSED.theAgent));
  const now = new Date();
  return done({
    ...described(facts, now),
    lacks: standing.lacks.map((name) => ({ name, words: REQUIRED[name].en })),
    asked: standing.asked,
    actions: facts.allowed?.map((action) => ({ action, last_used: facts.usedAt[action] ?? null })) ?? null,
    unused: unusedActions(facts, now),
    limits: facts.limits,
  });
};
gives(
  getStanding,
  withMembers(STANDING, {
    lacks: many(object({ name: one(...Object.keys(REQUIRED)), words: text })),
    asked: many(object({ role: one('owner', 'deputy'), person: text, since: instant })),
    actions: maybe(many(object({ action: text, last_used: maybe(instant) }))),
    unused: many(text),
    limits: LIMITS_SHAPE,
  }),
);

const naming = input<{ organization?: string; role: Accountable; person: string }>(
  { organization: reference, role: oneOf('owner', 'deputy'), person: reference },
  ['role', 'person'],
);

/** Asks somebody to answer for an agent. Until they accept, whoever answered for it before does. */
export const offerOwnership: Answer = async (call, dependencies) => {
  const asked = naming(call.body);
  if (!asked.ok) return asked;
  const { role } = asked.value;
  const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id, name } = found.value;
  const person = await personOf(organization, asked.value.person, dependencies);
  if (!person.ok) return person;
  if (person.value.status !== 'active')
    return conflict('person_not_active', saying(REFUSED.notActive, { person: person.value.email }));
  const [facts] = await dependencies.accountability.facts(organization.id, { agent: id });
  if (!facts) return unknown(saying(REFUSED.theAgent));
  if (facts.status === 'retired' || facts.status === 'expired')
    return conflict('wrong_status', saying(REFUSED.agentIsOver, { agent: name }));
  const other = role === 'owner' ? facts.deputy : facts.owner;
  if (other.id === person.value.id) return unacceptable('same_person', saying(REFUSED.samePerson));
  // Whoever owns an agent approves its next key: nobody gets there by their own word alone.
  if (call.caller.kind === 'person' && call.caller.person.id === person.value.id)
    return forbidden('own_offer', saying(REFUSED.ownOffer));
  const act = { organization: organization.id, caller: call.caller };
  const offer = await dependencies.accountability.offer(act, id, role, person.value.id);
  return done({
    id: offer,
    agent: id,
    role,
    person: person.value.email,
    answer_at: `${dependencies.issuer}/offers/${offer}`,
  });
};
takes(offerOwnership, { body: naming });
gives(
  offerOwnership,
  object({ id: text, agent: text, role: one('owner', 'deputy'), person: text, answer_at: address }),
);

const reviewing = input<{ organization?: string; verdict: Verdict; reason: string }>(
  { organization: reference, verdict: oneOf(...VERDICTS), reason: plain(200) },
  ['verdict', 'reason'],
);

/** A review by the owner, or in their place: confirm, narrow to what was used within 90 days, or retire. */
export const reviewAgent: Answer = async (call, dependencies) => {
  const asked = reviewing(call.body);
  if (!asked.ok) return asked;
  const found = await agentOf(call, call.params.agent ?? '', asked.value.organization, dependencies);
  if (!found.ok) return found;
  const { organization, id, name } = found.value;
  const { verdict, reason } = asked.value;
  const act = { organization: organization.id, caller: call.caller };
  const owner = onlyOf(call.caller);
  const outcome =
    owner === undefined
      ? await dependencies.accountability.review(act, id, verdict, reason)
      : await dependencies.ownership.review(organization.id, owner, id, verdict, reason);
  if (!outcome) return owner === undefined ? unknown(`agent ${name}`) : forbidden('not_yours', 'this is for its owner');
  if ('refused' in outcome) {
    const { refused } = outcome;
    return conflict(refused.reason, describeVerdict(refused, name));
  }
  return done({ id, name, verdict, removed: outcome.removed });
};
takes(reviewAgent, { body: reviewing });
gives(reviewAgent, object({ id: text, name: text, verdict: one(...VERDICTS), removed: many(text) }));

/** Why a review cannot be answered so, and what would pass. */
export const describeVerdict = (refused: MoveRefusal | { reason: 'nothing_used' }, agent: string): Saying =>
  refused.reason === 'nothing_used'
    ? saying(MOVE_REFUSED.nothing_used, { agent, days: UNUSED_AFTER })
    : describeRefusal(refused, agent);

const someChanges = listQuery({ agent: reference });

/** What builders asked to change, and waits for an owner; the first asked first. */
export const listChanges: Answer = async (call, dependencies) => {
  const changes = await listed(call, someChanges, dependencies, async ({ id }, asked) => {
    const owner = onlyOf(call.caller);
    const filters = { ...asked.filters, ...(owner !== undefined && { owner }) };
    const { rows, next } = await dependencies.accountability.changes(id, { ...asked, filters });
    return { rows: rows.map(shownChange), next };
  });
  return changes.ok ? done({ changes: changes.value.rows, next: changes.value.next }) : changes;
};
takes(listChanges, { query: someChanges });
gives(
  listChanges,
  pageOfMany(
    'changes',
    object({
      id: text,
      organization: text,
      agent: object({ id: text, name: text }),
      client_id: text,
      asked_at: instant,
      members: many(object({ member: text }, { from: anything, to: anything })),
    }),
  ),
);

const shownChange = ({ id, agent, agentName, clientId, askedAt, before, proposed }: AskedChange) => ({
  id,
  agent: { id: agent, name: agentName },
  client_id: clientId,
  asked_at: askedAt,
  members: Object.keys(proposed).map((member) => ({ member, from: before[member], to: proposed[member] })),
});

const answering = input<{ organization?: string; answer: 'approve' | 'decline' }>(
  { organization: reference, answer: oneOf('approve', 'decline') },
  ['answer'],
);

/** Answers what a builder asked to change: its owner either way, an administrator only with no. */
export const answerChange: Answer = async (call, dependencies) => {
  const asked = answering(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { answer } = asked.value;
  const id = call.params.change ?? '';
  const act = { organization: organization.value.id, caller: call.caller };
  const owner = onlyOf(call.caller);
  const answered =
    owner === undefined
      ? await dependencies.accountability.answerChange(act, id, answer === 'approve')
      : await dependencies.ownership.answerChange(act.organization, owner, id, answer === 'approve');
  if (answered === 'for_owner')
    return forbidden('for_owner', 'it waits for the owner of the agent: nobody agrees in their place');
  return answered ? done({ id, answer }) : unknown(`change ${id}`);
};
takes(answerChange, { body: answering });
gives(answerChange, object({ id: text, answer: one('approve', 'decline') }));
