import type Router from '@koa/router';
import type { Context } from 'koa';

import { reportedWords, resultPage, thankedWords } from '../../views/result.tsx';
import { RESULT } from '../../views/words/result.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { checkedForm, frameOf, sessionOf, signedIn, toSignIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type Approval, DENY_REASONS, isOver } from './approval.ts';
import { postBatch, showBatch } from './batch.ts';
import { showBlocked } from './blocked.ts';
import { showSignedIn } from './confirm.ts';
import { decidedHere } from './decided-here.ts';
import { showInbox } from './inbox.ts';
import { type ApprovalPages, nothingHere } from './pages.ts';
import { postDecision } from './post-decision.ts';
import { showQuiet } from './quiet.ts';
import { isDecider } from './quorum.ts';
import { receiptRoutes } from './receipts.ts';
import { postRepeat } from './repeat-pages.ts';
import { postReport, showReport } from './report.ts';
import { showApproval, showOver } from './show.ts';
import { confirmingIn } from './sign-in-again.ts';

/** Where a person is asked: the inbox, a browser request, and a request from behind. */
export function approvalRoutes(router: Router, pages: ApprovalPages): void {
  router.get('/inbox', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await showInbox(ctx, session, pages);
  });

  router.get('/inbox/quiet', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await showQuiet(ctx, session, pages);
  });
  router.get('/inbox/batch', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await showBatch(ctx, session, pages);
  });
  router.post('/inbox/batch', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await postBatch(ctx, session, pages);
  });

  router.get('/interaction/:uid', (ctx) =>
    interact(ctx, pages, (approval, session) => showAny(ctx, approval, session, pages)),
  );
  router.post('/interaction/:uid', (ctx) =>
    interact(ctx, pages, (approval, session) => postDecision(ctx, approval, session, pages)),
  );

  router.get('/interaction/:uid/report', (ctx) =>
    interact(ctx, pages, (approval, session) => showReport(ctx, approval, session, pages)),
  );

  receiptRoutes(router, pages); // /receipts/:id

  router.get('/r/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const approval = await approvalFor(session, String(ctx.params.id), pages);
    return approval ? showAny(ctx, approval, session, pages) : nothingHere(ctx, pages);
  });
  router.post('/r/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const approval = await approvalFor(session, String(ctx.params.id), pages);
    return approval ? postDecision(ctx, approval, session, pages) : nothingHere(ctx, pages);
  });
  router.get('/r/:id/report', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const approval = await ownApproval(session, String(ctx.params.id), pages);
    return approval ? showReport(ctx, approval, session, pages) : nothingHere(ctx, pages);
  });
  router.post('/r/:id/report', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const approval = await ownApproval(session, String(ctx.params.id), pages);
    return approval ? postReport(ctx, approval, session, pages) : nothingHere(ctx, pages);
  });
  router.post('/tasks/:id/repeat', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await postRepeat(ctx, session, pages);
  });
  router.post('/r/:id/reason', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, pages.cookies);
    const reason = form.get('reason') ?? '';
    if (!Object.hasOwn(DENY_REASONS, reason)) throw new BadRequest('reason is none of ours');
    const approval = await ownApproval(session, String(ctx.params.id), pages);
    if (approval?.status !== 'denied') return nothingHere(ctx, pages);
    const reported = reason === 'not_me';
    if (reported) await pages.approvals.report(approval);
    else await pages.approvals.giveReason(approval.organization, approval.id, session.person.id, reason);
    const frame = frameOf(ctx, pages.cookies);
    page(ctx, resultPage({ frame, ...(reported ? reportedWords : thankedWords)(frame.speaker) }));
  });
}

/** The decision page, or what is left to do for whoever comes back from their provider. */
async function showAny(ctx: Context, approval: Approval, session: Session, pages: ApprovalPages): Promise<void> {
  if (confirmingIn(ctx) !== undefined && (await showSignedIn(ctx, approval, session, pages))) return;
  return showApproval(ctx, approval, session, pages);
}

/** A browser request: sign in first, then the decision page, and back to the client (D11: never by a redirect of the POST). */
async function interact(
  ctx: Context,
  pages: ApprovalPages,
  then: (approval: Approval, session: Session) => Promise<void>,
): Promise<void> {
  const waiting = await pages.browser.waitingFor(ctx);
  if (waiting === undefined) return showFinished(ctx, pages);
  if (waiting !== 'sign_in' && 'goOn' in waiting) {
    if (waiting.because) return showBlocked(ctx, waiting.because, waiting.goOn, pages);
    ctx.redirect(waiting.goOn);
    ctx.status = 303;
    return;
  }
  const session = sessionOf(ctx);
  if (!session) return toSignIn(ctx);
  if (waiting === 'sign_in' || 'freshSignIn' in waiting) {
    if (waiting !== 'sign_in' && session.authenticatedAt < waiting.freshSignIn) return toSignIn(ctx, true);
    const next = await pages.browser.signedIn(ctx, session);
    if (next === 'passkey') return toSignIn(ctx, 'passkey');
    if (next === undefined) {
      const frame = frameOf(ctx, pages.cookies);
      const { say } = frame.speaker;
      return page(
        ctx,
        resultPage({
          frame,
          title: say(RESULT.someoneElse),
          message: say(RESULT.someoneElseMeans),
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

/** Where this browser decided here it is told so, however often the page is sent again (U2-7). */
async function showFinished(ctx: Context, pages: ApprovalPages): Promise<void> {
  const [session, id] = [sessionOf(ctx), decidedHere(ctx)];
  const approval = session && id ? await ownApproval(session, id, pages) : undefined;
  if (!session || !approval || !isOver(approval)) return nothingHere(ctx, pages);
  return showOver(ctx, approval, session, pages, ctx.method === 'POST' ? 409 : 200);
}

/** Their own, or one that they decide as well. */
async function approvalFor(session: Session, id: string, pages: ApprovalPages): Promise<Approval | undefined> {
  const approval = await pages.approvals.find(session.person.organization, id);
  if (!approval || approval.person === session.person.id) return approval;
  return (await isDecider(session, approval, pages)) ? approval : undefined;
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
