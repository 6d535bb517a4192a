import type { Context } from 'koa';

import { DECISION } from '../../views/words/decision.ts';
import { speakerFor } from '../people/language.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import type { ApprovalPages } from './pages.ts';
import { showApproval } from './show.ts';

/**
 * Whether the form says that a person can have read its page: decide.js says so once it is, and where that does not run, a
 * box that somebody ticks. A form that allows something and lacks it came from neither (U2-9).
 */
export const saysRead = (form: ReadonlyMap<string, string>): boolean => form.get('read') === '1';

/**
 * Nothing is decided, and nothing counted against the person; the page is there again. What was chosen is still chosen;
 * what has to be typed or touched to show that it was read was typed by nobody who read it, and is asked for again.
 */
export async function askToRead(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  await recordUnread(approval, session, pages);
  const error = speakerFor(ctx).say(DECISION.unread);
  return showApproval(ctx, approval, session, pages, { form, error, unread: true, status: 400 });
}

/** Security looks for these: no page of ours sends one where a person at an ordinary browser chooses. */
export const recordUnread = (
  { organization, id, agent, clientId, actions }: Approval,
  { person }: Session,
  { evidence }: Pick<ApprovalPages, 'evidence'>,
): Promise<string> =>
  evidence.record({
    organization,
    type: 'approval.refused',
    decision: 'refused',
    reason: 'not_read',
    person: person.id,
    agent,
    application: clientId,
    resource: actions[0]?.resource,
    approval: id,
  });
