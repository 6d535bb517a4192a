import type { Context } from 'koa';

import { allowedWords, deniedWords, resultPage } from '../../views/result.tsx';
import { INBOX } from '../../views/words/inbox.ts';
import { RESULT } from '../../views/words/result.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { speakerFor } from '../people/language.ts';
import { checkedForm, frameOf, toSignIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { isFast } from './budget.ts';
import { decide } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { offeredRepeat } from './repeat-pages.ts';
import { isOver, showApproval, showOver, showProblem } from './show.ts';

/** Unattended agents: whoever decides signed in this recently (a passkey takes its place later). */
const FRESH_SIGN_IN_SECONDS = 300;
const WRONG_NUMBERS = 2;

/** The form of the decision page: checked, decided once, and answered by a page (D11: never by a redirect). */
export async function postDecision(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
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
      locale: speakerFor(ctx).catalogue,
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
    reason: approval.kind,
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
      ...(task && isFast(approval.impact, approval.shownAt, new Date()) && { fast_decision: true }),
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
  const frame = frameOf(ctx, pages.cookies);
  const { speaker } = frame;
  const { say } = speaker;
  const name = client?.agent?.name ?? say(INBOX.anAgent);
  const continueTo =
    approval.kind === 'browser'
      ? {
          url: await pages.browser.decided(ctx, task ? { task: task.id } : { denied: 'the person denied the request' }),
          label: say(RESULT.returnTo, { agent: name }),
          automatic: true,
        }
      : undefined;
  if (!task) {
    return page(
      ctx,
      resultPage({
        frame,
        ...deniedWords(speaker, name),
        ...(continueTo
          ? { continueTo }
          : { denyReasons: { action: `/r/${approval.id}/reason`, csrf: pages.cookies.csrf(ctx) } }),
      }),
    );
  }
  page(
    ctx,
    resultPage({
      frame,
      ...allowedWords(speaker, {
        agentName: name,
        once: decision.duration === 'once',
        task: task.sentence,
        until: speaker.clock(task.expiresAt, person.timeZone),
      }),
      ...(continueTo ? { continueTo } : { detail: say(RESULT.closeThis) }),
      stop: { action: `/tasks/${task.id}/stop`, csrf: pages.cookies.csrf(ctx), label: say(RESULT.stopNow) },
      repeat: await offeredRepeat(ctx, task, session, pages),
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
      locale: speakerFor(ctx).catalogue,
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
  const frame = frameOf(ctx, pages.cookies);
  const { say } = frame.speaker;
  page(
    ctx,
    resultPage({
      frame,
      title: say(RESULT.deniedByNumber),
      message: say(RESULT.deniedByNumberMeans),
      status: 'denied',
    }),
    400,
  );
}

/** `action_0=allow`, … where each action has its own choice; undefined when there is only one. */
function allowedIn(form: ReadonlyMap<string, string>, actions: number): ReadonlySet<number> | undefined {
  if (actions === 1) return undefined;
  return new Set([...Array(actions).keys()].filter((index) => form.get(`action_${index}`) === 'allow'));
}
