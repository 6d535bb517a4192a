import type { Context } from 'koa';

import { allowedWords, quietWords, resultPage } from '../../views/result.tsx';
import { visible } from '../../views/text.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { DECIDERS } from '../../views/words/deciders.ts';
import { INBOX } from '../../views/words/inbox.ts';
import { RESULT } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import { page } from '../http/respond.ts';
import { inSameLanguage } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { isProven } from '../tasks/ask.ts';
import type { Task } from '../tasks/task.ts';
import type { Approval } from './approval.ts';
import { quietUntil } from './budget.ts';
import { rememberDecided } from './decided-here.ts';
import { isTheirsAlone } from './deciders.ts';
import { type ApprovalPages, reportable } from './pages.ts';
import { offeredRepeat } from './repeat-pages.ts';
import type { SignedDecision } from './store.ts';
import { wayBack } from './way-back.ts';

/** U6: what was allowed, and the way back to the agent; a page and no redirect (D11). */
export async function showApproved(
  ctx: Context,
  approval: Approval,
  { task, duration }: { task: Omit<Task, 'approvedAt'>; duration: string },
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  rememberDecided(ctx, approval.id);
  const { person } = session;
  const client = await pages.clients.find(approval.clientId);
  const own = approval.person === person.id;
  const frame = own ? reportable(ctx, approval, pages.cookies) : frameOf(ctx, pages.cookies);
  const { speaker } = frame;
  const { say } = speaker;
  const name = client?.agent?.name ?? say(INBOX.anAgent);
  page(
    ctx,
    resultPage({
      frame,
      ...allowedWords(speaker, {
        agentName: name,
        once: duration === 'once',
        task: task.sentence,
        until: untilIn(speaker, task.expiresAt, person.timeZone),
      }),
      ...(isInBrowser(ctx, approval)
        ? await wayBack(
            ctx,
            { task: task.id },
            // What has high impact is read once more: the page waits for the link (U6).
            { label: say(RESULT.returnTo, { agent: name }), automatic: !isProven(task.impact) },
            pages,
          )
        : { detail: say(RESULT.closeThis) }),
      ...(own && {
        savedAs: approval.id,
        stop: { action: `/tasks/${task.id}/stop`, csrf: pages.cookies.csrf(ctx), label: say(RESULT.stopNow) },
        // What others allowed as well, the person does not let repeat.
        repeat: isTheirsAlone(approval) ? await offeredRepeat(ctx, task, session, pages) : undefined,
      }),
    }),
  );
}

/** One of several approvals, or the wish for them: somebody else has to read it too. */
export async function showGiven(
  ctx: Context,
  approval: Approval,
  { person }: Session,
  pages: ApprovalPages,
  status = 200,
): Promise<void> {
  const [client, signed] = await Promise.all([
    pages.clients.find(approval.clientId),
    pages.approvals.signed(approval.organization, approval.id),
  ]);
  const frame = frameOf(ctx, pages.cookies);
  const { say, clock } = frame.speaker;
  const time = clock(approval.expiresAt, person.timeZone);
  const group = approval.deciders?.group && visible(approval.deciders.group.name, 80);
  const gave = signed.some((one) => one.person === person.id);
  const form = {
    action: inSameLanguage(ctx, ctx.path),
    csrf: pages.cookies.csrf(ctx),
    requestHash: approval.requestHash,
  };
  page(
    ctx,
    resultPage({
      frame,
      ...(group === undefined
        ? { title: say(CEREMONY.waiting), message: say(CEREMONY.waitingMeans, { time }) }
        : {
            title: say(DECIDERS.waiting, { group }),
            message: say(gave ? DECIDERS.givenMeans : DECIDERS.askedMeans, { time }),
            detail: say(DECIDERS.soFar, { given: signed.length, needed: approval.quorum }),
          }),
      status: 'info',
      waiting: true,
      continueTo: { url: inSameLanguage(ctx, ctx.path), label: say(CEREMONY.lookAgain), automatic: false },
      ...(isInBrowser(ctx, approval) && {
        leave: {
          ...form,
          label: say(CEREMONY.returnWithoutWaiting, { agent: client?.agent?.name ?? say(INBOX.anAgent) }),
        },
      }),
      // Whoever it is for may say no as long as it waits, whoever else decides.
      ...(approval.person === person.id && !gave && { withdraw: { ...form, label: say(DECIDERS.withdraw) } }),
    }),
    status,
  );
}

/** What a person's no means for the agent: how long it cannot ask them now (U5). Nothing to others who decided for them. */
export async function quietAfter(
  approval: Approval,
  agentName: string,
  speaker: Speaker,
  reader: Pick<Session['person'], 'id' | 'timeZone'>,
  { prompts }: Pick<ApprovalPages, 'prompts'>,
): Promise<Said | undefined> {
  if (reader.id !== approval.person) return undefined;
  const { history, limits } = await prompts.history(approval);
  const asked = approval.actions.map(({ action }) => action);
  const quiet = quietUntil(asked, history, limits, new Date());
  if (!quiet) return undefined;
  const { because, until } = quiet;
  const time =
    because === 'agent_muted' ? speaker.date(until, reader.timeZone) : untilIn(speaker, until, reader.timeZone);
  return quietWords(speaker, agentName, { because, time });
}

/** A clock time that means the same to everybody: "14:12 (UTC+1)". */
export const untilIn = ({ clock, zone }: Speaker, at: Date, timeZone: string): string =>
  `${clock(at, timeZone)} (${zone(at, timeZone)})`;

/** "First approval: Anna Berg (passkey) 14:01", and everybody's where there are more. */
export function approvalsSoFar(
  signed: readonly Pick<SignedDecision, 'personName' | 'signedAt'>[],
  { say, clock, list }: Speaker,
  timeZone: string,
): Said {
  const [first, ...more] = signed;
  const time = ({ signedAt }: Pick<SignedDecision, 'signedAt'>) => clock(signedAt, timeZone);
  if (first && more.length === 0) return say(CEREMONY.firstApproval, { person: first.personName, time: time(first) });
  const each = signed.map((one) => say(DECIDERS.approval, { person: one.personName, time: time(one) }));
  const people = list(each)
    .map(({ text }) => text)
    .join('');
  return say(DECIDERS.approvals, { people });
}

/** Does an agent wait in this very browser? */
export const isInBrowser = (ctx: Context, { kind }: Pick<Approval, 'kind'>): boolean =>
  kind === 'browser' && ctx.path.startsWith('/interaction/');
