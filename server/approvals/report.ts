import type { Context } from 'koa';

import { reportPage } from '../../views/report.tsx';
import { reportedWords, resultPage } from '../../views/result.tsx';
import { DECISION } from '../../views/words/decision.ts';
import { INBOX } from '../../views/words/inbox.ts';
import { RESULT } from '../../views/words/result.ts';
import { page } from '../http/respond.ts';
import { inSameLanguage } from '../people/language.ts';
import { checkedForm, frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type Approval, deniedTo, isOver } from './approval.ts';
import { describeApproval } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { isInBrowser } from './result.ts';
import { wayBack } from './way-back.ts';

/** "Report this request": what it means to say that one did not start it, and the one step that says so. */
export async function showReport(
  ctx: Context,
  approval: Approval,
  { person }: Session,
  pages: ApprovalPages,
): Promise<void> {
  const client = await pages.clients.find(approval.clientId);
  const frame = frameOf(ctx, pages.cookies);
  const { say, catalogue } = frame.speaker;
  const described = describeApproval(approval, pages.catalogue(), person, catalogue);
  const waits = !isOver(approval);
  const decision = ctx.path.replace(/\/report$/u, '');
  page(
    ctx,
    reportPage({
      frame,
      csrf: pages.cookies.csrf(ctx),
      agentName: client?.agent?.name ?? say(INBOX.anAgent),
      sentence: described?.map(({ description }) => description.headlineText).join(say(DECISION.and)),
      action: inSameLanguage(ctx, waits ? decision : `/r/${approval.id}/report`),
      requestHash: waits ? approval.requestHash : undefined,
      back: inSameLanguage(ctx, waits ? decision : `/receipts/${approval.id}`),
      requestId: approval.id.slice(0, 12),
    }),
  );
}

/** What was decided already, or ended: the agent is paused, and with that ends what it may do for this person. */
export async function postReport(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  await checkedForm(ctx, pages.cookies);
  // What still waits is denied as well, by the form of its own page.
  if (!isOver(approval)) return showReport(ctx, approval, session, pages);
  return report(ctx, approval, pages);
}

/**
 * Nobody started it. However it ended meanwhile, in another tab or by somebody else, it is said here and does what it says.
 * An agent that waits in this browser hears of a denial; what was allowed has ended by now.
 */
export async function report(ctx: Context, approval: Approval, pages: ApprovalPages): Promise<void> {
  await pages.approvals.report(approval);
  const client = await pages.clients.find(approval.clientId);
  const frame = frameOf(ctx, pages.cookies);
  const { say } = frame.speaker;
  const label = client?.agent ? say(RESULT.returnTo, { agent: client.agent.name }) : say(RESULT.returnToAgent);
  const answer = approval.task ? { task: approval.task } : { denied: deniedTo(approval.decision?.instead) };
  page(
    ctx,
    resultPage({
      frame,
      ...reportedWords(frame.speaker),
      savedAs: approval.id,
      ...(isInBrowser(ctx, approval) && (await wayBack(ctx, answer, { label, automatic: false }, pages))),
    }),
  );
}
