import type { Context } from 'koa';

import { resultPage } from '../../views/result.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { INBOX } from '../../views/words/inbox.ts';
import { RESULT } from '../../views/words/result.ts';
import type { Said } from '../../views/words/words.ts';
import { page } from '../http/respond.ts';
import { newSecret } from '../oauth/ids.ts';
import { speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { decide } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { isInBrowser, quietAfter } from './result.ts';
import { showApproval } from './show.ts';
import { wayBack } from './way-back.ts';

/** As many wrong numbers end a request. */
export const WRONG_NUMBERS = 2;
const WRONG_VALUES = 3;
/** Of three values a third try would be no choice any more. */
const WRONG_CHOICES = 2;

/** One more try; the second wrong number ends the request: somebody is guessing, or it is another's request. */
export async function wrongNumber(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  tries: number,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  if (tries < WRONG_NUMBERS)
    return showApproval(ctx, approval, session, pages, { wrongNumber: true, status: 400, form });
  const title = speakerFor(ctx).say(RESULT.deniedByNumber);
  return denyFor('number_mismatch', tries, title, ctx, approval, session, pages);
}

/**
 * The same for the value that matters most: whoever cannot say it has not read it. One count for all who decide a request:
 * several have no more tries than one.
 */
export async function wrongValue(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const tries = await pages.approvals.wrongValue(approval.organization, approval.id);
  const { chooses } = session.person;
  if (tries < (chooses ? WRONG_CHOICES : WRONG_VALUES)) {
    return showApproval(ctx, approval, session, pages, { wrongValue: true, status: 400, form });
  }
  const title = speakerFor(ctx).say(chooses ? CEREMONY.deniedByChoice : CEREMONY.deniedByValue);
  return denyFor('value_mismatch', tries, title, ctx, approval, session, pages);
}

async function denyFor(
  reason: string,
  tries: number,
  title: Said,
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  const denied = decide(
    { requestHash: approval.requestHash, decision: 'deny', duration: 'once', allowed: undefined },
    {
      approval,
      catalogue: pages.catalogue(),
      person,
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
      person.id,
      reason,
      { json: denied.value.decision, hash: denied.value.hash },
      {
        organization: approval.organization,
        type: 'task.denied',
        decision: 'refused',
        reason,
        person: person.id,
        agent: approval.agent,
        application: approval.clientId,
        approval: approval.id,
        content: { tries },
      },
    );
  }
  const client = await pages.clients.find(approval.clientId);
  const frame = frameOf(ctx, pages.cookies);
  const { say } = frame.speaker;
  const back = client?.agent ? say(RESULT.returnTo, { agent: client.agent.name }) : say(RESULT.returnToAgent);
  page(
    ctx,
    resultPage({
      frame,
      title,
      message: say(RESULT.deniedByNumberMeans),
      detail: await quietAfter(approval, client?.agent?.name ?? say(INBOX.anAgent), frame.speaker, person, pages),
      status: 'denied',
      manage: approval.person === person.id ? `/agents/${approval.agent}` : undefined,
      ...(isInBrowser(ctx, approval) &&
        (await wayBack(ctx, { denied: reason }, { label: back, automatic: false }, pages))),
    }),
    400,
  );
}
