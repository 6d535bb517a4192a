import type { Context } from 'koa';

import { deniedWords, insteadWords, resultPage } from '../../views/result.tsx';
import { visible } from '../../views/text.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { DECIDERS } from '../../views/words/deciders.ts';
import { INBOX } from '../../views/words/inbox.ts';
import { RESULT } from '../../views/words/result.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { speakerFor } from '../people/language.ts';
import { checkedForm, frameOf, toSignIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type Approval, deniedTo, isOver } from './approval.ts';
import { postAsk } from './ask-others.ts';
import { barredNow, showBarred } from './barred-now.ts';
import { isFast } from './budget.ts';
import { choicesIn } from './choices.ts';
import { askForSignature, postSignature } from './confirm.ts';
import { type Decided, decide, describeApproval } from './decide.ts';
import { rememberDecided } from './decided-here.ts';
import { isForOthers } from './deciders.ts';
import { insteadOf, suggestedBy } from './instead.ts';
import { postAsDecider } from './others.ts';
import { type ApprovalPages, reportable } from './pages.ts';
import { asksForPasskey, ceremonyFor, isHurried, mayConfirmBySignIn, strengthOf } from './proof.ts';
import { describeGranted } from './quorum.ts';
import { report } from './report.ts';
import { quietAfter, showApproved } from './result.ts';
import { seen } from './screen.ts';
import { showApproval, showOver, showProblem } from './show.ts';
import { askedToSignIn } from './step-up.ts';
import { allTouched } from './touches.ts';
import { askToRead, saysRead } from './unread.ts';
import { wayBack } from './way-back.ts';
import { WRONG_NUMBERS, wrongNumber, wrongValue } from './wrong.ts';

/** Unattended agents: whoever has no passkey signed in this recently. */
export const FRESH_SIGN_IN_SECONDS = 300;

/** The form of the decision page: checked, decided once, and answered by a page (D11: never by a redirect). */
export async function postDecision(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const form = await checkedForm(ctx, pages.cookies);
  const chosen = form.get('decision');
  // No, and what to ask instead: as far as it decides anything, it is a no.
  const suggests = chosen === 'instead';
  const verdict = suggests ? 'deny' : chosen;
  if (verdict === 'leave') return leave(ctx, approval, session, pages);
  if (verdict !== 'approve' && verdict !== 'deny' && verdict !== 'ask') {
    throw new BadRequest('decision must be approve or deny');
  }
  // Whoever says that they did not start it means the agent, whatever became of the request between page and answer.
  const reports = verdict === 'deny' && form.get('reason') === 'not_me' && session.person.id === approval.person;
  const over = isOver(approval);
  if (over && reports) return report(ctx, approval, pages);
  if (over) return showOver(ctx, approval, session, pages, over === 'expired' ? 410 : 409);
  const barred = verdict === 'deny' ? undefined : await barredNow(approval, session, pages);
  if (barred) return showBarred(ctx, barred, approval, session, pages);
  if (verdict === 'approve' && form.has('decision_hash')) return postSignature(ctx, form, approval, session, pages);
  // Before anything is counted: a number or a value is tried by whoever reads the page.
  if (verdict === 'approve' && !saysRead(form)) return askToRead(ctx, form, approval, session, pages);
  const { person } = session;
  const own = person.id === approval.person;
  if (verdict === 'ask') {
    if (!own || !isForOthers(approval)) throw new BadRequest('decision must be approve or deny');
    if (askedToSignIn(ctx, approval, session, pages)) return;
    return postAsk(ctx, form, approval, session, pages);
  }
  if (!own || (verdict === 'approve' && isForOthers(approval))) {
    return postAsDecider(ctx, form, suggests ? chosen : verdict, approval, session, pages);
  }

  const client = await pages.clients.find(approval.clientId);
  // A passkey is a better answer than a number: it is asked for instead, whatever the impact.
  const instead = verdict === 'approve' && ctx.query.proof === 'passkey';
  let unattended = false;
  if (verdict === 'approve') {
    if (askedToSignIn(ctx, approval, session, pages)) return;
    // Nobody started this at a screen: whoever decides is here now, and has just shown who they are.
    if (approval.kind === 'backchannel' && client?.agent?.mode === 'unattended') {
      unattended = (await pages.passkeys.of(person.organization, person.id)).length > 0;
      if (!unattended && Date.now() - session.authenticatedAt.getTime() > FRESH_SIGN_IN_SECONDS * 1000)
        return toSignIn(ctx, true);
    }
    if (approval.hasNumber && !instead) {
      const { right, tries } = await tryNumber(form.get('number'), approval, pages);
      if (!right) return wrongNumber(ctx, form, tries, approval, session, pages);
    }
  }

  const now = new Date();
  const { catalogue: locale } = speakerFor(ctx);
  const catalogue = pages.catalogue();
  const asked = describeApproval(approval, catalogue, person, locale) ?? [];
  const suggested =
    suggests && client ? await insteadOf(ctx, approval, asked, { client, reader: person }, pages) : undefined;
  const choices = choicesIn(form, verdict, approval, asked, locale);
  const decided = decide(suggested ? { ...choices, instead: suggestedBy(suggested) } : choices, {
    approval,
    catalogue,
    person,
    session,
    locale,
    now,
    taskId: newId('tsk'),
    nonce: newSecret(),
  });
  if (!decided.ok) return showProblem(ctx, decided.problem, approval, session, pages, form);
  const { decision, hash, task } = decided.value;
  if (task) {
    const approved = { ...decided.value, task };
    const hurried = await isHurried(approved.impact, person, pages);
    const passkey = instead || unattended || asksForPasskey(approval, catalogue);
    const ceremony = ceremonyFor(approved, { passkey, hurried });
    if (ceremony.value) {
      const described = describeGranted(approval, approved, { person, locale, catalogue }) ?? [];
      const indexes = choices.allowed ? [...choices.allowed] : [undefined];
      const allowed = described.map((one, position) => ({
        described: one,
        asked: asked[indexes[position] ?? 0] ?? one,
        index: indexes[position],
      }));
      const reader = { organizationDomains: person.organizationDomains, locale, hurried };
      if (!allTouched(form, allowed, reader)) return wrongValue(ctx, form, approval, session, pages);
    }
    if (ceremony.passkey) {
      const strength = strengthOf({ method: 'passkey', session, at: now });
      const signable = { ...approved, task: { ...task, ...strength } };
      const bySignIn = mayConfirmBySignIn(approved, { passkey });
      return askForSignature(ctx, form, approval, signable, session, pages, bySignIn);
    }
  }

  const event = decisionEvent(approval, session, decided.value, {
    ...(await seen(approval, session, form, pages)),
    ...(task && isFast(approval.impact, approval.shownAt, new Date()) && { fast_decision: true }),
  });
  const json = { json: decision, hash };
  const done = task
    ? await pages.approvals.approve(approval, task, json, event)
    : await pages.approvals.deny(approval, person.id, suggested && 'instead', json, event);
  if (!done) {
    // Another tab or device was first, or a stop ended the request between page and decision.
    const fresh = (await pages.approvals.find(approval.organization, approval.id)) ?? approval;
    return reports ? report(ctx, fresh, pages) : showOver(ctx, fresh, session, pages, 409);
  }
  if (task) return showApproved(ctx, approval, { task, duration: decision.duration }, session, pages);
  rememberDecided(ctx, approval.id);
  if (reports) return report(ctx, approval, pages);
  const frame = reportable(ctx, approval, pages.cookies);
  const { speaker } = frame;
  const name = client?.agent?.name ?? speaker.say(INBOX.anAgent);
  page(
    ctx,
    resultPage({
      frame,
      ...deniedWords(speaker, name),
      detail: suggested
        ? insteadWords(speaker, name, suggested.description.headlineText)
        : await quietAfter(approval, name, speaker, person, pages),
      manage: `/agents/${approval.agent}`,
      savedAs: approval.id,
      ...(approval.kind === 'browser'
        ? await wayBack(
            ctx,
            { denied: deniedTo(decision.instead) },
            // What was said to it is read first.
            { label: speaker.say(RESULT.returnTo, { agent: name }), automatic: !suggested },
            pages,
          )
        : suggested
          ? {}
          : { denyReasons: { action: `/r/${approval.id}/reason`, csrf: pages.cookies.csrf(ctx) } }),
    }),
  );
}

/** The evidence of one decision, wherever it was made; `content`: what was shown, and what stood out. */
export const decisionEvent = (
  approval: Approval,
  { person, acr, amr }: Session,
  { task, decision, hash }: Decided,
  content: Record<string, unknown>,
): EvidenceEvent => ({
  organization: approval.organization,
  type: task ? 'task.approved' : 'task.denied',
  decision: task ? 'allowed' : 'refused',
  reason: approval.kind,
  person: person.id,
  agent: approval.agent,
  application: approval.clientId,
  resource: approval.actions[0]?.resource,
  task: task?.id,
  approval: approval.id,
  content: { decision, decision_hash: hash, request_hash: approval.requestHash, acr, amr, ...content },
});

function tryNumber(number = '', approval: Approval, { approvals, sealing }: ApprovalPages) {
  const hash = /^\s*\d{2}\s*$/.test(number) ? sealing.keyedHash('display code', number.trim()) : undefined;
  return approvals.tryNumber(approval.organization, approval.id, hash, WRONG_NUMBERS);
}

/** What the agent is told that does not wait: who they are is none of its business. */
const OTHERS_DECIDE = 'others have to approve this: ask again once they did';

/** Back to the agent while others are waited for. The request stays open, and covers what is asked again. */
async function leave(ctx: Context, approval: Approval, session: Session, pages: ApprovalPages): Promise<void> {
  if (approval.kind !== 'browser' || !ctx.path.startsWith('/interaction/')) {
    throw new BadRequest('decision must be approve or deny');
  }
  const signed = await pages.approvals.signed(approval.organization, approval.id);
  const waits = approval.othersSince !== null || signed.some(({ person }) => person === session.person.id);
  if (isOver(approval) || !waits) return showApproval(ctx, approval, session, pages);
  const group = approval.deciders?.group;
  const client = await pages.clients.find(approval.clientId);
  const frame = frameOf(ctx, pages.cookies);
  const { say } = frame.speaker;
  const back = client?.agent ? say(RESULT.returnTo, { agent: client.agent.name }) : say(RESULT.returnToAgent);
  page(
    ctx,
    resultPage({
      frame,
      title: say(CEREMONY.left),
      message: group ? say(DECIDERS.leftMeans, { group: visible(group.name, 80) }) : say(CEREMONY.leftMeans),
      status: 'info',
      ...(await wayBack(
        ctx,
        { denied: group ? OTHERS_DECIDE : 'a second person has to approve: ask again once they did' },
        { label: back, automatic: true },
        pages,
      )),
    }),
  );
}
