import type { Context } from 'koa';

import { quietPage } from '../../views/quiet.tsx';
import { visible } from '../../views/text.tsx';
import { NOTIFICATIONS } from '../../views/words/notifications.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import { page } from '../http/respond.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { type Approval, isOver } from './approval.ts';
import { rowOf } from './inbox.ts';
import { type ApprovalPages, type NotAnnounced, nothingHere } from './pages.ts';
import { isDecider } from './quorum.ts';

/** The first contact stands at its request, and who muted a group knows it: neither is a reason to look anywhere else. */
const isReason = (because: string): because is 'open_push' | 'ten_minutes' | 'day' =>
  !['first_contact', 'muted', 'nowhere'].includes(because) && Object.hasOwn(NOTIFICATIONS.because, because);

/** What the inbox says of them, and where each of them is shown. */
export const quietIn = (suppressed: readonly NotAnnounced[], speaker: Speaker): { sentence: Said; href: string }[] =>
  suppressed.flatMap((one) =>
    isReason(one.because)
      ? [
          {
            sentence: sentenceOf({ ...one, because: one.because }, speaker),
            href: `/inbox/quiet?${new URLSearchParams({ agent: one.agent, because: one.because })}`,
          },
        ]
      : [],
  );

const sentenceOf = (
  { agentName, because, count }: NotAnnounced & { because: keyof typeof NOTIFICATIONS.because },
  { say }: Speaker,
): Said =>
  say(NOTIFICATIONS.quietSince, {
    agent: visible(agentName, 80),
    because: say(NOTIFICATIONS.because[because]),
    count,
  });

/** `/inbox/quiet`: what nobody was called for, and what became of it (U7). */
export async function showQuiet(ctx: Context, session: Session, pages: ApprovalPages): Promise<void> {
  const { person } = session;
  const { agent, because } = ctx.query;
  const suppressed = await pages.announcements.suppressed(person.organization, person.id);
  const found = suppressed.find((one) => one.agent === agent && one.because === because);
  if (!found || !isReason(found.because)) return nothingHere(ctx, pages);
  const all = await pages.approvals.notAnnounced(person.organization, person.id, found);
  const frame = frameOf(ctx, pages.cookies);
  const { say, clock } = frame.speaker;
  const entries = await Promise.all(
    all.map(async (approval) => {
      const own = approval.person === person.id;
      // Another's, decided without them: it is none of theirs any more.
      if (!own && !(await isDecider(session, approval, pages))) return [];
      const { agentName, headline } = await rowOf(approval, session, frame.speaker, pages);
      const waits = !isOver(approval);
      return [
        {
          text: `${agentName}: ${headline}`,
          at: clock(approval.askedAt, person.timeZone),
          outcome: say(outcomeOf(approval)),
          // One's own of a browser is decided where it began.
          ...(waits && !(own && approval.kind === 'browser') && { href: `/r/${approval.id}` }),
          ...(!waits && own && { href: `/receipts/${approval.id}` }),
        },
      ];
    }),
  );
  page(
    ctx,
    quietPage({
      frame,
      sentence: sentenceOf({ ...found, because: found.because }, frame.speaker),
      requests: entries.flat(),
    }),
  );
}

function outcomeOf(approval: Approval) {
  if (!isOver(approval)) return OUTCOMES.waiting;
  if (approval.status === 'pending') return approval.stopped ? OUTCOMES.stopped : OUTCOMES.expired;
  if (approval.status === 'denied') return OUTCOMES.denied;
  return approval.decision?.duration === 'once' ? OUTCOMES.allowedOnce : OUTCOMES.allowed;
}
