import type { Context } from 'koa';

import { type ConfirmPage, confirmPage } from '../../views/confirm.tsx';
import { resultPage } from '../../views/result.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { DECIDERS } from '../../views/words/deciders.ts';
import { DECISION } from '../../views/words/decision.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import { IMPACTS } from '../catalogue/action.ts';
import { lastingFact } from '../catalogue/duration.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import { page } from '../http/respond.ts';
import type { SignedInAgain } from '../people/federation.ts';
import { inSameLanguage, speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Passkey } from '../people/passkey.ts';
import type { Session } from '../people/person.ts';
import { type Approval, isOver } from './approval.ts';
import { isForOthers } from './deciders.ts';
import type { ApprovalPages } from './pages.ts';
import { asksForPasskey, evidenceOf, mayConfirmBySignIn, type Strength, strengthOf } from './proof.ts';
import { describeGranted, readerOf } from './quorum.ts';
import { approvalsSoFar, isInBrowser, showApproved, showGiven, untilIn } from './result.ts';
import { isScreenId, seen, showScreen } from './screen.ts';
import { showMeanwhile, showOver, showProblem } from './show.ts';
import { confirmingIn, providersNow, signInAgain } from './sign-in-again.ts';
import type { Approved, ConfirmingProvider, Signature } from './store.ts';
import { cannotApproveWords, usablePasskeys } from './usable-passkeys.ts';

/** Until then what was decided may be signed; its own ten minutes begin when it was made. */
const SIGNING_SECONDS = 300;
/** The same where somebody goes to their provider in between. */
const SIGN_IN_AGAIN_SECONDS = 600;

/** By what a decision is confirmed on this page. */
type By = { passkeys: readonly Passkey[] } | { providers: readonly ConfirmingProvider[] } | { signedIn: SignedInAgain };

/** U4: keeps what was decided, and asks for the signature. @param bySignIn whether a fresh sign-in may take its place */
export async function askForSignature(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  approved: Approved,
  session: Session,
  pages: ApprovalPages,
  bySignIn = false,
): Promise<void> {
  const now = new Date();
  const usable = await usablePasskeys(approval, session, pages, now, bySignIn);
  if (usable.cannot) {
    const frame = frameOf(ctx, pages.cookies);
    const { say, clock } = frame.speaker;
    const { timeZone } = session.person;
    const { words: why, link } = cannotApproveWords(usable.cannot, frame.speaker, { timeZone, path: ctx.path });
    return page(
      ctx,
      resultPage({
        frame,
        title: say(CEREMONY.notYet),
        message: say(CEREMONY.waitsUntil, { why, time: clock(approval.expiresAt, timeZone) }),
        status: 'info',
        ...(link && { continueTo: { url: link.href, label: link.label, automatic: false } }),
      }),
      403,
    );
  }
  const { providers } = usable;
  const seconds = providers ? SIGN_IN_AGAIN_SECONDS : SIGNING_SECONDS;
  const expiresAt = new Date(Math.min(now.getTime() + seconds * 1000, approval.expiresAt.getTime()));
  if (!(await pages.approvals.propose(approval, session.person.id, approved, expiresAt))) {
    return showMeanwhile(ctx, approval, session, pages);
  }
  const by = providers ? { providers } : { passkeys: usable.passkeys };
  return show(ctx, approval, approved, by, session, pages, { readScreen: form.get('screen') });
}

/** Back from the provider: the same decision once more, with what is left to do. False where none waits for that. */
export async function showSignedIn(
  ctx: Context,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<boolean> {
  const proposed = await pages.approvals.proposed(approval.organization, approval.id, session.person.id);
  if (isOver(approval) || !proposed?.signedIn) return false;
  const { approved, signedIn } = proposed;
  await show(ctx, approval, approved, { signedIn }, session, pages, { readScreen: confirmingIn(ctx) });
  return true;
}

async function show(
  ctx: Context,
  approval: Approval,
  approved: Approved,
  by: By,
  session: Session,
  pages: ApprovalPages,
  { error, status, readScreen }: { error?: Said; status?: number; readScreen?: string | undefined },
): Promise<void> {
  const { timeZone } = session.person;
  const frame = frameOf(ctx, pages.cookies);
  const { say, language, catalogue: locale, clock } = frame.speaker;
  const person = await readerOf(approval, session, pages);
  const reader = { person, locale, catalogue: pages.catalogue() };
  const described = describeGranted(approval, approved, reader);
  const client = await pages.clients.find(approval.clientId);
  const [leading] = (described ?? []).toSorted(
    (a, b) => IMPACTS.indexOf(b.description.impact) - IMPACTS.indexOf(a.description.impact),
  );
  if (!described || !leading || !client?.agent) return showProblem(ctx, 'not_describable', approval, session, pages);
  const { decision, hash, task } = approved;
  const time = untilIn(frame.speaker, task.expiresAt, timeZone);
  const signed =
    decision.confirms === undefined ? [] : await pages.approvals.signed(approval.organization, approval.id);
  const more =
    approved.quorum < 2
      ? undefined
      : approval.deciders?.group === undefined
        ? say(CEREMONY.needsSecond)
        : say(DECIDERS.soFar, { given: 0, needed: approved.quorum });
  // Others come after: until when it holds is not known before the last of them.
  const lasting = Math.round((task.expiresAt.getTime() - Date.parse(approved.madeAt)) / 1000);
  const spoken = leading.description.language;
  const { name: agentName } = client.agent;
  const headline = described.flatMap(({ description: { headline } }, index) =>
    index === 0 ? [...headline] : [{ text: say(DECISION.and), critical: false }, ...headline],
  );
  const ceremony: ConfirmPage['by'] =
    'passkeys' in by
      ? { request: JSON.stringify(await pages.webAuthn.requestOptions(by.passkeys, hash)) }
      : 'providers' in by
        ? { providers: by.providers.map(({ id, name }) => ({ id, name })) }
        : {
            signedIn: say(CEREMONY.signedInAgain, {
              provider: by.signedIn.name,
              time: clock(new Date(by.signedIn.auth_time * 1000), timeZone),
            }),
            button: described.length > 1 ? say(DECISION.allowChosen) : asItIs(leading.description.button),
          };
  const draw = (screen: string) =>
    confirmPage({
      frame,
      screen,
      readScreen: readScreen !== undefined && isScreenId(readScreen) ? readScreen : undefined,
      csrf: pages.cookies.csrf(ctx),
      action: inSameLanguage(ctx, ctx.path),
      requestHash: approval.requestHash,
      decisionHash: hash,
      agentName,
      headline,
      taskLanguage: spoken === language ? undefined : spoken,
      impact: approved.impact,
      impactLine: leading.description.impactLine,
      impactSymbol: leading.description.impactSymbol,
      duration:
        signed.length + 1 < approved.quorum
          ? asItIs(
              lastingFact(
                { seconds: lasting, maxUses: decision.duration === 'once' ? 1 : null },
                locale,
                approved.quorum,
              ),
            )
          : say(decision.duration === 'once' ? CEREMONY.onceUntil : CEREMONY.until, { time }),
      approvals: signed.length > 0 ? approvalsSoFar(signed, frame.speaker, timeZone) : more,
      by: ceremony,
      inInbox: !isInBrowser(ctx, approval),
      error,
    });
  await showScreen(ctx, approval, session, pages, { draw, sentence: task.sentence, status });
}

/** The form of the confirm page: what proves the decision's hash, and nothing else, makes the approval. */
export async function postSignature(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  if (form.get('request_hash') !== approval.requestHash) return showProblem(ctx, 'changed', approval, session, pages);
  const proposed = await pages.approvals.proposed(approval.organization, approval.id, person.id);
  // Another tab chose otherwise, or it is too late to sign: the page is opened again, and says what is so now.
  if (!proposed || proposed.approved.hash !== form.get('decision_hash')) {
    const fresh = await decidedMeanwhile(approval, pages);
    if (fresh) return showOver(ctx, fresh, session, pages, 409);
    return showProblem(ctx, 'changed', approval, session, pages);
  }
  const { approved } = proposed;
  if (form.has('provider')) return postSignInAgain(ctx, form, approval, approved, session, pages);
  if (form.get('proof') === 'sign_in') {
    const { signedIn } = proposed;
    if (!signedIn) return showProblem(ctx, 'changed', approval, session, pages);
    const strength = strengthOf({ method: 'sign_in', session, at: new Date(), signIn: signedIn });
    return signed(
      ctx,
      form,
      approval,
      approved,
      { by: { signIn: signedIn }, proof: { ...signedIn }, strength },
      session,
      pages,
    );
  }
  return postPasskey(ctx, form, approval, approved, session, pages);
}

/** Somebody without a passkey chose their provider. */
async function postSignInAgain(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  approved: Approved,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { providers } = await providersNow(approval, session, pages, new Date());
  const forAnother = session.person.id !== approval.person || isForOthers(approval);
  const passkey = forAnother || asksForPasskey(approval, pages.catalogue());
  const may = mayConfirmBySignIn(approved, { passkey });
  const provider = may ? providers.find(({ id }) => id === form.get('provider')) : undefined;
  const shown = { hash: approved.hash, readScreen: form.get('read_screen') };
  if (provider) return signInAgain(ctx, provider, approval, shown, session, pages);
  // A passkey was added meanwhile, in another tab perhaps: the page is opened again, and asks for it.
  await pages.evidence.record({
    ...eventOf(approval, approved, session),
    type: 'proof.refused',
    decision: 'refused',
    reason: 'sign_in_not_enough',
    content: { decision_hash: approved.hash },
  });
  return showProblem(ctx, 'changed', approval, session, pages);
}

async function postPasskey(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  approved: Approved,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const now = new Date();
  const usable = await usablePasskeys(approval, session, pages, now);
  const read = await pages.webAuthn.readAssertion(form.get('assertion') ?? '', usable.passkeys, approved.hash);
  if (!read.ok) {
    // The same signature in two tabs: the second is late, and not wrong.
    const fresh = await decidedMeanwhile(approval, pages);
    if (fresh) return showOver(ctx, fresh, session, pages, 409);
    await pages.evidence.record({
      ...eventOf(approval, approved, session),
      type: 'proof.refused',
      decision: 'refused',
      reason: read.problem,
      content: { decision_hash: approved.hash, detail: read.detail },
    });
    return show(ctx, approval, approved, { passkeys: usable.passkeys }, session, pages, {
      error: speakerFor(ctx).say(CEREMONY.notYourPasskey),
      status: read.problem === 'malformed' ? 400 : 409,
      readScreen: form.get('read_screen'),
    });
  }
  const strength = strengthOf({ method: 'passkey', session, at: now });
  const proven = { by: { passkey: read.value }, proof: evidenceOf(read.value), strength };
  return signed(ctx, form, approval, approved, proven, session, pages);
}

/** Proven: it becomes the approval, or one of several. */
async function signed(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  approved: Approved,
  { by, proof, strength }: { by: Signature['by']; proof: Record<string, unknown>; strength: Strength },
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person } = session;
  // The task is the person's, and says how they proved it; who else decided stands in the evidence.
  const { confirms } = approved.decision;
  const proves = confirms === undefined && person.id === approval.person;
  const task = proves ? { ...approved.task, ...strength } : approved.task;
  const event = eventOf(approval, approved, session);
  const content = {
    decision: approved.decision,
    decision_hash: approved.hash,
    request_hash: approval.requestHash,
    acr: strength.acr,
    amr: strength.amr,
    proof,
    ...(await seen(approval, session, form, pages)),
  };
  const outcome = await pages.approvals.sign(approval, {
    person: person.id,
    hash: approved.hash,
    by,
    proof,
    task,
    json: approved.decision,
    quorum: approved.quorum,
    confirms,
    given: {
      ...event,
      type: 'approval.given',
      decision: 'allowed',
      reason: confirms === undefined ? 'first' : 'further',
      content,
    },
    approved: { ...event, type: 'task.approved', decision: 'allowed', reason: approval.kind, task: task.id, content },
  });
  if (outcome === 'late') {
    // Nothing decided it: what the proof rested on is not so any more.
    if ('signIn' in by && !(await decidedMeanwhile(approval, pages))) {
      return showProblem(ctx, 'changed', approval, session, pages);
    }
    return showMeanwhile(ctx, approval, session, pages);
  }
  return outcome === 'given'
    ? showGiven(ctx, approval, session, pages)
    : showApproved(ctx, approval, { task, duration: approved.decision.duration }, session, pages);
}

async function decidedMeanwhile(
  { organization, id }: Approval,
  { approvals }: Pick<ApprovalPages, 'approvals'>,
): Promise<Approval | undefined> {
  const fresh = await approvals.find(organization, id);
  return fresh && isOver(fresh) ? fresh : undefined;
}

const eventOf = (
  approval: Approval,
  { task }: Approved,
  { person }: Session,
): Omit<EvidenceEvent, 'type' | 'decision'> => ({
  organization: approval.organization,
  person: person.id,
  agent: approval.agent,
  application: approval.clientId,
  resource: task.actions[0]?.resource,
  approval: approval.id,
});
