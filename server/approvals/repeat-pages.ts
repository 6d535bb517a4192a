import type { Context } from 'koa';

import { repeatedWords, repeatGoneWords, repeatOffer, resultPage } from '../../views/result.tsx';
import { RESULT } from '../../views/words/result.ts';
import { page } from '../http/respond.ts';
import { checkedForm, frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Task } from '../tasks/task.ts';
import { barredNow, showBarred } from './barred-now.ts';
import { type ApprovalPages, nothingHere } from './pages.ts';
import { repeat, repeatTerms } from './repeat.ts';

/** On the receipt: exactly this may repeat without asking, where it was allowed often enough (U6-4). */
export async function offeredRepeat(
  ctx: Context,
  { id, actions }: Pick<Task, 'id' | 'actions'>,
  { person }: Session,
  { standing, catalogue, cookies, prompts }: ApprovalPages,
) {
  // Most actions are asked each time: nothing has to be looked up for them.
  if (actions.some(({ action, version }) => catalogue().version(action, version)?.standing !== 'exact'))
    return undefined;
  if (!(await prompts.limits(person.organization)).standing) return undefined;
  const repeated = await standing.find(person.organization, person.id, id);
  const terms = repeated && repeatTerms(repeated, catalogue(), person);
  if (!repeated || !terms) return undefined;
  return {
    action: `/tasks/${id}/repeat`,
    csrf: cookies.csrf(ctx),
    ...repeatOffer(frameOf(ctx, cookies).speaker, repeated.approvals, terms),
  };
}

/** The person took the offer. What was offered is worked out anew; the form says only for which task. */
export async function postRepeat(ctx: Context, session: Session, pages: ApprovalPages): Promise<void> {
  await checkedForm(ctx, pages.cookies);
  const { person } = session;
  const repeated = await pages.standing.find(person.organization, person.id, String(ctx.params.id));
  if (!repeated) return nothingHere(ctx, pages);
  const offered = (await pages.prompts.limits(person.organization)).standing;
  const terms = offered ? repeatTerms(repeated, pages.catalogue(), person) : undefined;
  // A policy that was published since says no to the next question: what answers it unasked is not made either.
  const barred = terms && (await barredNow(repeated.approval, session, pages));
  if (barred) return showBarred(ctx, barred, repeated.approval, session, pages);
  const made = terms && repeat(repeated, terms, { person, session, now: new Date() });
  const frame = frameOf(ctx, pages.cookies);
  if (!terms || !made || !(await pages.standing.add(repeated.task, made))) {
    return page(ctx, resultPage({ frame, ...repeatGoneWords(frame.speaker) }), 409);
  }
  const { speaker } = frame;
  const stop = {
    action: `/tasks/${made.task.id}/stop`,
    csrf: pages.cookies.csrf(ctx),
    label: speaker.say(RESULT.stopNow),
  };
  page(ctx, resultPage({ frame, ...repeatedWords(speaker, repeated.task.sentence, terms), stop }));
}
