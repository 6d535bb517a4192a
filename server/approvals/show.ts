import type { Context } from 'koa';

import { decisionPage } from '../../views/decision.tsx';
import { alreadyDecidedWords, changedWords, expiredWords, resultPage, stoppedWords } from '../../views/result.tsx';
import { DECISION } from '../../views/words/decision.ts';
import { NARROWING } from '../../views/words/narrowing.ts';
import { OUTCOMES, RESULT } from '../../views/words/result.ts';
import { page } from '../http/respond.ts';
import { speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type Approval, isOver } from './approval.ts';
import { ceremonyProps } from './ceremony-props.ts';
import { type DecisionProblem, describeApproval } from './decide.ts';
import { wasDecidedHere } from './decided-here.ts';
import { decisionProps, type Retry } from './decision-props.ts';
import { narrowingOf } from './narrow.ts';
import type { ApprovalPages } from './pages.ts';
import { describeGranted, readerOf } from './quorum.ts';
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
  const signed = approval.quorum > 1 ? await pages.approvals.signed(approval.organization, approval.id) : [];
  if (signed.some(({ person }) => person === session.person.id)) return showGiven(ctx, approval, session, pages);
  const first = signed.find(({ person }) => person === approval.person);
  const reader = await readerOf(approval, session, pages);
  // The second person reads what the first one signed, and not what was asked.
  const described = first
    ? describeGranted(approval, first.decided, { person: reader, locale, catalogue: pages.catalogue() })
    : describeApproval(approval, pages.catalogue(), session.person, locale);
  const client = await pages.clients.find(approval.clientId);
  if (!described || !client?.agent) return showProblem(ctx, 'not_describable', approval, session, pages);
  const props = {
    ...(await decisionProps(ctx, approval, described, client, { ...session, person: reader }, pages, retry)),
    // What the first person signed is approved as it is, or not at all.
    narrowing: first ? [] : described.map((one, index) => narrowingOf(one, index, speakerFor(ctx))),
    ...(await ceremonyProps(
      approval,
      described,
      first,
      session,
      pages,
      { speaker: speakerFor(ctx), path: ctx.path },
      retry,
    )),
  };
  await showScreen(ctx, approval, session, pages, {
    draw: (screen) => decisionPage({ ...props, screen }),
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
  const frame = frameOf(ctx, cookies);
  const { speaker } = frame;
  const { say } = speaker;
  const time = (at: Date) => speaker.clock(at, person.timeZone);
  if (approval.stopped && approval.status === 'pending') {
    return page(
      ctx,
      resultPage({ frame, ...stoppedWords(speaker, approval.stoppedBySecurity) }),
      status === 409 ? 409 : 410,
    );
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
          .decided(ctx, approval.task ? { task: approval.task } : { denied: 'the person denied the request' })
          .catch(() => undefined)
      : undefined;
  page(
    ctx,
    resultPage({
      frame,
      ...alreadyDecidedWords(speaker, {
        time: time(approval.decidedAt),
        outcome: say(outcome),
        elsewhere: approval.kind !== 'browser' && approval.person === person.id && !wasDecidedHere(ctx, approval.id),
      }),
      ...(again !== undefined && { continueTo: { url: again, label: say(RESULT.returnToAgent), automatic: false } }),
    }),
    status,
  );
}

/** Why the form led to no decision, and what to do. */
export function showProblem(
  ctx: Context,
  problem: DecisionProblem,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> | void {
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
      return showApproval(ctx, approval, session, pages, {
        error: say(DECISION.durationNotOffered),
        status: 400,
      });
    case 'nothing_allowed':
      return showApproval(ctx, approval, session, pages, {
        error: say(DECISION.nothingChosen),
        status: 400,
      });
    case 'not_narrower':
      return showApproval(ctx, approval, session, pages, { error: say(NARROWING.notNarrower), status: 400 });
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
