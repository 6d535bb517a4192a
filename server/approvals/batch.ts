import type { Context } from 'koa';

import { batchPage } from '../../views/batch.tsx';
import { resultPage } from '../../views/result.tsx';
import { INBOX } from '../../views/words/inbox.ts';
import { lastingFact } from '../catalogue/duration.ts';
import { BadRequest } from '../http/form.ts';
import { page } from '../http/respond.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { checkedForm, frameOf, toSignIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { barredNow } from './barred-now.ts';
import { APPROVABLE_TOGETHER, type Together, together } from './batch-rule.ts';
import { choicesFor, decide, describeApproval } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { decisionEvent, FRESH_SIGN_IN_SECONDS } from './post-decision.ts';
import { asksForPasskey, ceremonyFor, isHurried } from './proof.ts';
import { isSignInEnough } from './step-up.ts';
import type { Approved } from './store.ts';
import { recordUnread, saysRead } from './unread.ts';

/** What of this may be decided on one page now, by this person; the inbox links to it. */
export async function batchesIn(
  waiting: readonly Approval[],
  { person }: Session,
  { passkeys, prompts }: Pick<ApprovalPages, 'passkeys' | 'prompts'>,
): Promise<Together[]> {
  const keys = await passkeys.of(person.organization, person.id);
  const found = together(waiting, { person: person.id, hasPasskey: keys.length > 0 });
  // Seldom is anything: what the organization thinks of it is looked up then.
  return found.length > 0 && (await prompts.limits(person.organization)).batch ? found : [];
}

const batchesOf = async (session: Session, pages: ApprovalPages): Promise<Together[]> =>
  batchesIn(await pages.approvals.waiting(session.person.organization, session.person.id), session, pages);

/** `/inbox/batch`: several requests that are alike, each with its own answer (ux.md §3.2). */
export async function showBatch(ctx: Context, session: Session, pages: ApprovalPages): Promise<void> {
  const found = await batchIn(ctx, session, pages);
  // Decided meanwhile, or come back from signing in: what is left stands in the inbox.
  if (!found) {
    ctx.redirect('/inbox');
    ctx.status = 303;
    return;
  }
  return draw(ctx, found, session, pages);
}

/** @param answers of a form that comes back because it did not say that it was read */
async function draw(
  ctx: Context,
  found: Together,
  session: Session,
  pages: ApprovalPages,
  answers?: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const { person } = session;
  const frame = frameOf(ctx, pages.cookies);
  const { say, clock, catalogue: locale } = frame.speaker;
  const client = await pages.clients.find(found.approvals[0]?.clientId ?? '');
  const rows = found.approvals.flatMap((approval) => {
    const all = describeApproval(approval, pages.catalogue(), person, locale) ?? [];
    const [described] = all;
    // The shortest, as it is granted below.
    const [shortest] = choicesFor(all, { now: new Date(), timeZone: person.timeZone, locale });
    if (!described || !shortest) return [];
    const { headlineText, impactLine, access } = described.description;
    return [
      {
        id: approval.id,
        requestHash: approval.requestHash,
        sentence: headlineText,
        impactLine,
        isRead: access === 'read',
        lasting: lastingFact(shortest, described.description.language),
        until: clock(approval.expiresAt, person.timeZone),
        answer: answers?.get(approval.id),
      },
    ];
  });
  page(
    ctx,
    batchPage({
      frame,
      csrf: pages.cookies.csrf(ctx),
      agentName: client?.agent?.name ?? say(INBOX.anAgent),
      rows,
      // Reading can be allowed in one step; a change is looked at one by one.
      allReads: rows.every(({ isRead }) => isRead),
      unread: answers !== undefined,
    }),
    answers === undefined ? 200 : 400,
  );
}

/** Each row by the same rule, the same decision and the same evidence as on a page of its own. */
export async function postBatch(ctx: Context, session: Session, pages: ApprovalPages): Promise<void> {
  const form = await checkedForm(ctx, pages.cookies);
  const { person } = session;
  const frame = frameOf(ctx, pages.cookies);
  const { say, catalogue: locale } = frame.speaker;
  const decision = form.get('decision');
  if (decision !== 'chosen' && decision !== 'all_reads') throw new BadRequest('decision must be chosen or all_reads');
  const batches = await batchesOf(session, pages);
  const found = batches.flatMap(({ approvals }) => approvals);
  const open = new Map(found.map((one) => [one.id, one]));
  // Nobody started these at a screen: whoever decides is here now, and has just shown who they are.
  const stale = Date.now() - session.authenticatedAt.getTime() > FRESH_SIGN_IN_SECONDS * 1000;
  if (stale && found.some(({ kind }) => kind === 'backchannel')) return toSignIn(ctx, true);
  // What has to be touched is decided on a page of its own.
  const hurried = await isHurried('medium', person, pages);
  const needsCeremony = (approved: Approved, approval: Approval) => {
    const ceremony = ceremonyFor(approved, { passkey: asksForPasskey(approval, pages.catalogue()), hurried });
    return ceremony.value || ceremony.passkey;
  };
  const now = new Date();
  const rows = rowsIn(form).map(({ id, answer, requestHash }) => {
    const approval = open.get(id);
    const described = approval && describeApproval(approval, pages.catalogue(), person, locale);
    const isRead = described?.every(({ description }) => description.access === 'read') ?? false;
    const [shortest] = described ? choicesFor(described, { now, timeZone: person.timeZone, locale }) : [];
    return {
      approval,
      described,
      shortest,
      requestHash,
      answer: decision === 'all_reads' && isRead ? 'allow' : answer,
    };
  });
  const unread = saysRead(form) ? [] : rows.flatMap(({ approval, answer }) => (answer === 'allow' && approval) || []);
  const batch = batches.find(({ approvals }) => approvals.some((one) => unread.includes(one)));
  if (batch) {
    for (const one of unread) await recordUnread(one, session, pages);
    return draw(ctx, batch, session, pages, new Map(rowsIn(form).map(({ id, answer }) => [id, answer])));
  }
  const count = { allowed: 0, denied: 0, left: 0 };
  for (const { approval, described, shortest, requestHash, answer } of rows) {
    if (!approval || !described || !shortest || (answer !== 'allow' && answer !== 'deny')) {
      count.left += 1;
      continue;
    }
    const decided = decide(
      {
        requestHash,
        decision: answer === 'allow' ? 'approve' : 'deny',
        duration: shortest.value,
        allowed: undefined,
      },
      {
        approval,
        catalogue: pages.catalogue(),
        person,
        session,
        locale,
        now,
        taskId: newId('tsk'),
        nonce: newSecret(),
      },
    );
    // What asks for more than a session is answered on a page of its own.
    const needsMore =
      decided.ok &&
      decided.value.task !== undefined &&
      (needsCeremony({ ...decided.value, task: decided.value.task }, approval) ||
        !isSignInEnough(approval, session, pages.catalogue(), now) ||
        (await barredNow(approval, session, pages)) !== undefined);
    if (!decided.ok || needsMore) {
      count.left += 1;
      continue;
    }
    const { task, hash } = decided.value;
    const shown = described.map(({ description }) => `${description.headlineText} · ${description.impactLine}`);
    const event = decisionEvent(approval, session, decided.value, { batch: true, shown });
    const json = { json: decided.value.decision, hash };
    const done = task
      ? await pages.approvals.approve(approval, task, json, event)
      : await pages.approvals.deny(approval, session.person.id, undefined, json, event);
    count[!done ? 'left' : task ? 'allowed' : 'denied'] += 1;
  }
  page(
    ctx,
    resultPage({ frame, title: say(INBOX.batchDone, count), message: say(INBOX.batchDoneMeans), status: 'info' }),
  );
}

/** What the form says of each row, whatever it names. */
function rowsIn(form: ReadonlyMap<string, string>) {
  const rows: { id: string; requestHash: string; answer: string | undefined }[] = [];
  for (let index = 0; index < APPROVABLE_TOGETHER; index++) {
    const id = form.get(`request_${index}`);
    if (id === undefined) break;
    rows.push({ id, requestHash: form.get(`request_hash_${index}`) ?? '', answer: form.get(`answer_${index}`) });
  }
  return rows;
}

async function batchIn(ctx: Context, session: Session, pages: ApprovalPages): Promise<Together | undefined> {
  const { agent, action } = ctx.query;
  return (await batchesOf(session, pages)).find((one) => one.agent === agent && one.action === action);
}
