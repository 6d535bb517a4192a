import { isDeepStrictEqual } from 'node:util';
import type Router from '@koa/router';
import { errors } from 'oidc-provider';

import {
  type AgentHead,
  type AgentMove,
  agentActivityPage,
  agentChangesPage,
  agentEdgesPage,
  agentMayDoPage,
  agentMovePage,
  agentPeoplePage,
  agentSummaryPage,
} from '../../views/admin/agent.tsx';
import { agentKeyPage, agentRemovePage } from '../../views/admin/agent-changes.tsx';
import { AGENT, AGENT_NOTICES, METHODS, MODES, MOVE } from '../../views/words/console-agent.ts';
import { KEY_OVERLAP, REMOVAL, ROTATION } from '../../views/words/console-agent-changes.ts';
import { FORM } from '../../views/words/console-form.ts';
import { OWN_REASONS, REQUIRED } from '../../views/words/console-lifecycle.ts';
import { STATUS } from '../../views/words/console-shell.ts';
import { ENVIRONMENT } from '../../views/words/environment.ts';
import { AGENT_FLAGS } from '../../views/words/owned.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import { ENVIRONMENTS } from '../agents/agent.ts';
import type { ClientRecord, ClientStore } from '../agents/clients.ts';
import { flagsOf, UNUSED_AFTER, unusedActions } from '../agents/flags.ts';
import { endOf, hasOwnKeys, type Jwk, keysIn, rotatedKeys } from '../agents/keys.ts';
import { describeRefusal, MOVES, type MoveName, moveProblem } from '../agents/lifecycle.ts';
import { type Accountable, type AgentFacts, type OwnershipStore, VERDICTS, type Verdict } from '../agents/ownership.ts';
import { purposeIn } from '../agents/presets.ts';
import { saidOf } from '../agents/refused.ts';
import { checkKeys } from '../agents/registration.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { BadRequest } from '../http/form.ts';
import type { Accountability } from './accountability.ts';
import { describeVerdict } from './accountability.ts';
import type { AdminStore, AgentCard, Named } from './admin.ts';
import { type AdminRole, type Console, KEEPERS, nothingHere, VIEWERS, type Visit } from './console.ts';
import { jwksIn, pastedProblem } from './draft.ts';
import { outcomeOf, whatHappened } from './event-words.ts';
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
  clients: ClientStore;
  /** The engine's own validation (RFC 7591 §2). */
  checkClient(metadata: Record<string, unknown>): void;
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
  const { store, inventory, accountability, ownership, reach, evidence, limits, clients, checkClient, catalogue } =
    dependencies;

  /** One side of an agent that this person may see. */
  const side = (name: Side, below: string, show: (visit: Visit, agent: Seen) => Promise<string>) =>
    console.get(router, `${PATH}/:agent${below}`, SEEN_BY, async (visit) => show(visit, await seenIn(visit, name)));

  side('summary', '', async (visit, { card, facts, head, lacks, asked }) => {
    const { say, number } = visit.speaker;
    return agentSummaryPage({
      ...head,
      flags: flagsOf(facts, new Date()).map((flag) => say(AGENT_FLAGS[flag])),
      lacks,
      offer: visit.roles.has('admin') && !isOver(card) ? `${PATH}/${card.id}/offer` : undefined,
      facts: [
        [say(AGENT.owner), named(visit, card.owner, facts.ownerAccepted)],
        [say(AGENT.deputy), named(visit, card.deputy, facts.deputyAccepted)],
        ...asked.map(
          ({ role, person }) => [say(role === 'owner' ? AGENT.askedOwner : AGENT.askedDeputy), person] as const,
        ),
        [say(AGENT.howItRuns), say(MODES[card.mode])],
        [say(ENVIRONMENT.called), say(ENVIRONMENT[card.environment ?? 'notSaid'])],
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
        rotate: rotates(visit, facts) && auth_method === 'private_key_jwt' ? keyOf(card.id, client_id) : undefined,
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
      reached: explainReach(reachable, catalogue().seenBy(visit.organization), new Date(), visit.person.timeZone).map(
        (one) => ({
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
        }),
      ),
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
    return agentActivityPage({
      ...head,
      evidence: visit.only === undefined ? `/admin/audit?q=agent%3A${card.id}` : undefined,
      events: events.toReversed().map((event) => eventOf(event, visit)),
    });
  });

  side('changes', '/changes', async (visit, { card, head }) =>
    agentChangesPage({
      ...head,
      changes: card.changes.toReversed().map((change) => ({
        at: visit.at(change.at),
        what: changeWords(visit, change),
        by: whoChanged(visit, change.by),
        reason: whyChanged(visit, change.reason ?? ''),
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
    const pageOf = (visit: Visit, { card, head, lacks }: Seen, more: Pick<AgentMove, 'problems' | 'typed'>) =>
      agentMovePage({
        ...head,
        csrf: visit.csrf,
        move: name,
        action: `${PATH}/${card.id}/${name}`,
        lacks: name === 'activate' ? lacks : [],
        ...more,
      });
    console.get(router, path, MOVED_BY, async (visit) =>
      pageOf(visit, await seenIn(visit, 'summary'), { problems: [] }),
    );
    console.post(router, path, MOVED_BY, async (visit, form) => {
      const seen = await seenIn(visit, 'summary');
      const { card } = seen;
      // Ending and coming back are slow and typed (D12).
      if (form.get('confirmation')?.trim() !== card.name) {
        const problems = [{ field: 'confirmation', text: visit.speaker.say(AGENT.typeExactly, { agent: card.name }) }];
        return { document: pageOf(visit, seen, { problems, typed: form }), status: 422 };
      }
      await move(visit, card, name, reasonIn(form));
      return `${PATH}/${card.id}?done=${name}d`;
    });
  }

  /** A3-2: a new key beside the old one, by the path of RFC 7592: what a builder asks waits for the owner, and so does this. */
  console.get(router, `${PATH}/:agent/clients/:client/key`, KEYS_BY, async (visit) => {
    if (await console.askedToSignIn(visit)) return undefined;
    return keyPage(visit, await keysOf(visit), {}, []);
  });
  console.post(
    router,
    `${PATH}/:agent/clients/:client/key`,
    KEYS_BY,
    async (visit, form) => {
      const seen = await keysOf(visit);
      const { card, facts, client } = seen;
      const { person } = visit;
      const typed = { keys: form.get('keys')?.trim() ?? '', overlap: form.get('overlap') ?? '' };
      const overlap = Object.hasOwn(KEY_OVERLAP, typed.overlap) ? Number(typed.overlap.slice(1)) : 0;
      const next = nextKeys(typed.keys);
      const now = new Date();
      const until = new Date(now.getTime() + overlap * 1000);
      const metadata = 'problem' in next ? client.metadata : rotatedKeys(client.metadata, next, until, now);
      // Each by itself: a new key that cannot sign is not made good by the old one beside it.
      const problem =
        'problem' in next
          ? next.problem
          : (keyProblem(client, rotatedKeys(client.metadata, next, now, now)) ?? keyProblem(client, metadata));
      const late = 'jwksUri' in next && overlap > 0 ? saying(ROTATION.addressKeepsNothing) : problem;
      if (late) return { document: keyPage(visit, seen, typed, [late(visit.speaker)]), status: 422 };
      await clients.update(client.clientId, metadata, undefined, person.id);
      const asked = await clients.waitingChange(client.clientId);
      if (!asked) return `${PATH}/${card.id}?done=rotated`; // nobody answers for it yet
      // Asked by the owner, it has their word: to exactly this, and to nothing that its builder asks at the same time.
      const ours =
        isDeepStrictEqual(asked.proposed.jwks ?? undefined, metadata.jwks) &&
        isDeepStrictEqual(asked.proposed.jwks_uri ?? undefined, metadata.jwks_uri) &&
        Object.keys(asked.proposed).every((member) => member === 'jwks' || member === 'jwks_uri');
      const isOwner = card.owner.id === person.id && facts.ownerAccepted;
      const approved = isOwner && ours && (await ownership.answerChange(visit.organization, person.id, asked.id, true));
      return `${PATH}/${card.id}?done=${approved ? 'rotated' : 'waits'}`;
    },
    { fresh: true },
  );

  async function keysOf(visit: Visit): Promise<Seen & { client: ClientRecord }> {
    const seen = await seenIn(visit, 'summary');
    const client = await clients.find(String(visit.ctx.params.client), visit.organization);
    const theirs = client?.organization === visit.organization && client.agent?.id === seen.card.id;
    if (!client || !theirs || !hasOwnKeys(client) || !rotates(visit, seen.facts)) throw nothingHere();
    return { ...seen, client };
  }

  function keyProblem({ clientId }: ClientRecord, metadata: ClientRecord['metadata']): Saying | undefined {
    const kids = keysIn(metadata).flatMap(({ kid }) => (kid === undefined ? [] : [kid]));
    if (new Set(kids).size < kids.length) return saying(ROTATION.registeredAlready);
    // Of the types of its actions nothing changes here, and the engine knows only those of now.
    const { authorization_details_types: _, ...rest } = metadata;
    try {
      checkKeys({ ...rest });
      checkClient({ ...rest, client_id: clientId });
      return undefined;
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      return saying(ROTATION.refused, { detail: saidOf(error) });
    }
  }

  const keyPage = (
    visit: Visit,
    { head, card, client, facts }: Seen & { client: ClientRecord },
    typed: { keys?: string; overlap?: string },
    problems: readonly Said[],
  ) =>
    agentKeyPage({
      ...head,
      action: keyOf(card.id, client.clientId),
      cancel: `${PATH}/${card.id}`,
      waits: !(card.owner.id === visit.person.id && facts.ownerAccepted),
      pending: facts.waitingChanges > 0,
      address: typeof client.metadata.jwks_uri === 'string' ? client.metadata.jwks_uri : undefined,
      keys: keysIn(client.metadata).map((jwk) => {
        const end = endOf(jwk);
        return { kid: String(jwk.kid ?? '–'), until: end && visit.at(end) };
      }),
      typed,
      problems: problems.map((text) => ({ field: 'keys', text })),
    });

  /** A3-3: what it would end is shown first, and then exactly that ends. */
  console.get(router, `${PATH}/:agent/remove`, MOVED_BY, async (visit) => {
    const asked = await removal(visit, String(visit.ctx.query.actions ?? ''), undefined, '');
    return asked.document;
  });
  console.post(router, `${PATH}/:agent/remove`, MOVED_BY, async (visit, form) => {
    const shown = (form.get('shown') ?? '').split(' ').filter((task) => task !== '');
    const reason = form.get('reason')?.trim() || OWN_REASONS.inConsole.en;
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
    /** Who was asked to answer for it, and has not answered. */
    asked: readonly { role: Accountable; person: string }[];
    mayMove: boolean;
  }

  /** The agent in the address, if this person may see it; another's looks like one that never was. */
  async function seenIn(visit: Visit, current: Side): Promise<Seen> {
    const { organization, only, ctx } = visit;
    const id = String(ctx.params.agent);
    const [card, [facts], standing, stopped] = await Promise.all([
      store.agent(organization, id),
      accountability.facts(organization, { agent: id }),
      accountability.standing(organization, id),
      inventory.isStopped(organization, id),
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
      asked: standing.asked,
      lacks: card.status === 'pending' ? standing.lacks.map((one) => visit.speaker.say(REQUIRED[one])) : [],
      head: {
        frame: visit.frame(PATH),
        csrf: visit.csrf,
        notice: noticeOf(visit),
        name: card.name,
        purpose: card.purpose === null ? undefined : purposeIn(card.purpose, visit.speaker),
        status: stopped && !isOver(card) ? 'stopped' : card.status,
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

/** Not whoever only secures: a new key is a way to act as the agent. */
const KEYS_BY: readonly AdminRole[] = ['admin', 'owner'];

const rotates = ({ roles }: Visit, { status }: AgentFacts): boolean =>
  KEYS_BY.some((role) => roles.has(role)) && status !== 'retired' && status !== 'expired';

const isOver = ({ status }: AgentCard): boolean => status === 'retired' || status === 'expired';

const keyOf = (agent: string, client: string): string => `${PATH}/${agent}/clients/${encodeURIComponent(client)}/key`;

/** What was pasted: an address, a public key, or a set of them. */
function nextKeys(text: string) {
  if (URL.canParse(text)) return { jwksUri: text };
  const keys = jwksIn(text);
  const problem = pastedProblem(keys);
  return problem ? { problem } : { keys: keys as readonly Jwk[] };
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

function changeWords(
  { speaker: { say } }: Visit,
  {
    from,
    to,
    change,
    detail,
  }: Pick<AgentCard['changes'][number], 'change' | 'detail'> & Record<'from' | 'to', string | null>,
): Said {
  if (change === 'environment') {
    const named = (value: unknown) => {
      const known = ENVIRONMENTS.find((one) => one === value);
      return say(ENVIRONMENT[known ?? 'notSaid']);
    };
    return say(AGENT.environmentChanged, { before: named(detail.from), after: named(detail.to) });
  }
  if (to === null) return say(AGENT.changed);
  const status = (name: string) => (Object.hasOwn(STATUS, name) ? say(STATUS[name as keyof typeof STATUS]) : name);
  return from === null ? say(AGENT.registeredAs, { status: status(to) }) : asItIs(`${status(from)} → ${status(to)}`);
}

const eventOf = (event: ReadableEvent, visit: Visit) => ({
  id: event.id,
  at: visit.at(event.at),
  what: whatHappened(event, visit.speaker),
  person: event.person?.name ?? '',
  system: event.resource?.name ?? '',
  outcome: outcomeOf(event, visit.speaker),
});

/** A person by name; an agent that registered itself did so with a token, by its id. */
function whoChanged({ speaker }: Visit, by: string): string {
  const [, token] = /^initial access token (\S+)$/.exec(by) ?? [];
  return token === undefined ? by : speaker.say(AGENT.byToken, { token });
}

/** In the reader's language where nobody typed it. */
function whyChanged({ speaker }: Visit, reason: string): string {
  const own = Object.values(OWN_REASONS).find(({ en }) => en === reason);
  return own ? speaker.say(own) : reason;
}
