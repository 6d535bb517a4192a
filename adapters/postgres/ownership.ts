import { unusedActions } from '../../server/agents/flags.ts';
import type { Role } from '../../server/agents/lifecycle.ts';
import type {
  Accountable,
  AgentFacts,
  AskedChange,
  OwnershipOffer,
  OwnershipStore,
  Verdict,
} from '../../server/agents/ownership.ts';
import { merged } from '../../server/agents/registration-changes.ts';
import { recordAgentChange } from './agent-changes.ts';
import { agentFacts } from './agent-facts.ts';
import { holdAgent } from './agent-limits.ts';
import { moveAgent } from './agents.ts';
import { secretAgreed } from './client-secrets.ts';
import { replaceRegistration } from './clients.ts';
import type { Database, Statements } from './database.ts';
import { afterQuiet, tellEverywhere } from './notifications.ts';
import { ANSWERED } from './reviews.ts';

/** What a person does with the agents they answer for, under row-level security. */
export const postgresOwnership = (database: Database): OwnershipStore => ({
  offers: (organization, person) =>
    database.within(organization, (statements) => statements.rows<OwnershipOffer>(OFFERS, [organization, person])),

  answer: (organization, person, offer, accepts) =>
    database.within(organization, async (statements) => {
      const open = await statements.first<Taken>(TAKE, [organization, offer, person]);
      if (!open) return { answered: undefined };
      const { agent, role } = open;
      if (accepts && (role === 'owner' ? open.deputy : open.owner) === person) return { answered: 'same_person' };
      await statements.run(CLOSE, [organization, offer, accepts ? 'accepted' : 'declined']);
      const from = open[role];
      if (accepts) await statements.run(SETTLE[role], [organization, agent, person]);
      await recordAgentChange(statements, {
        organization,
        agent,
        change: `${role}_${accepts ? 'accepted' : 'declined'}`,
        by: person,
        role,
        person,
        detail: accepts && from !== person ? { from, to: person } : {},
      });
      // Two administrators can pass an agent on between them: whoever answered for it does not find out by chance.
      if (accepts && open.accepted && from !== person) {
        const handedOver = { agent, agentName: open.agentName, role, to: open.personName };
        const at = await afterQuiet(statements, organization, from);
        await tellEverywhere(statements, organization, from, { handedOver }, at);
      }
      return { answered: accepts ? 'accepted' : 'declined' };
    }),

  owned: (organization, person, { after, limit }) =>
    database.within(organization, async (statements) => {
      const found = await agentFacts(statements, organization, { accountable: person, after, limit: limit + 1 });
      const agents = found.slice(0, limit);
      return { agents, next: found.length > limit ? agents.at(-1)?.id : undefined };
    }),

  ownedAgent: (organization, person, agent) =>
    database.within(organization, async (statements) => {
      const [facts] = await agentFacts(statements, organization, { accountable: person, agent });
      return facts;
    }),

  changes: (organization, person) =>
    database.within(organization, (statements) =>
      statements.rows<AskedChange>(`${ASKED_CHANGES} and a.owner = $2 and a.owner_accepted_at is not null`, [
        organization,
        person,
      ]),
    ),

  answerChange: (organization, person, change, approves) =>
    database.within(organization, async (statements) => {
      await statements.run(HOLD_CHANGING, [organization, change]);
      const asked = await statements.first<AskedChange>(
        `${ASKED_CHANGES} and a.owner = $2 and a.owner_accepted_at is not null and h.id = $3 for no key update of h`,
        [organization, person, change],
      );
      if (!asked) return false;
      await answerChange(statements, { organization, asked, approves, by: person, role: 'owner' });
      return true;
    }),

  move: (organization, person, agent, move, reason) =>
    database.within(organization, async (statements) => {
      const role = await roleOf(statements, organization, person, agent);
      if (!role) return undefined;
      const problem = await moveAgent(statements, { organization, agent, move, role, by: person, reason });
      return problem === 'unknown' ? undefined : (problem ?? 'moved');
    }),

  review: (organization, person, agent, verdict, reason) =>
    database.within(organization, async (statements) => {
      if ((await roleOf(statements, organization, person, agent)) !== 'owner') return undefined;
      const [facts] = await agentFacts(statements, organization, { agent });
      if (!facts) return undefined;
      return reviewed(statements, { organization, facts, verdict, by: person, role: 'owner', reason });
    }),
});

/** A review by whoever may: the date moves on, and with `narrow` what was not used goes. */
export async function reviewed(
  statements: Statements,
  {
    organization,
    facts,
    verdict,
    by,
    role,
    reason,
  }: { organization: string; facts: AgentFacts; verdict: Verdict; by: string; role: Role; reason: string },
) {
  const { id: agent } = facts;
  const answered = () => statements.run(ANSWERED, [organization, agent, by, verdict]);
  if (verdict === 'retire') {
    const problem = await moveAgent(statements, { organization, agent, move: 'retire', role, by, reason });
    if (problem && problem !== 'unknown') return { refused: problem };
    await answered();
    return { reviewed: verdict, removed: [] };
  }
  const removed = verdict === 'narrow' ? unusedActions(facts, new Date()) : [];
  const kept = facts.allowed?.filter((action) => !removed.includes(action));
  // Nothing left is no narrower agent, it is none.
  if (verdict === 'narrow' && kept?.length === 0) return { refused: { reason: 'nothing_used' as const } };
  if (removed.length > 0) {
    await holdAgent(statements, { organization, agent, limits: { ...facts.limits, actions: kept ?? [] }, by });
  }
  await statements.run(POSTPONE, [organization, agent]);
  await answered();
  await recordAgentChange(statements, {
    organization,
    agent,
    change: 'review',
    by,
    role,
    reason,
    detail: { verdict, removed },
  });
  return { reviewed: verdict, removed };
}

/** Puts in force what a builder asked, or lets the old stay; in the transaction that locked it. */
export async function answerChange(
  statements: Statements,
  {
    organization,
    asked,
    approves,
    by,
    role,
  }: { organization: string; asked: AskedChange; approves: boolean; by: string; role: Role },
): Promise<void> {
  const { id, agent, clientId, proposed } = asked;
  await statements.run(ANSWER_CHANGE, [organization, id, approves ? 'approved' : 'declined', by]);
  const client = await statements.first<{ metadata: Record<string, unknown> }>(
    'select metadata from clients where organization = $1 and client_id = $2 for no key update',
    [organization, clientId],
  );
  const { client_secret: secret, ...members } = proposed;
  if (approves && client) {
    await replaceRegistration(
      statements,
      clientId,
      { organization, agent, metadata: client.metadata },
      merged(client.metadata, members),
      { reason: 'registration_replaced', by },
    );
    if (secret !== undefined) await secretAgreed(statements, { organization, clientId, change: id });
  }
  await recordAgentChange(statements, {
    organization,
    agent,
    change: approves ? 'registration_approved' : 'registration_declined',
    by,
    role,
    application: clientId,
    detail: { members: Object.keys(proposed), change: id },
  });
}

async function roleOf(
  statements: Statements,
  organization: string,
  person: string,
  agent: string,
): Promise<Accountable | undefined> {
  const row = await statements.first<{ role: Accountable }>(ROLE, [organization, agent, person]);
  return row?.role;
}

const OFFERS = `
  select f.id, f.role, a.id as agent, a.name as "agentName", a.purpose, a.mode, f.made_at as "madeAt",
         m.name as "madeBy",
         json_build_object('name', x.name,
           'accepted', case f.role when 'owner' then a.deputy_accepted_at else a.owner_accepted_at end is not null) as other,
         case when named.any then null else named.actions end as actions, named.hosts as "redirectHosts",
         g.review_days as "reviewDays"
  from ownership_offers f
  join agents a on a.organization = f.organization and a.id = f.agent
  join organizations g on g.id = f.organization
  join people x on x.organization = a.organization and x.id = case f.role when 'owner' then a.deputy else a.owner end
  left join people m on m.organization = f.organization and m.id = f.made_by
  cross join lateral (
    select bool_or(c.metadata -> 'authorization_details_types' is null) as any,
           (select coalesce(array_agg(distinct t order by t), '{}') from clients c2, jsonb_array_elements_text(c2.metadata -> 'authorization_details_types') t
            where c2.organization = a.organization and c2.agent = a.id) as actions,
           (select coalesce(array_agg(distinct substring(u from '^[a-z][a-z0-9+.-]*:/*([^/?#]*)')), '{}')
            from clients c2, jsonb_array_elements_text(c2.metadata -> 'redirect_uris') u
            where c2.organization = a.organization and c2.agent = a.id) as hosts
    from clients c where c.organization = a.organization and c.agent = a.id) named
  where f.organization = $1 and f.person = $2 and f.answer is null and a.status not in ('retired', 'expired')
  order by f.made_at, f.id`;

interface Taken {
  agent: string;
  agentName: string;
  role: Accountable;
  owner: string;
  deputy: string;
  /** Whoever answers for it in this capacity until now agreed to. */
  accepted: boolean;
  personName: string;
}

const TAKE = `
  select f.agent, a.name as "agentName", f.role, a.owner, a.deputy, p.name as "personName",
         case f.role when 'owner' then a.owner_accepted_at else a.deputy_accepted_at end is not null as accepted
  from ownership_offers f join agents a on a.organization = f.organization and a.id = f.agent
  join people p on p.organization = f.organization and p.id = f.person
  where f.organization = $1 and f.id = $2 and f.person = $3 and f.answer is null and a.status not in ('retired', 'expired')
  for no key update of f, a`;

const CLOSE = `
  update ownership_offers set answer = $3, answered_at = clock_timestamp()
  where organization = $1 and id = $2 and answer is null`;

const SETTLE: Readonly<Record<Accountable, string>> = {
  owner: `
    update agents set owner = $3, owner_accepted_at = clock_timestamp(), unowned_since = null
    where organization = $1 and id = $2`,
  deputy: 'update agents set deputy = $3, deputy_accepted_at = clock_timestamp() where organization = $1 and id = $2',
};

const POSTPONE = `
  update agents a set review_at = clock_timestamp() + make_interval(days => o.review_days)
  from organizations o where o.id = a.organization and a.organization = $1 and a.id = $2`;

const ROLE = `
  select case when owner = $3 and owner_accepted_at is not null then 'owner'
              when deputy = $3 and deputy_accepted_at is not null then 'deputy' end as role
  from agents
  where organization = $1 and id = $2
    and ((owner = $3 and owner_accepted_at is not null) or (deputy = $3 and deputy_accepted_at is not null))
  for no key update`;

/** Before a change is answered: whoever replaces the registration takes the client first as well, and then its changes. */
export const HOLD_CHANGING = `
  select from registration_changes h join clients c on c.organization = h.organization and c.client_id = h.client_id
  where h.organization = $1 and h.id = $2 for no key update of c`;

/** Registrations whose change waits; `h` is the change, `a` the agent. */
export const ASKED_CHANGES = `
  select h.id, h.agent, a.name as "agentName", h.client_id as "clientId", h.asked_at as "askedAt", h.proposed, h.before
  from registration_changes h join agents a on a.organization = h.organization and a.id = h.agent
  where h.organization = $1 and h.answer is null and a.status in ('active', 'suspended')
    -- A secret that ended before anybody answered is none to agree to.
    and coalesce((h.proposed -> 'client_secret' ->> 'expires_at')::timestamptz > clock_timestamp(), true)`;

const ANSWER_CHANGE = `
  with gone as (delete from client_secrets where organization = $1 and waits_for = $2 and $3 = 'declined')
  update registration_changes set answer = $3, answered_at = clock_timestamp(), answered_by = $4
  where organization = $1 and id = $2`;
