import type { Context } from 'koa';

import { decisionPage } from '../../views/decision.tsx';
import { alreadyDecidedWords, changedWords, expiredWords, resultPage, stoppedWords } from '../../views/result.tsx';
import { visible } from '../../views/text.tsx';
import { DECIDERS } from '../../views/words/deciders.ts';
import { DECISION } from '../../views/words/decision.ts';
import { NARROWING } from '../../views/words/narrowing.ts';
import { OUTCOMES, RESULT } from '../../views/words/result.ts';
import type { Said } from '../../views/words/words.ts';
import { looksAgain, page } from '../http/respond.ts';
import { speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type Approval, deniedTo, isOver } from './approval.ts';
import { askingOf, becauseOf } from './ask-others.ts';
import { ceremonyProps } from './ceremony-props.ts';
import { comparedProps } from './compare.ts';
import { type DecisionProblem, describeApproval } from './decide.ts';
import { wasDecidedHere } from './decided-here.ts';
import { isForOthers, isTheirsAlone } from './deciders.ts';
import { decisionProps, type Retry } from './decision-props.ts';
import { insteadOf, offeredProps } from './instead.ts';
import { narrowingOf } from './narrow.ts';
import { type ApprovalPages, nothingHere, reportable } from './pages.ts';
import { describeGranted, isDecider, readerOf } from './quorum.ts';
import { showGiven } from './result.ts';
import { showScreen } from './screen.ts';
import { askedToSignIn } from './step-up.ts';

/** The decision page, or what became of the request. */
export async function showApproval(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
  retry: Retry = {},
): Promise<void> {
  const over = isOver(approval);
  if (over) return showOver(ctx, approval, session, pages, over === 'expired' ? 410 : 200);
  if (askedToSignIn(ctx, approval, session, pages)) return;
  const locale = speakerFor(ctx).catalogue;
  const { organization, id } = approval;
  const own = approval.person === session.person.id;
  const forAnother = !own || isForOthers(approval);
  const [signed, part] = await Promise.all([
    isTheirsAlone(approval) && approval.deciders === null ? [] : pages.approvals.signed(organization, id),
    forAnother ? pages.approvals.decidesAs(organization, session.person.id, id) : ('person' as const),
  ]);
  if (signed.some(({ person }) => person === session.person.id)) {
    return showGiven(ctx, approval, session, pages, retry.status);
  }
  if (!part && approval.othersSince !== null) return showGiven(ctx, approval, session, pages, retry.status);
  const [first] = signed;
  const reader = await readerOf(approval, session, pages);
  // Whoever comes later reads what the first one signed, and not what was asked.
  const described = first
    ? describeGranted(approval, first.decided, { person: reader, locale, catalogue: pages.catalogue() })
    : describeApproval(approval, pages.catalogue(), reader, locale);
  const client = await pages.clients.find(approval.clientId);
  if (!described || !client?.agent) return showProblem(ctx, 'not_describable', approval, session, pages);
  if (looksAgain(ctx)) {
    // It waits as it did: that needs no second page, nor a second screen kept.
    ctx.status = 204;
    return;
  }
  const speaker = speakerFor(ctx);
  const asked = await decisionProps(ctx, approval, described, client, { ...session, person: reader }, pages, retry);
  const instead = await insteadOf(ctx, approval, described, { client, reader }, pages);
  const { duration } = first?.decided.decision ?? {};
  const chosen = asked.durations.length > 1 && asked.durations.find(({ value }) => value === duration)?.label;
  const props = part
    ? {
        ...asked,
        // What the first person signed is approved as it is, or not at all.
        narrowing: first ? [] : described.map((one, index) => narrowingOf(one, index, speaker, retry.form)),
        // What the first one chose, and not what they could have chosen.
        ...(chosen && { facts: { ...asked.facts, duration: chosen } }),
        because: becauseOf(approval, part, speaker, reader.name),
        ...(forAnother && (await comparedProps(approval, described, { first, reader }, pages, speaker))),
        ...(!own && {
          // They did not start it, nor were they to: no is all they say.
          frame: { ...asked.frame, reportUrl: undefined },
          origin: speaker.say(DECIDERS.askedFor, {
            agent: asked.agentName,
            person: visible(reader.name, 80),
            time: speaker.clock(approval.askedAt, reader.timeZone),
          }),
          firstContact: undefined,
        }),
        ...(await ceremonyProps(
          approval,
          described,
          { signed, forAnother },
          session,
          pages,
          { speaker, path: ctx.path },
          retry,
        )),
      }
    : {
        ...asked,
        asking: await askingOf(approval, speaker, pages),
        facts: { ...asked.facts, ...(asked.durations.length > 1 && { duration: speaker.say(DECIDERS.theyChoose) }) },
        actions: asked.actions?.map((one) => ({ ...one, fixed: true })),
        durations: [],
        number: undefined,
      };
  await showScreen(ctx, approval, session, pages, {
    draw: (screen) => decisionPage({ ...props, instead: instead && offeredProps(instead, speaker), screen }),
    sentence: props.headline.map(({ text }) => text).join(''),
    status: retry.status,
  });
}

/** The first decision again, or that it is too late: GET 200 or 410, POST 409 or 410. */
export async function showOver(
  ctx: Context,
  approval: Approval,
  { person }: Session,
  { cookies, browser }: ApprovalPages,
  status: number,
): Promise<void> {
  const frame = approval.person === person.id ? reportable(ctx, approval, cookies) : frameOf(ctx, cookies);
  const { speaker } = frame;
  const { say } = speaker;
  const time = (at: Date) => speaker.clock(at, person.timeZone);
  if (approval.stopped && approval.status === 'pending') {
    return page(ctx, resultPage({ frame, ...stoppedWords(speaker, approval) }), status === 409 ? 409 : 410);
  }
  if (approval.status === 'pending' || approval.decidedAt === null) {
    return page(
      ctx,
      resultPage({ frame, ...expiredWords(speaker, time(approval.expiresAt)) }),
      status === 409 ? 409 : 410,
    );
  }
  const outcome =
    approval.status === 'denied'
      ? OUTCOMES.denied
      : approval.decision?.duration === 'once'
        ? OUTCOMES.allowedOnce
        : OUTCOMES.allowed;
  const again =
    approval.kind === 'browser' && ctx.path.startsWith('/interaction/')
      ? await browser
          .decided(ctx, approval.task ? { task: approval.task } : { denied: deniedTo(approval.decision?.instead) })
          .catch(() => undefined)
      : undefined;
  page(
    ctx,
    resultPage({
      frame,
      ...alreadyDecidedWords(speaker, {
        time: time(approval.decidedAt),
        outcome: say(outcome),
        by: decidedBy(ctx, approval, person.id),
      }),
      ...(again !== undefined && { continueTo: { url: again, label: say(RESULT.returnToAgent), automatic: false } }),
    }),
    status,
  );
}

/** The last of several signs the decision; a browser remembers what was decided in it. */
function decidedBy(ctx: Context, { id, kind, decision }: Approval, reader: string): 'you' | 'elsewhere' | 'others' {
  if (decision?.approver !== undefined && decision.approver !== reader) return 'others';
  return kind === 'browser' || wasDecidedHere(ctx, id) ? 'you' : 'elsewhere';
}

/**
 * Somebody was quicker, or it is no more this person's to decide: what became of it. Where it still waits, what the first
 * one approved is shown, because that is what is decided now.
 */
export async function showMeanwhile(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { organization, id } = approval;
  const fresh = (await pages.approvals.find(organization, id)) ?? approval;
  const own = fresh.person === session.person.id;
  if (!own && !(await isDecider(session, fresh, pages))) return nothingHere(ctx, pages);
  if (isOver(fresh)) return showOver(ctx, fresh, session, pages, 409);
  const error = speakerFor(ctx).say(DECIDERS.meanwhile);
  return showApproval(ctx, fresh, session, pages, { error, status: 409 });
}

/** Why the form led to no decision, and what to do; the form itself where it can be mended. */
export function showProblem(
  ctx: Context,
  problem: DecisionProblem,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
  form?: ReadonlyMap<string, string>,
): Promise<void> | void {
  const again = (error: Said) =>
    showApproval(ctx, approval, session, pages, { error, status: 400, ...(form && { form }) });
  const frame = frameOf(ctx, pages.cookies);
  const { speaker } = frame;
  const { say } = speaker;
  switch (problem) {
    case 'changed':
      return page(ctx, resultPage({ frame, ...changedWords(speaker) }), 409);
    case 'expired':
      return page(
        ctx,
        resultPage({ frame, ...expiredWords(speaker, speaker.clock(approval.expiresAt, session.person.timeZone)) }),
        410,
      );
    case 'decided':
      return showOver(ctx, approval, session, pages, 409);
    case 'duration':
      return again(say(DECISION.durationNotOffered));
    case 'nothing_allowed':
      return again(say(DECISION.nothingChosen));
    case 'not_narrower':
      return again(say(NARROWING.notNarrower));
    case 'not_describable':
      return page(
        ctx,
        resultPage({
          frame,
          title: say(RESULT.notDescribable),
          message: say(RESULT.notDescribableMeans),
          status: 'error',
        }),
        409,
      );
  }
}
