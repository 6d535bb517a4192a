import type { Context } from 'koa';

import { inboxPage } from '../../views/inbox.tsx';
import { visible } from '../../views/text.tsx';
import { DECIDERS } from '../../views/words/deciders.ts';
import { DECISION } from '../../views/words/decision.ts';
import { INBOX } from '../../views/words/inbox.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { page } from '../http/respond.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { batchesIn } from './batch.ts';
import { describeApproval } from './decide.ts';
import { isForOthers } from './deciders.ts';
import type { ApprovalPages } from './pages.ts';
import { quietIn } from './quiet.ts';

/** What waits for this person, and what they decided lately (U7). Nothing here decides. */
export async function showInbox(ctx: Context, session: Session, pages: ApprovalPages): Promise<void> {
  const { person } = session;
  const frame = frameOf(ctx, pages.cookies);
  const { say, clock } = frame.speaker;
  const [waiting, recent, introductions, suppressed, notified] = await Promise.all([
    pages.approvals.waiting(person.organization, person.id),
    pages.approvals.recent(person.organization, person.id, 50),
    pages.announcements.introductions(person.organization, person.id),
    pages.announcements.suppressed(person.organization, person.id),
    pages.announcements.reaches(person.organization, person.id),
  ]);
  const known = new Set([...introductions, ...recent].map(({ agent }) => agent));
  /** Why it stands in this inbox, where it is not for this person to decide alone. */
  const secondFor = async (approval: Approval) => {
    const { deciders, organization, id } = approval;
    if (approval.person === person.id) {
      return isForOthers(approval) && approval.othersSince !== null
        ? say(DECIDERS.waitsFor, { group: visible(deciders?.group?.name ?? '', 80) })
        : undefined;
    }
    const [other, part] = await Promise.all([
      pages.people.find(approval.person),
      pages.approvals.decidesAs(organization, person.id, id),
    ]);
    const name = { person: visible(other?.name ?? '', 80) };
    if (part === 'escalation') return say(DECIDERS.escalatedFor, name);
    if (part === 'group') return say(DECIDERS.forOne, { ...name, group: visible(deciders?.group?.name ?? '', 80) });
    return say(INBOX.secondFor, name);
  };
  const rows = await Promise.all(
    waiting
      // One's own of this browser is decided where it began; another's is found here.
      .filter((approval) => approval.kind !== 'browser' || approval.person !== person.id)
      .map(async (approval) => ({
        approval,
        ...(await rowOf(approval, session, frame.speaker, pages)),
        secondFor: await secondFor(approval),
      })),
  );
  const today = recent.filter(({ askedAt }) => Date.now() - askedAt.getTime() < 86_400_000);
  const count = (status: Approval['status']) => today.filter((approval) => approval.status === status).length;
  const history = await Promise.all(
    recent
      .filter(({ decidedAt }) => decidedAt !== null)
      .slice(0, 10)
      .map(async (approval) => {
        const { agentName, headline } = await rowOf(approval, session, frame.speaker, pages);
        return {
          text: `${agentName}: ${headline}`,
          at: clock(approval.decidedAt ?? approval.askedAt, person.timeZone),
          outcome: say(outcomeOf(approval)),
          href: `/receipts/${approval.id}`,
        };
      }),
  );
  page(
    ctx,
    inboxPage({
      frame,
      waiting: rows.map(({ approval, agentName, headline, symbol, secondFor }) => ({
        secondFor,
        href: `/r/${approval.id}`,
        agentName,
        headline,
        impact: approval.impact,
        impactSymbol: symbol,
        expiresAt: clock(approval.expiresAt, person.timeZone),
        first: approval.person === person.id && !known.has(approval.agent),
      })),
      together: (await batchesIn(waiting, session, pages)).map(({ agent, action, approvals: [first, ...more] }) => ({
        href: `/inbox/batch?${new URLSearchParams({ agent, action })}`,
        label: say(INBOX.together, {
          agent: visible(rows.find(({ approval }) => approval.id === first?.id)?.agentName ?? '', 80),
          count: more.length + 1,
        }),
      })),
      quiet: quietIn(suppressed, frame.speaker),
      notified,
      events: '/inbox/events',
      earlier: { allowed: count('approved'), denied: count('denied'), expired: count('pending') },
      recent: history,
    }),
  );
}

/** One line of it: who asks for what. */
export async function rowOf(
  approval: Approval,
  { person }: Session,
  { say, catalogue }: Speaker,
  pages: Pick<ApprovalPages, 'clients' | 'catalogue'>,
) {
  const client = await pages.clients.find(approval.clientId);
  const described = describeApproval(approval, pages.catalogue(), person, catalogue);
  return {
    agentName: client?.agent?.name ?? say(INBOX.anAgent),
    headline:
      described?.map(({ description }) => description.headlineText).join(say(DECISION.and)) ??
      say(INBOX.noLongerOffered),
    symbol: described?.[0]?.description.impactSymbol ?? '',
  };
}

const outcomeOf = ({ status, decision }: Approval) =>
  status === 'denied' ? OUTCOMES.denied : decision?.duration === 'once' ? OUTCOMES.allowedOnce : OUTCOMES.allowed;
