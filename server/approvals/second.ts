import type { Context } from 'koa';

import { deniedWords, resultPage } from '../../views/result.tsx';
import { INBOX } from '../../views/words/inbox.ts';
import { page } from '../http/respond.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { askForSignature } from './confirm.ts';
import { decide } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { isHurried, strengthOf } from './proof.ts';
import { describeGranted, secondDecision } from './quorum.ts';
import { seen } from './screen.ts';
import { showApproval, showOver, showProblem } from './show.ts';
import { allTouched } from './touches.ts';

/** What the second person chose. They change nothing of it: it is what the first one signed, or nothing. */
export async function postSecondDecision(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  verdict: 'approve' | 'deny',
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  const { catalogue: locale } = speakerFor(ctx);
  const now = new Date();
  const [first] = await pages.approvals.signed(approval.organization, approval.id);
  if (!first) return showProblem(ctx, 'changed', approval, session, pages);
  if (form.get('request_hash') !== approval.requestHash) return showProblem(ctx, 'changed', approval, session, pages);
  if (verdict === 'approve') {
    const approved = secondDecision(first, { person, now, taskId: newId('tsk'), nonce: newSecret() });
    const described = describeGranted(approval, approved, { person, locale, catalogue: pages.catalogue() }) ?? [];
    const several = described.length > 1;
    const allowed = described.map((one, index) => ({ described: one, asked: one, index: several ? index : undefined }));
    const hurried = await isHurried(approved.impact, person, pages);
    const reader = { organizationDomains: person.organizationDomains, locale, hurried };
    if (!allTouched(form, allowed, reader)) {
      return showApproval(ctx, approval, session, pages, { wrongValue: true, status: 400 });
    }
    return askForSignature(ctx, form, approval, approved, session, pages);
  }
  const denied = decide(
    { requestHash: approval.requestHash, decision: 'deny', duration: 'once', allowed: undefined },
    { approval, catalogue: pages.catalogue(), person, session, locale, now, taskId: '', nonce: newSecret() },
  );
  if (!denied.ok) return showProblem(ctx, denied.problem, approval, session, pages);
  const { decision, hash } = denied.value;
  const { acr } = strengthOf({ method: 'session', session, at: now });
  const done = await pages.approvals.deny(
    approval,
    'second_person',
    { json: decision, hash },
    {
      organization: approval.organization,
      type: 'task.denied',
      decision: 'refused',
      reason: 'second_person',
      person: person.id,
      agent: approval.agent,
      application: approval.clientId,
      resource: approval.actions[0]?.resource,
      approval: approval.id,
      content: {
        decision,
        decision_hash: hash,
        request_hash: approval.requestHash,
        acr,
        amr: session.amr,
        confirms: first.decided.hash,
        ...(await seen(approval, session, form, pages)),
      },
    },
  );
  if (!done) {
    const fresh = await pages.approvals.find(approval.organization, approval.id);
    return showOver(ctx, fresh ?? approval, session, pages, 409);
  }
  const client = await pages.clients.find(approval.clientId);
  const frame = frameOf(ctx, pages.cookies);
  const name = client?.agent?.name ?? frame.speaker.say(INBOX.anAgent);
  page(ctx, resultPage({ frame, ...deniedWords(frame.speaker, name) }));
}
