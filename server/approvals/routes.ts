import type Router from '@koa/router';
import type { Context } from 'koa';

import { type DecisionPage, decisionPage } from '../../views/decision.tsx';
import { inboxPage } from '../../views/inbox.tsx';
import {
  allowedWords,
  alreadyDecidedWords,
  changedWords,
  deniedWords,
  expiredWords,
  nothingHereWords,
  resultPage,
  stoppedWords,
} from '../../views/result.tsx';
import type { ClientRecord, ClientStore } from '../agents/clients.ts';
import { IMPACTS } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest, readForm } from '../http/form.ts';
import { clock, frameOf, sessionOf } from '../http/pages.ts';
import { page } from '../http/respond.ts';
import type { Sealing } from '../keys/seal.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import type { PeopleStore, Session } from '../people/person.ts';
import { type Approval, DENY_REASONS } from './approval.ts';
import { choicesFor, type DecisionProblem, type DescribedAction, decide, describeApproval } from './decide.ts';
import type { PersonApprovals } from './store.ts';

export interface ApprovalPages {
  approvals: PersonApprovals;
  catalogue: () => Catalogue;
  clients: ClientStore;
  people: PeopleStore;
  cookies: Cookies;
  sealing: Sealing;
  browser: BrowserRequests;
  history(organization: string, person: string, agent: string): Promise<{ uses: number }>;
}

/** The engine's half of a browser request. */
export interface BrowserRequests {
  /** What the interaction with this id waits for; undefined when this browser did not begin it, or it is over. */
  waitingFor(ctx: Context): Promise<'sign_in' | { freshSignIn: Date } | { approval: string } | undefined>;
  /** Tells the engine who signed in; answers where the browser goes on. */
  signedIn(ctx: Context, session: Session): Promise<string | undefined>;
  /** Tells the engine what was decided; answers where the browser goes on. */
  decided(ctx: Context, result: { task: string } | { denied: string }): Promise<string>;
}

/** Unattended agents: whoever decides signed in this recently (a passkey takes its place later). */
const FRESH_SIGN_IN_SECONDS = 300;
const WRONG_NUMBERS = 2;

export function approvalRoutes(router: Router, pages: ApprovalPages): void {
  router.get('/inbox', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await showInbox(ctx, session, pages);
  });

  router.get('/interaction/:uid', (ctx) =>
    interact(ctx, pages, (approval, session) => showApproval(ctx, approval, session, pages)),
  );
  router.post('/interaction/:uid', (ctx) =>
    interact(ctx, pages, (approval, session) => postDecision(ctx, approval, session, pages)),
  );

  router.get('/r/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const approval = await ownApproval(session, String(ctx.params.id), pages);
    return approval ? showApproval(ctx, approval, session, pages) : nothingHere(ctx, pages);
  });
  router.post('/r/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const approval = await ownApproval(session, String(ctx.params.id), pages);
    return approval ? postDecision(ctx, approval, session, pages) : nothingHere(ctx, pages);
  });
  router.post('/r/:id/reason', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, pages.cookies);
    const reason = form.get('reason') ?? '';
    if (!Object.hasOwn(DENY_REASONS, reason)) throw new BadRequest('reason is none of ours');
    await pages.approvals.giveReason(session.person.organization, String(ctx.params.id), session.person.id, reason);
    page(
      ctx,
      resultPage({
        frame: frameOf(ctx, pages.cookies),
        title: 'Thank you.',
        message: 'Your reason was noted.',
        status: 'info',
      }),
    );
  });
}

/** A browser request: sign in first, then the decision page, and back to the client (D11: never by a redirect of the POST). */
async function interact(
  ctx: Context,
  pages: ApprovalPages,
  then: (approval: Approval, session: Session) => Promise<void>,
): Promise<void> {
  const waiting = await pages.browser.waitingFor(ctx);
  if (waiting === undefined) return nothingHere(ctx, pages, 404);
  const session = sessionOf(ctx);
  if (!session) return toSignIn(ctx);
  if (waiting === 'sign_in' || 'freshSignIn' in waiting) {
    if (waiting !== 'sign_in' && session.authenticatedAt < waiting.freshSignIn) return toSignIn(ctx, true);
    const next = await pages.browser.signedIn(ctx, session);
    if (next === undefined) {
      return page(
        ctx,
        resultPage({
          frame: frameOf(ctx, pages.cookies),
          title: 'This request is for someone else.',
          message:
            'You are signed in to another organization than the agent that asks. Sign out, and sign in with the account it asks for.',
          status: 'error',
        }),
        403,
      );
    }
    ctx.redirect(next);
    ctx.status = 303;
    return;
  }
  const approval = await ownApproval(session, waiting.approval, pages);
  return approval ? then(approval, session) : nothingHere(ctx, pages);
}

async function showApproval(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
  retry: Retry = {},
): Promise<void> {
  const over = isOver(approval);
  if (over) return showOver(ctx, approval, session, pages, over === 'expired' ? 410 : 200);
  const described = describeApproval(approval, pages.catalogue(), session.person);
  const client = await pages.clients.find(approval.clientId);
  if (!described || !client?.agent) return showProblem(ctx, 'not_describable', approval, session, pages);
  const props = await decisionProps(ctx, approval, described, client, session, pages, retry);
  await pages.approvals.shown(approval.organization, approval.id, {
    locale: 'en',
    headline: props.headline.map(({ text }) => text).join(''),
    impact_line: props.impactLine,
    facts: props.facts,
    request_hash: approval.requestHash,
  });
  page(ctx, decisionPage(props), retry.status ?? 200);
}

interface Retry {
  error?: string;
  wrongNumber?: boolean;
  status?: number;
}

async function decisionProps(
  ctx: Context,
  approval: Approval,
  described: readonly DescribedAction[],
  client: ClientRecord,
  session: Session,
  pages: ApprovalPages,
  retry: Retry,
): Promise<DecisionPage> {
  const { person } = session;
  const now = new Date();
  const { agent } = client;
  if (!agent) throw new Error('an approval has an agent');
  const [owner, { uses }] = await Promise.all([
    pages.people.find(agent.owner),
    pages.history(person.organization, person.id, agent.id),
  ]);
  // Several actions: the page leads with the one of most impact, and lists them all.
  const leading = described.toSorted(
    (a, b) => IMPACTS.indexOf(b.description.impact) - IMPACTS.indexOf(a.description.impact),
  )[0];
  if (!leading) throw new Error('an approval has an action');
  const { description } = leading;
  const several = described.length > 1;
  const unattended = agent.mode === 'unattended';
  const writes = described.find(({ description: { access } }) => access === 'write');
  const all = (name: 'system' | 'data') =>
    [...new Set(described.map(({ description: { facts } }) => facts[name]))].join('; ');
  return {
    frame: frameOf(ctx, pages.cookies),
    csrf: pages.cookies.csrf(ctx),
    action: ctx.path,
    requestHash: approval.requestHash,
    requestId: approval.id.slice(0, 12),
    agentName: agent.name,
    headline: several
      ? described.flatMap(({ description: { headline } }, index) =>
          index === 0 ? [...headline] : [{ text: ' and ', critical: false }, ...headline],
        )
      : description.headline,
    impact: description.impact,
    impactLine: description.impactLine,
    impactSymbol: description.impactSymbol,
    facts: {
      ...description.factSegments,
      duration: description.facts.duration,
      ...(several && {
        what: described.map(({ description: { facts } }) => facts.what).join('; '),
        system: all('system'),
        data: all('data'),
        changes: (writes ?? leading).description.facts.changes,
      }),
    },
    agentWords: approval.actions.find(({ purpose }) => purpose !== undefined)?.purpose,
    reference: approval.bindingMessage ?? undefined,
    actions: several
      ? described.map(({ description: each }, index) => ({
          index,
          sentence: each.headlineText,
          impactLine: each.impactLine,
          impact: each.impact,
          preselected: each.impact === 'low',
        }))
      : undefined,
    durations: choicesFor(described, now, person.timeZone).map(({ value, label }) => ({
      value,
      label,
      checked: value === 'once',
    })),
    number: approval.hasNumber ? { wrong: retry.wrongNumber ?? false } : undefined,
    origin:
      approval.kind === 'browser'
        ? undefined
        : unattended
          ? `${agent.name} asked by itself at ${clock(approval.askedAt, person.timeZone)}. You did not start this now.`
          : `${agent.name} asked at ${clock(approval.askedAt, person.timeZone)}.`,
    who: {
      agentId: agent.id,
      owner: owner?.name ?? 'unknown',
      registered: 'Registered by your organization',
      firstRequest: uses === 0,
      timesUsed: uses,
      chain: [person.name, agent.name],
      mayHandTo: [...new Map(approval.edges.map(({ child, childName }) => [child, childName])).values()],
    },
    values: described.flatMap(({ description: { values } }) => values.map(({ label, text }) => ({ label, text }))),
    exactRequest: JSON.stringify(approval.request, undefined, 2),
    hashPrefix: approval.requestHash.slice(0, 12),
    askedAt: clock(approval.askedAt, person.timeZone),
    expiresAt: clock(approval.expiresAt, person.timeZone),
    buttonLabel: description.button,
    warnUnverified: undefined,
    error: retry.error,
  };
}

async function postDecision(ctx: Context, approval: Approval, session: Session, pages: ApprovalPages): Promise<void> {
  const form = await checkedForm(ctx, pages.cookies);
  const verdict = form.get('decision');
  if (verdict !== 'approve' && verdict !== 'deny') throw new BadRequest('decision must be approve or deny');
  const over = isOver(approval);
  if (over) return showOver(ctx, approval, session, pages, over === 'expired' ? 410 : 409);

  const { person } = session;
  const client = await pages.clients.find(approval.clientId);
  if (verdict === 'approve') {
    // Nobody started this at a screen: whoever decides is here now, and has just shown who they are.
    const unattended = approval.kind === 'backchannel' && client?.agent?.mode === 'unattended';
    if (unattended && Date.now() - session.authenticatedAt.getTime() > FRESH_SIGN_IN_SECONDS * 1000)
      return toSignIn(ctx, true);
    if (approval.hasNumber && !(await numberIsRight(form.get('number'), approval, pages))) {
      return wrongNumber(ctx, approval, session, pages);
    }
  }

  const decided = decide(
    {
      requestHash: form.get('request_hash') ?? '',
      decision: verdict,
      duration: form.get('duration') ?? 'once',
      allowed: allowedIn(form, approval.actions.length),
    },
    {
      approval,
      catalogue: pages.catalogue(),
      person,
      session,
      now: new Date(),
      taskId: newId('tsk'),
      nonce: newSecret(),
    },
  );
  if (!decided.ok) return showProblem(ctx, decided.problem, approval, session, pages);
  const { decision, hash, task } = decided.value;
  const event = {
    organization: approval.organization,
    type: task ? ('task.approved' as const) : ('task.denied' as const),
    decision: task ? ('allowed' as const) : ('refused' as const),
    person: person.id,
    agent: approval.agent,
    application: approval.clientId,
    resource: approval.actions[0]?.resource,
    task: task?.id,
    approval: approval.id,
    content: {
      decision,
      decision_hash: hash,
      request_hash: approval.requestHash,
      acr: session.acr,
      seconds_to_decide: approval.shownAt
        ? Math.round((Date.now() - approval.shownAt.getTime()) / 100) / 10
        : undefined,
    },
  };
  const json = { json: decision, hash };
  const done = task
    ? await pages.approvals.approve(approval, task, json, event)
    : await pages.approvals.deny(approval, undefined, json, event);
  if (!done) {
    // Another tab or device was first, or a stop ended the request between page and decision.
    const now = await pages.approvals.find(approval.organization, approval.id);
    return showOver(ctx, now ?? approval, session, pages, 409);
  }
  const continueTo =
    approval.kind === 'browser'
      ? {
          url: await pages.browser.decided(ctx, task ? { task: task.id } : { denied: 'the person denied the request' }),
          label: `Return to ${client?.agent?.name ?? 'the agent'}`,
          automatic: true,
        }
      : undefined;
  const name = client?.agent?.name ?? 'The agent';
  if (!task) {
    return page(
      ctx,
      resultPage({
        frame: frameOf(ctx, pages.cookies),
        ...deniedWords(name),
        ...(continueTo
          ? { continueTo }
          : { denyReasons: { action: `/r/${approval.id}/reason`, csrf: pages.cookies.csrf(ctx) } }),
      }),
    );
  }
  page(
    ctx,
    resultPage({
      frame: frameOf(ctx, pages.cookies),
      ...allowedWords({
        agentName: name,
        duration: decision.duration === 'once' ? 'once' : 'for now',
        headline: task.sentence,
        until: clock(task.expiresAt, person.timeZone),
      }),
      ...(continueTo ? { continueTo } : { detail: 'You can close this page.' }),
      stop: { action: `/tasks/${task.id}/stop`, csrf: pages.cookies.csrf(ctx), label: 'Stop this now' },
    }),
  );
}

async function numberIsRight(
  number: string | undefined,
  approval: Approval,
  { approvals, sealing }: ApprovalPages,
): Promise<boolean> {
  if (number === undefined || !/^\s*\d{2}\s*$/.test(number)) return false;
  return approvals.numberMatches(approval.organization, approval.id, sealing.keyedHash('display code', number.trim()));
}

/** One more try; the second wrong number ends the request: somebody is guessing, or it is another's request. */
async function wrongNumber(ctx: Context, approval: Approval, session: Session, pages: ApprovalPages): Promise<void> {
  const tries = await pages.approvals.wrongNumber(approval.organization, approval.id);
  if (tries < WRONG_NUMBERS) return showApproval(ctx, approval, session, pages, { wrongNumber: true, status: 400 });
  const denied = decide(
    { requestHash: approval.requestHash, decision: 'deny', duration: 'once', allowed: undefined },
    {
      approval,
      catalogue: pages.catalogue(),
      person: session.person,
      session,
      now: new Date(),
      taskId: '',
      nonce: newSecret(),
    },
  );
  if (denied.ok) {
    await pages.approvals.deny(
      approval,
      'number_mismatch',
      { json: denied.value.decision, hash: denied.value.hash },
      {
        organization: approval.organization,
        type: 'task.denied',
        decision: 'refused',
        reason: 'number_mismatch',
        person: session.person.id,
        agent: approval.agent,
        application: approval.clientId,
        approval: approval.id,
        content: { tries },
      },
    );
  }
  page(
    ctx,
    resultPage({
      frame: frameOf(ctx, pages.cookies),
      title: 'Denied. The number was wrong twice.',
      message: 'Nothing was allowed. If you did start this task, ask the agent to try again.',
      status: 'denied',
    }),
    400,
  );
}

const isOver = (approval: Approval): 'decided' | 'expired' | undefined =>
  approval.status !== 'pending'
    ? 'decided'
    : approval.stopped || approval.expiresAt <= new Date()
      ? 'expired'
      : undefined;

/** The first decision again, or that it is too late: GET 200 or 410, POST 409 or 410. */
async function showOver(
  ctx: Context,
  approval: Approval,
  { person }: Session,
  { cookies, browser }: ApprovalPages,
  status: number,
): Promise<void> {
  const frame = frameOf(ctx, cookies);
  if (approval.stopped && approval.status === 'pending') {
    return page(ctx, resultPage({ frame, ...stoppedWords }), status === 409 ? 409 : 410);
  }
  if (approval.status === 'pending' || approval.decidedAt === null) {
    return page(
      ctx,
      resultPage({ frame, ...expiredWords(clock(approval.expiresAt, person.timeZone)) }),
      status === 409 ? 409 : 410,
    );
  }
  const outcome =
    approval.status === 'approved' ? `allowed${approval.decision?.duration === 'once' ? ' once' : ''}` : 'denied';
  const again =
    approval.kind === 'browser' && ctx.path.startsWith('/interaction/')
      ? await browser
          .decided(ctx, approval.task ? { task: approval.task } : { denied: 'the person denied the request' })
          .catch(() => undefined)
      : undefined;
  page(
    ctx,
    resultPage({
      frame,
      ...alreadyDecidedWords({ at: clock(approval.decidedAt, person.timeZone), outcome }),
      ...(again !== undefined && { continueTo: { url: again, label: 'Return to the agent', automatic: false } }),
    }),
    status,
  );
}

function showProblem(
  ctx: Context,
  problem: DecisionProblem,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> | void {
  const frame = frameOf(ctx, pages.cookies);
  switch (problem) {
    case 'changed':
      return page(ctx, resultPage({ frame, ...changedWords }), 409);
    case 'expired':
      return page(ctx, resultPage({ frame, ...expiredWords(clock(approval.expiresAt, session.person.timeZone)) }), 410);
    case 'decided':
      return showOver(ctx, approval, session, pages, 409);
    case 'duration':
      return showApproval(ctx, approval, session, pages, {
        error: 'Choose one of the durations on this page. Nothing was allowed.',
        status: 400,
      });
    case 'nothing_allowed':
      return showApproval(ctx, approval, session, pages, {
        error: 'You allowed none of the actions. Choose Allow for at least one, or Deny below.',
        status: 400,
      });
    case 'needs_proof':
      return page(
        ctx,
        resultPage({
          frame,
          title: 'This needs more proof than this server can take.',
          message: 'Its impact is high by now. Nothing was allowed.',
          status: 'error',
        }),
        409,
      );
    case 'not_describable':
      return page(
        ctx,
        resultPage({
          frame,
          title: 'This request cannot be described.',
          message: 'What the agent asks for is no longer offered. Nothing was allowed.',
          status: 'error',
        }),
        409,
      );
  }
}

async function showInbox(ctx: Context, { person }: Session, pages: ApprovalPages): Promise<void> {
  const [waiting, recent] = await Promise.all([
    pages.approvals.waiting(person.organization, person.id),
    pages.approvals.recent(person.organization, person.id, 50),
  ]);
  const rowOf = async (approval: Approval) => {
    const client = await pages.clients.find(approval.clientId);
    const described = describeApproval(approval, pages.catalogue(), person);
    return {
      agentName: client?.agent?.name ?? 'An agent',
      headline:
        described?.map(({ description }) => description.headlineText).join(' and ') ??
        'something that is no longer offered',
      symbol: described?.[0]?.description.impactSymbol ?? '',
    };
  };
  const rows = await Promise.all(
    waiting
      .filter(({ kind }) => kind !== 'browser')
      .map(async (approval) => ({ approval, ...(await rowOf(approval)) })),
  );
  const today = recent.filter(({ askedAt }) => Date.now() - askedAt.getTime() < 86_400_000);
  const count = (status: Approval['status']) => today.filter((approval) => approval.status === status).length;
  const history = await Promise.all(
    recent
      .filter(({ decidedAt }) => decidedAt !== null)
      .slice(0, 10)
      .map(async (approval) => {
        const { agentName, headline } = await rowOf(approval);
        return {
          text: `${agentName}: ${headline}`,
          at: clock(approval.decidedAt ?? approval.askedAt, person.timeZone),
          outcome: approval.status === 'approved' ? 'allowed' : 'denied',
        };
      }),
  );
  page(
    ctx,
    inboxPage({
      frame: frameOf(ctx, pages.cookies),
      waiting: rows.map(({ approval, agentName, headline, symbol }) => ({
        href: `/r/${approval.id}`,
        agentName,
        headline,
        impact: approval.impact,
        impactSymbol: symbol,
        expiresAt: clock(approval.expiresAt, person.timeZone),
      })),
      earlier: { allowed: count('approved'), denied: count('denied'), expired: count('pending') },
      recent: history,
    }),
  );
}

/** The signed-in person's own, whatever the address says: another's looks like one that never was (U3-1). */
async function ownApproval(
  { person }: Session,
  id: string,
  { approvals }: ApprovalPages,
): Promise<Approval | undefined> {
  const approval = await approvals.find(person.organization, id);
  return approval?.person === person.id ? approval : undefined;
}

function nothingHere(ctx: Context, { cookies }: ApprovalPages, status = 404): void {
  page(ctx, resultPage({ frame: frameOf(ctx, cookies), ...nothingHereWords }), status);
}

/** The session, or the way to sign in and back here. */
export function signedIn(ctx: Context): Session | undefined {
  const session = sessionOf(ctx);
  if (!session) toSignIn(ctx);
  return session;
}

function toSignIn(ctx: Context, fresh = false): void {
  ctx.redirect(`/login?return_to=${encodeURIComponent(ctx.path)}${fresh ? '&fresh=1' : ''}`);
  ctx.status = 303;
}

/** @throws BadRequest when the form is not one of ours */
export async function checkedForm(ctx: Context, cookies: Cookies): Promise<Map<string, string>> {
  const form = await readForm(ctx.req);
  if (!cookies.csrfMatches(ctx, form.get('csrf')))
    throw new BadRequest('This form is no longer valid. Open the page again.', 403);
  return form;
}

/** `action_0=allow`, … where each action has its own choice; undefined when there is only one. */
function allowedIn(form: ReadonlyMap<string, string>, actions: number): ReadonlySet<number> | undefined {
  if (actions === 1) return undefined;
  return new Set([...Array(actions).keys()].filter((index) => form.get(`action_${index}`) === 'allow'));
}
