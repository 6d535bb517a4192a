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
import { agentRemovePage } from '../../views/admin/agent-changes.tsx';
import { AGENT, AGENT_EVENTS, AGENT_NOTICES, METHODS, MODES, MOVE } from '../../views/words/console-agent.ts';
import { REMOVAL } from '../../views/words/console-agent-changes.ts';
import { FORM } from '../../views/words/console-form.ts';
import { REQUIRED } from '../../views/words/console-lifecycle.ts';
import { STATUS } from '../../views/words/console-shell.ts';
import { AGENT_FLAGS } from '../../views/words/owned.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import { saying } from '../../views/words/saying.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import { flagsOf, UNUSED_AFTER, unusedActions } from '../agents/flags.ts';
import { describeRefusal, MOVES, type MoveName, moveProblem } from '../agents/lifecycle.ts';
import { type AgentFacts, type OwnershipStore, VERDICTS, type Verdict } from '../agents/ownership.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { BadRequest } from '../http/form.ts';
import type { Accountability } from './accountability.ts';
import { describeVerdict } from './accountability.ts';
import type { AdminStore, AgentCard, Named } from './admin.ts';
import { type AdminRole, type Console, KEEPERS, nothingHere, VIEWERS, type Visit } from './console.ts';
import type { EvidenceReader, ReadableEvent } from './evidence.ts';
import { explainReach, type ReachReader } from './explain.ts';
import type { Inventory } from './inventory.ts';
import type { LimitAdministration } from './limits.ts';

export interface AgentSidesDependencies {
  store: AdminStore;
  inventory: Inventory;
  accountability: Accountability;
  ownership: OwnershipStore;
  reach: ReachReader;
  evidence: EvidenceReader;
  limits: LimitAdministration;
  catalogue: () => Catalogue;
}

const PATH = '/admin/agents';
const SEEN_BY: readonly AdminRole[] = [...VIEWERS, 'owner'];
const MOVED_BY: readonly AdminRole[] = [...KEEPERS, 'owner'];

const SIDES = [
  ['summary', AGENT.summary, ''],
  ['may-do', AGENT.mayDo, '/may-do'],
  ['people', AGENT.people, '/people'],
  ['sub-agents', AGENT.subAgents, '/sub-agents'],
  ['activity', AGENT.activity, '/activity'],
  ['changes', AGENT.changes, '/changes'],
] as const;
type Side = (typeof SIDES)[number][0];

/** A3: one agent from every side, and the steps of its life. */
export function adminAgentSides(router: Router, console: Console, dependencies: AgentSidesDependencies): void {
  const { store, inventory, accountability, ownership, reach, evidence, limits, catalogue } = dependencies;

  /** One side of an agent that this person may see. */
  const side = (name: Side, below: string, show: (visit: Visit, agent: Seen) => Promise<string>) =>
    console.get(router, `${PATH}/:agent${below}`, SEEN_BY, async (visit) => show(visit, await seenIn(visit, name)));

  side('summary', '', async (visit, { card, facts, head, lacks }) => {
    const { say, number } = visit.speaker;
    return agentSummaryPage({
      ...head,
      flags: flagsOf(facts, new Date()).map((flag) => say(AGENT_FLAGS[flag])),
      lacks,
      facts: [
        [say(AGENT.owner), named(visit, card.owner, facts.ownerAccepted)],
        [say(AGENT.deputy), named(visit, card.deputy, facts.deputyAccepted)],
        [say(AGENT.howItRuns), say(MODES[card.mode])],
        [say(AGENT.registered), visit.at(facts.createdAt)],
        [say(AGENT.lastUsed), facts.lastUsedAt ? visit.at(facts.lastUsedAt) : say(AGENT.never)],
        [say(AGENT.liveTasks), number(card.live_tasks)],
        [say(AGENT.reviewBy), visit.at(facts.reviewAt)],
        [say(AGENT.ends), facts.expiresAt ? visit.at(facts.expiresAt) : say(AGENT.noDate)],
        [say(AGENT.keysEnd), facts.keysEndAt ? visit.at(facts.keysEndAt) : say(AGENT.noDate)],
        [say(AGENT.id), card.id],
      ],
      clients: card.clients.map(({ client_id, name, auth_method }) => ({
        id: client_id,
        name: name ?? '',
        method: auth_method in METHODS ? say(METHODS[auth_method as keyof typeof METHODS]) : asItIs(auth_method),
      })),
    });
  });

  side('may-do', '/may-do', async (visit, { card, facts, head, mayMove }) => {
    const reachable = await reach.facts(visit.organization, card.id);
    if (!reachable) throw nothingHere();
    const unused = unusedActions(facts, new Date());
    const mayRemove = narrows(visit, card, facts);
    return agentMayDoPage({
      ...head,
      csrf: visit.csrf,
      days: UNUSED_AFTER,
      reached: explainReach(reachable, catalogue().seenBy(visit.organization), new Date()).map((one) => ({
        action: one.action,
        system: catalogue().resources.get(one.resource)?.name ?? one.resource,
        level: one.impact,
        ways: one.ways.map(({ says }) => says(visit.speaker)),
        because: one.because?.(visit.speaker),
        used: one.lastUsed ? visit.at(new Date(one.lastUsed)) : undefined,
        unused: unused.includes(one.action),
        remove:
          mayRemove && (facts.allowed === null || facts.allowed.includes(one.action))
            ? removalOf(card.id, [one.action])
            : undefined,
      })),
      unused,
      removeUnused: mayRemove && unused.length > 0 ? removalOf(card.id, unused) : undefined,
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
        what: changeWords(visit, change),
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
        const problems = [{ field: 'confirmation', text: visit.speaker.say(AGENT.typeExactly, { agent: card.name }) }];
        const action = `${PATH}/${card.id}/${name}`;
        return { document: agentMovePage({ ...head, csrf: visit.csrf, move: name, action, problems }), status: 422 };
      }
      await move(visit, card, name, reasonIn(form));
      return `${PATH}/${card.id}?done=${name}d`;
    });
  }

  /** A3-3: what it would end is shown first, and then exactly that ends. */
  console.get(router, `${PATH}/:agent/remove`, MOVED_BY, async (visit) => {
    const asked = await removal(visit, String(visit.ctx.query.actions ?? ''), undefined, '');
    return asked.document;
  });
  console.post(router, `${PATH}/:agent/remove`, MOVED_BY, async (visit, form) => {
    const shown = (form.get('shown') ?? '').split(' ').filter((task) => task !== '');
    const reason = form.get('reason')?.trim() || 'removed in the console';
    const asked = await removal(visit, form.get('actions') ?? '', shown, reason.slice(0, 200));
    return asked.done ? `${PATH}/${asked.agent}/may-do?done=removed` : { document: asked.document, status: 409 };
  });

  async function removal(visit: Visit, asked: string, shown: readonly string[] | undefined, reason: string) {
    const { card, facts, head } = await seenIn(visit, 'may-do');
    if (!narrows(visit, card, facts)) throw nothingHere();
    const actions = asked.split(',').filter((action) => action !== '');
    const { organization, caller, only } = visit;
    const outcome = await limits.withoutActions({ organization, caller }, card.id, {
      actions,
      anything: [...catalogue().seenBy(organization).actions.keys()],
      shown,
      role: only === undefined ? 'admin' : 'owner',
      reason,
    });
    if (!outcome) throw nothingHere();
    if ('refused' in outcome) throw new BadRequest(saying(REMOVAL[outcome.refused], { agent: card.name }), 409);
    const { ends, done } = outcome;
    const document = agentRemovePage({
      ...head,
      action: `${PATH}/${card.id}/remove`,
      cancel: `${PATH}/${card.id}/may-do`,
      removed: actions,
      people: new Set(ends.map(({ person }) => person)).size,
      ends: ends.map(({ expiresAt, ...task }) => ({ ...task, until: visit.at(expiresAt) })),
      // Somebody approved, or something ended, between the look and the word.
      changed: shown !== undefined,
    });
    return { agent: card.id, done, document };
  }

  /** A9, of one agent: keep it, narrow it to what it used, or end it. */
  console.post(router, `${PATH}/:agent/review`, MOVED_BY, async (visit, form) => {
    const { card } = await seenIn(visit, 'may-do');
    const verdict = form.get('verdict') as Verdict;
    if (!VERDICTS.includes(verdict)) throw new BadRequest(saying(AGENT.chooseVerdict));
    const { organization, caller, person } = visit;
    const outcome =
      visit.only === undefined
        ? await accountability.review({ organization, caller }, card.id, verdict, 'reviewed in the console')
        : await ownership.review(organization, person.id, card.id, verdict, 'reviewed in the console');
    if (!outcome) throw nothingHere();
    if ('refused' in outcome) {
      const { refused } = outcome;
      throw new BadRequest(saying(FORM.sentence, { text: describeVerdict(refused, card.name) }), 409);
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
    if (refused) throw new BadRequest(saying(FORM.sentence, { text: describeRefusal(refused, card.name) }), 409);
  }

  interface Seen {
    card: AgentCard;
    facts: AgentFacts;
    head: AgentHead;
    lacks: readonly Said[];
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
      lacks: card.status === 'pending' ? standing.lacks.map((one) => visit.speaker.say(REQUIRED[one])) : [],
      head: {
        frame: visit.frame(PATH),
        csrf: visit.csrf,
        notice: noticeOf(visit),
        name: card.name,
        purpose: card.purpose ?? undefined,
        status: card.status,
        tabs: SIDES.map(([side, label, below]) => ({
          href: `${PATH}/${id}${below}`,
          label: visit.speaker.say(label),
          current: side === current,
        })),
        pause: moves.includes('suspend') ? `${PATH}/${id}/pause` : undefined,
        actions: [
          ...moves.flatMap((name) =>
            name === 'suspend' || name === 'expire'
              ? []
              : [
                  {
                    href: `${PATH}/${id}/${name}`,
                    label: visit.speaker.say(MOVE_LABELS[name]),
                    danger: name === 'retire',
                  },
                ],
          ),
          ...(mayMove && card.status === 'active'
            ? [
                {
                  href: `/admin/stop?find=${encodeURIComponent(id)}`,
                  label: visit.speaker.say(AGENT.stop),
                  danger: true,
                },
              ]
            : []),
        ],
      },
    };
  }
}

/** Whoever reviews an agent takes actions from it: its owner, or somebody in their place. */
const narrows = ({ only, roles }: Visit, card: AgentCard, facts: AgentFacts): boolean =>
  only === undefined
    ? KEEPERS.some((role) => roles.has(role))
    : card.owner.id === only && facts.ownerAccepted && facts.status !== 'retired' && facts.status !== 'expired';

const removalOf = (agent: string, actions: readonly string[]): string =>
  `${PATH}/${agent}/remove?actions=${encodeURIComponent(actions.join(','))}`;

const MOVE_LABELS = { activate: MOVE.activateLink, resume: MOVE.resumeLink, retire: MOVE.retireLink } as const;

const noticeOf = ({ ctx, speaker }: Visit): Said | undefined => {
  const done = String(ctx.query.done);
  return Object.hasOwn(AGENT_NOTICES, done)
    ? speaker.say(AGENT_NOTICES[done as keyof typeof AGENT_NOTICES])
    : undefined;
};

function reasonIn(form: Map<string, string>): string {
  const reason = form.get('reason')?.trim() ?? '';
  if (reason === '' || reason.length > 200) throw new BadRequest(saying(AGENT.sayWhy, { limit: 200 }));
  return reason;
}

function named({ speaker }: Visit, { name, email, id }: Named, accepted: boolean): string {
  const person = `${name ?? id}${email ? ` <${email}>` : ''}`;
  return accepted ? person : speaker.say(AGENT.notAccepted, { person });
}

const linkOf = ({ id, name }: Named) => ({ href: `${PATH}/${id}`, name: name ?? id });

function changeWords({ speaker: { say } }: Visit, { from, to }: { from: string | null; to: string | null }): Said {
  if (to === null) return say(AGENT.changed);
  const status = (name: string) => (Object.hasOwn(STATUS, name) ? say(STATUS[name as keyof typeof STATUS]) : name);
  return from === null ? say(AGENT.registeredAs, { status: status(to) }) : asItIs(`${status(from)} → ${status(to)}`);
}

const eventOf = (event: ReadableEvent, visit: Visit) => ({
  id: event.id,
  at: visit.at(event.at),
  what: Object.hasOwn(AGENT_EVENTS, event.type)
    ? visit.speaker.say(AGENT_EVENTS[event.type as keyof typeof AGENT_EVENTS])
    : asItIs(event.type),
  person: event.person?.name ?? '',
  system: event.resource?.name ?? '',
  outcome: outcomeOf(event, visit),
});

function outcomeOf({ outcome, decision, reason }: ReadableEvent, { speaker: { say } }: Visit): string {
  if (outcome) return Object.hasOwn(OUTCOMES, outcome) ? say(OUTCOMES[outcome as keyof typeof OUTCOMES]) : outcome;
  if (decision !== 'refused') return '';
  return reason ? say(AGENT.refusedBecause, { reason }) : say(AGENT.refused);
}
