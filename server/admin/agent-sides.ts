import type Router from '@koa/router';

import {
  type AgentHead,
  agentActivityPage,
  agentChangesPage,
  agentEdgesPage,
  agentMayDoPage,
  agentMovePage,
  agentPeoplePage,
  agentSummaryPage,
} from '../../views/admin/agent.tsx';
import { FLAGS, flagsOf, UNUSED_AFTER, unusedActions } from '../agents/flags.ts';
import { describeRefusal, MOVES, type MoveName, moveProblem, REQUIREMENTS } from '../agents/lifecycle.ts';
import { type AgentFacts, type OwnershipStore, VERDICTS, type Verdict } from '../agents/ownership.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { BadRequest } from '../http/form.ts';
import type { Accountability } from './accountability.ts';
import type { AdminStore, AgentCard, Named } from './admin.ts';
import { type AdminRole, type Console, KEEPERS, nothingHere, VIEWERS, type Visit } from './console.ts';
import type { EvidenceReader, ReadableEvent } from './evidence.ts';
import { explainReach, type ReachReader } from './explain.ts';
import type { Inventory } from './inventory.ts';

export interface AgentSidesDependencies {
  store: AdminStore;
  inventory: Inventory;
  accountability: Accountability;
  ownership: OwnershipStore;
  reach: ReachReader;
  evidence: EvidenceReader;
  catalogue: () => Catalogue;
}

const PATH = '/admin/agents';
const SEEN_BY: readonly AdminRole[] = [...VIEWERS, 'owner'];
const MOVED_BY: readonly AdminRole[] = [...KEEPERS, 'owner'];

const SIDES = [
  ['summary', 'Summary', ''],
  ['may-do', 'May do', '/may-do'],
  ['people', 'People', '/people'],
  ['sub-agents', 'Sub-agents', '/sub-agents'],
  ['activity', 'Activity', '/activity'],
  ['changes', 'Changes', '/changes'],
] as const;
type Side = (typeof SIDES)[number][0];

/** A3: one agent from every side, and the steps of its life. */
export function adminAgentSides(router: Router, console: Console, dependencies: AgentSidesDependencies): void {
  const { store, inventory, accountability, ownership, reach, evidence, catalogue } = dependencies;

  /** One side of an agent that this person may see. */
  const side = (name: Side, below: string, show: (visit: Visit, agent: Seen) => Promise<string>) =>
    console.get(router, `${PATH}/:agent${below}`, SEEN_BY, async (visit) => show(visit, await seenIn(visit, name)));

  side('summary', '', async (visit, { card, facts, head, lacks }) =>
    agentSummaryPage({
      ...head,
      flags: flagsOf(facts, new Date()).map((flag) => FLAGS[flag]),
      lacks,
      facts: [
        ['Owner', named(card.owner, facts.ownerAccepted)],
        ['Deputy', named(card.deputy, facts.deputyAccepted)],
        ['How it runs', MODES[card.mode]],
        ['Registered', visit.at(facts.createdAt)],
        ['Last used', facts.lastUsedAt ? visit.at(facts.lastUsedAt) : 'never'],
        ['Live tasks', String(card.live_tasks)],
        ['Review by', visit.at(facts.reviewAt)],
        ['Ends', facts.expiresAt ? visit.at(facts.expiresAt) : 'at no date'],
        ['Its keys end', facts.keysEndAt ? visit.at(facts.keysEndAt) : 'at no date'],
        ['Id', card.id],
      ],
      clients: card.clients.map(({ client_id, name, auth_method }) => ({
        id: client_id,
        name: name ?? '',
        method: METHODS[auth_method] ?? auth_method,
      })),
    }),
  );

  side('may-do', '/may-do', async (visit, { card, facts, head, mayMove }) => {
    const reachable = await reach.facts(visit.organization, card.id);
    if (!reachable) throw nothingHere();
    const unused = unusedActions(facts, new Date());
    return agentMayDoPage({
      ...head,
      csrf: visit.csrf,
      days: UNUSED_AFTER,
      reached: explainReach(reachable, catalogue().seenBy(visit.organization), new Date()).map((one) => ({
        action: one.action,
        system: catalogue().resources.get(one.resource)?.name ?? one.resource,
        level: one.impact,
        ways: one.ways.map(({ says }) => says),
        because: one.because,
        used: one.lastUsed ? visit.at(new Date(one.lastUsed)) : undefined,
        unused: unused.includes(one.action),
      })),
      unused,
      reviewBy: visit.at(facts.reviewAt),
      review: mayMove && visit.only !== facts.deputy.id ? `${PATH}/${card.id}/review` : undefined,
    });
  });

  side('people', '/people', async (visit, { card, head }) =>
    agentPeoplePage({
      ...head,
      people: (await inventory.people(visit.organization, card.id)).map((person) => ({
        ...person,
        lastAsked: visit.at(person.last_asked),
        stop:
          visit.only === undefined ? `/admin/stop?find=${encodeURIComponent(`${card.id}|${person.id}`)}` : undefined,
      })),
    }),
  );

  side('sub-agents', '/sub-agents', async (visit, { card, head }) =>
    agentEdgesPage({
      ...head,
      links: (await inventory.edges(visit.organization, card.id)).map(
        ({ parent, child, actions, max_depth, distance }) => ({
          from: linkOf(parent),
          to: linkOf(child),
          actions: actions.join(', '),
          depth: max_depth,
          distance,
        }),
      ),
    }),
  );

  side('activity', '/activity', async (visit, { card, head }) => {
    const events = await evidence.list(visit.organization, { agent: card.id, limit: 100 });
    return agentActivityPage({ ...head, events: events.toReversed().map((event) => eventOf(event, visit)) });
  });

  side('changes', '/changes', async (visit, { card, head }) =>
    agentChangesPage({
      ...head,
      changes: card.changes.toReversed().map((change) => ({
        at: visit.at(change.at),
        what: changeWords(change),
        by: change.by,
        reason: change.reason ?? '',
      })),
    }),
  );

  console.post(router, `${PATH}/:agent/pause`, MOVED_BY, async (visit, form) => {
    const { card } = await seenIn(visit, 'summary');
    await move(visit, card, 'suspend', reasonIn(form));
    return `${PATH}?q=${encodeURIComponent(`"${card.name}"`)}&done=paused`;
  });

  for (const name of ['activate', 'resume', 'retire'] as const) {
    const path = `${PATH}/:agent/${name}`;
    console.get(router, path, MOVED_BY, async (visit) => {
      const { card, head } = await seenIn(visit, 'summary');
      return agentMovePage({
        ...head,
        csrf: visit.csrf,
        move: name,
        action: `${PATH}/${card.id}/${name}`,
        problems: [],
      });
    });
    console.post(router, path, MOVED_BY, async (visit, form) => {
      const { card, head } = await seenIn(visit, 'summary');
      // Ending and coming back are slow and typed (D12).
      if (form.get('confirmation')?.trim() !== card.name) {
        const problems = [{ field: 'confirmation', text: `Type its name exactly: ${card.name}.` }];
        const action = `${PATH}/${card.id}/${name}`;
        return { document: agentMovePage({ ...head, csrf: visit.csrf, move: name, action, problems }), status: 422 };
      }
      await move(visit, card, name, reasonIn(form));
      return `${PATH}/${card.id}?done=${name}d`;
    });
  }

  /** A9, of one agent: keep it, narrow it to what it used, or end it. */
  console.post(router, `${PATH}/:agent/review`, MOVED_BY, async (visit, form) => {
    const { card } = await seenIn(visit, 'may-do');
    const verdict = form.get('verdict') as Verdict;
    if (!VERDICTS.includes(verdict)) throw new BadRequest('Choose to keep it, to narrow it, or to end it.');
    const { organization, caller, person } = visit;
    const outcome =
      visit.only === undefined
        ? await accountability.review({ organization, caller }, card.id, verdict, 'reviewed in the console')
        : await ownership.review(organization, person.id, card.id, verdict, 'reviewed in the console');
    if (!outcome) throw nothingHere();
    if ('refused' in outcome) {
      const { refused } = outcome;
      throw new BadRequest(
        refused.reason === 'nothing_used'
          ? `${card.name} used nothing within ${UNUSED_AFTER} days. Keep it as it is, or retire it.`
          : `${describeRefusal(refused, card.name)}.`,
        409,
      );
    }
    return `${PATH}/${card.id}/may-do?done=${verdict}`;
  });

  /** An owner moves what they answer for; whoever administers or secures moves any agent of the organization. */
  async function move({ organization, caller, only, person }: Visit, card: AgentCard, name: MoveName, reason: string) {
    const moved =
      only === undefined
        ? await store.moveAgent({ organization, caller }, card.id, name, reason)
        : await ownership.move(organization, person.id, card.id, name, reason);
    if (!moved) throw nothingHere();
    const refused =
      moved === 'moved' ? undefined : 'refused' in moved ? moved.refused : 'reason' in moved ? moved : undefined;
    if (refused) throw new BadRequest(`${describeRefusal(refused, card.name)}.`, 409);
  }

  interface Seen {
    card: AgentCard;
    facts: AgentFacts;
    head: AgentHead;
    lacks: readonly string[];
    mayMove: boolean;
  }

  /** The agent in the address, if this person may see it; another's looks like one that never was. */
  async function seenIn(visit: Visit, current: Side): Promise<Seen> {
    const { organization, only, ctx } = visit;
    const id = String(ctx.params.agent);
    const [card, [facts], standing] = await Promise.all([
      store.agent(organization, id),
      accountability.facts(organization, { agent: id }),
      accountability.standing(organization, id),
    ]);
    if (!card || !facts || !standing) throw nothingHere();
    if (only !== undefined && card.owner.id !== only && card.deputy.id !== only) throw nothingHere();
    const mayMove = MOVED_BY.some((role) => visit.roles.has(role));
    const role = only === undefined ? 'admin' : card.owner.id === only ? 'owner' : 'deputy';
    const now = new Date();
    const standingNow = { ...facts, lacks: standing.lacks };
    const moves = (Object.keys(MOVES) as MoveName[]).filter(
      (name) => mayMove && moveProblem(name, role, standingNow, now) === undefined,
    );
    return {
      card,
      facts,
      mayMove,
      lacks: card.status === 'pending' ? standing.lacks.map((one) => REQUIREMENTS[one]) : [],
      head: {
        frame: visit.frame(PATH),
        csrf: visit.csrf,
        notice: NOTICES[String(ctx.query.done)],
        name: card.name,
        purpose: card.purpose ?? undefined,
        status: card.status,
        tabs: SIDES.map(([side, label, below]) => ({
          href: `${PATH}/${id}${below}`,
          label,
          current: side === current,
        })),
        pause: moves.includes('suspend') ? `${PATH}/${id}/pause` : undefined,
        actions: [
          ...moves.flatMap((name) =>
            name === 'suspend' || name === 'expire'
              ? []
              : [{ href: `${PATH}/${id}/${name}`, label: MOVE_LABELS[name], danger: name === 'retire' }],
          ),
          ...(mayMove && card.status === 'active'
            ? [{ href: `/admin/stop?find=${encodeURIComponent(id)}`, label: 'Stop…', danger: true }]
            : []),
        ],
      },
    };
  }
}

const MOVE_LABELS = { activate: 'Activate…', resume: 'Resume…', retire: 'Retire…' } as const;

const NOTICES: Readonly<Record<string, string>> = {
  activated: 'Active. It may ask people from now on.',
  resumed: 'Active again. What it held before is over: it asks anew.',
  retired: 'Retired. It never comes back.',
  confirm: 'Kept as it is. The next review is in 90 days.',
  narrow: 'Narrowed to what it used. The next review is in 90 days.',
  retire: 'Retired. It never comes back.',
};

function reasonIn(form: Map<string, string>): string {
  const reason = form.get('reason')?.trim() ?? '';
  if (reason === '' || reason.length > 200) throw new BadRequest('Say why, in at most 200 characters.');
  return reason;
}

const named = ({ name, email, id }: Named, accepted: boolean): string =>
  `${name ?? id}${email ? ` <${email}>` : ''}${accepted ? '' : ' (has not accepted)'}`;

const linkOf = ({ id, name }: Named) => ({ href: `${PATH}/${id}`, name: name ?? id });

const changeWords = ({ from, to }: { from: string | null; to: string | null }): string =>
  from === null ? (to === null ? 'changed' : `registered as ${to}`) : to === null ? 'changed' : `${from} → ${to}`;

const MODES = {
  attended: 'with a person at its screen',
  unattended: 'by itself; it asks people who are elsewhere',
  sub_agent: 'as a sub-agent, with what other agents hand to it',
} as const;

const METHODS: Readonly<Record<string, string>> = {
  private_key_jwt: 'a key (private_key_jwt)',
  tls_client_auth: 'a certificate of an authority (mTLS)',
  self_signed_tls_client_auth: 'its own certificate (mTLS)',
  none: 'nothing (public client)',
};

const EVENT_WORDS: Readonly<Record<string, string>> = {
  'request.received': 'asked',
  'request.refused': 'asked, and was refused',
  'task.approved': 'was allowed',
  'task.denied': 'was denied',
  'task.covered': 'used what was allowed before',
  'token.issued': 'got a token',
  'token.refused': 'was refused a token',
  'redemption.reserved': 'used it',
  'redemption.refused': 'tried what was not allowed',
  'redemption.closed': 'finished',
  'outcome.reported': 'was seen by the system',
  'authority.stopped': 'was stopped',
  'authority.resumed': 'was resumed',
  'agent.registered': 'was registered',
  'agent.changed': 'was changed',
};

const eventOf = (event: ReadableEvent, visit: Visit) => ({
  id: event.id,
  at: visit.at(event.at),
  what: EVENT_WORDS[event.type] ?? event.type,
  person: event.person?.name ?? '',
  system: event.resource?.name ?? '',
  outcome: event.outcome ?? (event.decision === 'refused' ? `refused${event.reason ? `: ${event.reason}` : ''}` : ''),
});
