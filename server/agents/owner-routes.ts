import type Router from '@koa/router';
import type { Context } from 'koa';

import { changePage, type OwnedAgentCard, offerPage, ownedPage, reviewPage } from '../../views/owner.tsx';
import { ERRORS } from '../../views/words/errors.ts';
import { OWNING } from '../../views/words/owner.ts';
import { inEnglish } from '../../views/words/saying.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { speakerFor } from '../people/language.ts';
import { checkedForm, frameOf, signedIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { flagsOf, unusedActions } from './flags.ts';
import { describeRefusal, MOVES, type MoveName, type MoveRefusal, moveProblem, OWN_REASONS } from './lifecycle.ts';
import { type AgentFacts, type OwnershipStore, VERDICTS, type Verdict } from './ownership.ts';
import { purposeIn } from './presets.ts';

export interface OwnerPages {
  ownership: OwnershipStore;
  cookies: Cookies;
}

/** The agents that a person answers for: what they are asked to answer for, what is odd, its review and its moves. */
export function ownerRoutes(router: Router, { ownership, cookies }: OwnerPages): void {
  const shell = (ctx: Context) => ({ frame: frameOf(ctx, cookies), csrf: cookies.csrf(ctx) });

  router.get('/owned', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { organization, id } = session.person;
    const { after } = ctx.query;
    const asked = { after: typeof after === 'string' && /^\w{1,64}$/.test(after) ? after : undefined, limit: ROWS };
    const [offers, changes, { agents, next }] = await Promise.all([
      ownership.offers(organization, id),
      ownership.changes(organization, id),
      ownership.owned(organization, id, asked),
    ]);
    page(
      ctx,
      ownedPage({
        ...shell(ctx),
        offers: offers.map((offer) => ({ ...offer, href: `/offers/${offer.id}` })),
        changes: changes.map((change) => ({ ...change, href: `/owned/changes/${change.id}` })),
        agents: agents.map((agent) => cardOf(agent, session, speakerFor(ctx), clockOf(ctx, session))),
        first: asked.after && '/owned',
        next: next && `/owned?after=${encodeURIComponent(next)}`,
      }),
    );
  });

  router.get('/offers/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { organization, id } = session.person;
    const offer = (await ownership.offers(organization, id)).find((one) => one.id === ctx.params.id);
    if (!offer) throw nothingWaits();
    const purpose = offer.purpose === null ? null : purposeIn(offer.purpose, speakerFor(ctx));
    const madeAt = clockOf(ctx, session)(offer.madeAt);
    page(ctx, offerPage({ ...shell(ctx), offer: { ...offer, purpose, madeAt } }));
  });

  router.post('/offers/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, cookies);
    const { organization, id } = session.person;
    const answer = form.get('answer');
    if (answer !== 'accept' && answer !== 'decline')
      throw new BadRequest('Choose to accept or to decline.', 400, OWNING.choose);
    const { answered } = await ownership.answer(organization, id, String(ctx.params.id), answer === 'accept');
    if (answered === undefined) throw nothingWaits();
    if (answered === 'same_person') throw new BadRequest('Owner and deputy are two people.', 409, OWNING.samePerson);
    seeOther(ctx, '/owned');
  });

  router.get('/owned/changes/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { organization, id } = session.person;
    const change = (await ownership.changes(organization, id)).find((one) => one.id === ctx.params.id);
    if (!change) throw nothingWaits();
    page(ctx, changePage({ ...shell(ctx), change: { ...change, askedAt: clockOf(ctx, session)(change.askedAt) } }));
  });

  router.post('/owned/changes/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, cookies);
    const { organization, id } = session.person;
    const answer = form.get('answer');
    if (answer !== 'approve' && answer !== 'decline')
      throw new BadRequest('Choose to approve or to decline.', 400, OWNING.choose);
    if (!(await ownership.answerChange(organization, id, String(ctx.params.id), answer === 'approve')))
      throw nothingWaits();
    seeOther(ctx, '/owned');
  });

  router.get('/owned/:agent/review', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const agent = await mine(ctx, session);
    page(
      ctx,
      reviewPage({
        ...shell(ctx),
        agent: cardOf(agent, session, speakerFor(ctx), clockOf(ctx, session)),
        allowed: (agent.allowed ?? []).map((action) => {
          const at = agent.usedAt[action];
          return { action, used: at && clockOf(ctx, session)(new Date(at)) };
        }),
        anything: agent.allowed === null,
        unused: unusedActions(agent, new Date()),
      }),
    );
  });

  router.post('/owned/:agent/review', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, cookies);
    const { organization, id } = session.person;
    const verdict = form.get('verdict') as Verdict;
    if (!VERDICTS.includes(verdict)) throw new BadRequest(`Choose ${VERDICTS.join(', ')}.`, 400, OWNING.choose);
    const agent = await mine(ctx, session);
    const outcome = await ownership.review(organization, id, agent.id, verdict, reasonIn(form));
    if (!outcome) throw new BadRequest('A review is for the owner of the agent.', 403, OWNING.forOwner);
    if ('refused' in outcome) {
      const { refused } = outcome;
      throw refused.reason === 'nothing_used'
        ? new BadRequest('it used nothing within 90 days', 409, OWNING.nothingUsed)
        : refusedMove(refused, agent.name);
    }
    seeOther(ctx, '/owned');
  });

  router.post('/owned/:agent/:move', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, cookies);
    const { organization, id } = session.person;
    const move = String(ctx.params.move) as MoveName;
    if (!Object.hasOwn(MOVES, move) || move === 'expire') throw new BadRequest('There is no such step.', 404);
    const agent = await mine(ctx, session);
    // Ending is slow and typed, and so is coming back: no stray click does either (D12).
    if (move !== 'suspend' && form.get('confirmation')?.trim() !== agent.name)
      throw new BadRequest('confirmation is not the name of the agent', 400, OWNING.typeName);
    const moved = await ownership.move(organization, id, agent.id, move, reasonIn(form));
    if (moved === undefined) throw new BadRequest('Nothing of yours has this id.', 404, ERRORS.noneOfYours);
    if (moved !== 'moved') throw refusedMove(moved, agent.name);
    seeOther(ctx, '/owned');
  });

  /** @throws BadRequest for an agent of others, which looks like one that never was */
  async function mine(ctx: Context, { person }: Session): Promise<AgentFacts> {
    const agent = await ownership.ownedAgent(person.organization, person.id, String(ctx.params.agent));
    if (!agent) throw new BadRequest('Nothing of yours has this id.', 404, ERRORS.noneOfYours);
    return agent;
  }
}

/** Of the agents that somebody answers for, on one page. */
const ROWS = 50;

const nothingWaits = () => new BadRequest('Nothing waits for you at this address.', 404, OWNING.nothingWaits);

const WORDS: Readonly<Record<MoveRefusal['reason'], PlainMessage>> = {
  wrong_status: OWNING.wrongStatus,
  not_yours: OWNING.notYours,
  not_ready: OWNING.notReady,
  not_expired: OWNING.wrongStatus,
};

const refusedMove = (refusal: MoveRefusal, name: string) =>
  new BadRequest(inEnglish(describeRefusal(refusal, name)), 409, WORDS[refusal.reason]);

const REASON_CHARACTERS = 200;

const reasonIn = (form: Map<string, string>): string =>
  (form.get('reason')?.trim() || OWN_REASONS.byOwner.en).slice(0, REASON_CHARACTERS);

function seeOther(ctx: Context, to: string): void {
  ctx.redirect(to);
  ctx.status = 303;
}

const clockOf =
  (ctx: Context, { person }: Session) =>
  (at: Date): string =>
    speakerFor(ctx).clock(at, person.timeZone);

function cardOf(agent: AgentFacts, { person }: Session, speaker: Speaker, clock: (at: Date) => string): OwnedAgentCard {
  const role = agent.owner.id === person.id ? 'owner' : 'deputy';
  const standing = { status: agent.status, suspendedBy: agent.suspendedBy, lacks: [], expiresAt: agent.expiresAt };
  const now = new Date();
  return {
    id: agent.id,
    name: agent.name,
    purpose: purposeIn(agent.purpose ?? '', speaker),
    role,
    status: agent.status,
    owner: agent.owner.name,
    deputy: agent.deputy.name,
    lastUsed: agent.lastUsedAt ? clock(agent.lastUsedAt) : undefined,
    reviewAt: clock(agent.reviewAt),
    flags: flagsOf(agent, now),
    moves: (Object.keys(MOVES) as MoveName[]).filter((move) => moveProblem(move, role, standing, now) === undefined),
  };
}
