import type { Context } from 'koa';
import type { Session } from '../people/person.ts';
import { isForOthers as asksOthers, quorumOf } from '../tasks/policies.ts';
import type { Approval } from './approval.ts';
import { showBlocked } from './blocked.ts';
import { isForOthers } from './deciders.ts';
import type { ApprovalPages, PolicyRefusal } from './pages.ts';
import { readerOf } from './quorum.ts';
import { isInBrowser } from './result.ts';
import { barredBy, rulingOf } from './ruling.ts';
import { showProblem } from './show.ts';

/**
 * What the organization's policies of this minute say against allowing what was asked under earlier ones: that nobody may,
 * or that it takes more people, or others. What they let through by now is still asked, as it was.
 */
export async function barredNow(
  approval: Approval,
  session: Session,
  pages: Pick<ApprovalPages, 'catalogue' | 'clients' | 'people' | 'policies'>,
): Promise<PolicyRefusal | 'changed' | undefined> {
  const { organization, clientId, actions, quorum } = approval;
  const [policies, client, person] = await Promise.all([
    pages.policies(organization),
    pages.clients.find(clientId),
    readerOf(approval, session, pages),
  ]);
  if (!client) return 'changed';
  const ruling = rulingOf({ actions }, policies, { client, person }, pages.catalogue());
  const refusal = barredBy({ ruling, policies });
  if (refusal) return 'policy' in refusal ? refusal : 'changed';
  return quorumOf(ruling) > quorum || (asksOthers(ruling) && !isForOthers(approval)) ? 'changed' : undefined;
}

/** It was not allowed: whoever reads it learns by which rule, and the agent hears a no where it waits in this browser. */
export async function showBarred(
  ctx: Context,
  barred: PolicyRefusal | 'changed',
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  await pages.evidence.record({
    organization: approval.organization,
    type: 'approval.refused',
    decision: 'refused',
    reason: barred === 'changed' ? 'policy_changed' : barred.reason,
    person: person.id,
    agent: approval.agent,
    application: approval.clientId,
    resource: approval.actions[0]?.resource,
    approval: approval.id,
    content: barred === 'changed' ? {} : { refusal: barred },
  });
  if (barred === 'changed') return showProblem(ctx, 'changed', approval, session, pages);
  const back = isInBrowser(ctx, approval) ? await pages.browser.decided(ctx, { denied: DENIED }) : undefined;
  showBlocked(ctx, barred, back, pages);
}

const DENIED = 'a policy of the organization forbids it';
