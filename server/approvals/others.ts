import type { Context } from 'koa';

import { deniedWords, insteadWords, resultPage } from '../../views/result.tsx';
import { INBOX } from '../../views/words/inbox.ts';
import { page } from '../http/respond.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { UNKNOWN_SIGN_IN } from '../tasks/task.ts';
import type { Approval } from './approval.ts';
import { choicesIn } from './choices.ts';
import { askForSignature } from './confirm.ts';
import { decide, describeApproval } from './decide.ts';
import type { Part } from './deciders.ts';
import { insteadOf, suggestedBy } from './instead.ts';
import type { ApprovalPages } from './pages.ts';
import { isHurried, strengthOf } from './proof.ts';
import { describeGranted, furtherDecision, readerOf } from './quorum.ts';
import { seen } from './screen.ts';
import { showApproval, showMeanwhile, showProblem } from './show.ts';
import type { SignedDecision } from './store.ts';
import { allTouched } from './touches.ts';
import { wrongValue } from './wrong.ts';

/** Why a request was denied by somebody else than its person, as the evidence says it. */
const REASONS: Readonly<Record<Part, string>> = {
  approver: 'second_person',
  group: 'group_member',
  escalation: 'escalation',
};

/**
 * What somebody else than the person chose, or the person as one of the group that decides in their place. Always signed.
 * The first of them decides as the person would; the others approve what the first one signed as it is, or nothing.
 */
export async function postAsDecider(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  verdict: 'approve' | 'deny' | 'instead',
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { organization, id } = approval;
  const [part, [first]] = await Promise.all([
    pages.approvals.decidesAs(organization, session.person.id, id),
    pages.approvals.signed(organization, id),
  ]);
  // They signed already, or may no longer: the page says which.
  if (!part) return showMeanwhile(ctx, approval, session, pages);
  if (form.get('request_hash') !== approval.requestHash) return showProblem(ctx, 'changed', approval, session, pages);
  if (verdict !== 'approve') return deny(ctx, form, { part, first, verdict }, approval, session, pages);
  return first
    ? confirmFirst(ctx, form, first, approval, session, pages)
    : decideFirst(ctx, form, approval, session, pages);
}

async function decideFirst(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { catalogue: locale } = speakerFor(ctx);
  const catalogue = pages.catalogue();
  const reader = await readerOf(approval, session, pages);
  const asked = describeApproval(approval, catalogue, reader, locale) ?? [];
  const choices = choicesIn(form, 'approve', approval, asked, locale);
  const decided = decide(choices, {
    approval,
    catalogue,
    person: reader,
    approver: session.person.id,
    session: askerOf(approval),
    locale,
    now: new Date(),
    taskId: newId('tsk'),
    nonce: newSecret(),
  });
  if (!decided.ok) return showProblem(ctx, decided.problem, approval, session, pages, form);
  const { task } = decided.value;
  if (!task) return showApproval(ctx, approval, session, pages);
  const approved = { ...decided.value, task };
  const described = describeGranted(approval, approved, { person: reader, locale, catalogue }) ?? [];
  const indexes = choices.allowed ? [...choices.allowed] : [undefined];
  const allowed = described.map((one, position) => ({
    described: one,
    asked: asked[indexes[position] ?? 0] ?? one,
    index: indexes[position],
  }));
  const hurried = await isHurried(approved.impact, session.person, pages);
  if (!allTouched(form, allowed, { organizationDomains: reader.organizationDomains, locale, hurried })) {
    return wrongValue(ctx, form, approval, session, pages);
  }
  return askForSignature(ctx, form, approval, approved, session, pages);
}

/** They change nothing of it. */
async function confirmFirst(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  first: SignedDecision,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  const { catalogue: locale } = speakerFor(ctx);
  const approved = furtherDecision(first, { person, now: new Date(), taskId: newId('tsk'), nonce: newSecret() });
  const reader = await readerOf(approval, session, pages);
  const described = describeGranted(approval, approved, { person: reader, locale, catalogue: pages.catalogue() }) ?? [];
  const several = described.length > 1;
  const allowed = described.map((one, index) => ({ described: one, asked: one, index: several ? index : undefined }));
  const hurried = await isHurried(approved.impact, person, pages);
  if (!allTouched(form, allowed, { organizationDomains: person.organizationDomains, locale, hurried })) {
    return wrongValue(ctx, form, approval, session, pages);
  }
  return askForSignature(ctx, form, approval, approved, session, pages);
}

/** One no is enough, whoever said yes before. */
async function deny(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  { part, first, verdict }: { part: Part; first: SignedDecision | undefined; verdict: 'deny' | 'instead' },
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  const now = new Date();
  const { catalogue: locale } = speakerFor(ctx);
  const client = await pages.clients.find(approval.clientId);
  const reader = await readerOf(approval, session, pages);
  const asked = describeApproval(approval, pages.catalogue(), reader, locale) ?? [];
  const suggested =
    verdict === 'instead' && client ? await insteadOf(ctx, approval, asked, { client, reader }, pages) : undefined;
  const instead = suggested && suggestedBy(suggested);
  const denied = decide(
    { requestHash: approval.requestHash, decision: 'deny', duration: 'once', allowed: undefined, instead },
    { approval, catalogue: pages.catalogue(), person, session, locale, now, taskId: '', nonce: newSecret() },
  );
  if (!denied.ok) return showProblem(ctx, denied.problem, approval, session, pages);
  const { decision, hash } = denied.value;
  const { acr } = strengthOf({ method: 'session', session, at: now });
  const reason = REASONS[part];
  const done = await pages.approvals.deny(
    approval,
    person.id,
    reason,
    { json: decision, hash },
    {
      organization: approval.organization,
      type: 'task.denied',
      decision: 'refused',
      reason,
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
        part,
        ...(approval.deciders && { deciders: approval.deciders }),
        ...(first && { confirms: first.hash }),
        ...(await seen(approval, session, form, pages)),
      },
    },
  );
  if (!done) return showMeanwhile(ctx, approval, session, pages);
  const frame = frameOf(ctx, pages.cookies);
  const name = client?.agent?.name ?? frame.speaker.say(INBOX.anAgent);
  const detail = suggested && insteadWords(frame.speaker, name, suggested.description.headlineText);
  page(ctx, resultPage({ frame, ...deniedWords(frame.speaker, name), detail }));
}

/** The task is the person's: what it says of their sign-in is what is known of it. */
function askerOf({ asker }: Pick<Approval, 'asker'>) {
  const { acr, amr, auth_time: at } = { ...UNKNOWN_SIGN_IN, ...asker };
  return { acr, amr, authenticatedAt: new Date(at * 1000) };
}
