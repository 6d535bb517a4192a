import type { Context } from 'koa';

import type { Asking } from '../../views/decision.tsx';
import { visible } from '../../views/text.tsx';
import { DECIDERS } from '../../views/words/deciders.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import { textIn } from '../catalogue/language.ts';
import { inSameLanguage } from '../people/language.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { ofOthers } from './deciders.ts';
import type { ApprovalPages } from './pages.ts';
import { isInBrowser, showGiven } from './result.ts';
import { seen } from './screen.ts';
import { showMeanwhile, showProblem } from './show.ts';

/** As many are named; the others are counted. */
const NAMED = 5;

/** The person may not decide this: who may, how many of them have to, and which policy says so (U2, A6-5). */
export async function askingOf(
  approval: Approval,
  { say, list, either, catalogue }: Speaker,
  { approvals }: Pick<ApprovalPages, 'approvals'>,
): Promise<Asking> {
  const { deciders } = approval;
  if (!deciders?.group) throw new Error('nobody else decides this');
  const others = await approvals.others(approval.organization, approval.id);
  const names = others.slice(0, NAMED).map(({ name }) => visible(name, 80));
  const more = others.length - names.length;
  const people = list(more > 0 ? [...names, say(DECIDERS.andMore, { count: more })] : names);
  return {
    only: say(DECIDERS.only, { group: visible(deciders.group.name, 80) }),
    who: say(DECIDERS.willBeAsked, { count: ofOthers(approval), people: textOf(people) }),
    policy: say(DECIDERS.byPolicy, { policy: policyOf(approval, catalogue) }),
    ...(deciders.passes.length > 0 && {
      passes: say(DECIDERS.passes, { what: either(deciders.passes.map((one) => textIn(one, catalogue))) }),
    }),
  };
}

const textOf = (pieces: readonly { text: string }[]): string => pieces.map(({ text }) => text).join('');

/** What the policy says of itself to a reader; by its name where it says nothing. */
const policyOf = ({ deciders }: Approval, language: Speaker['catalogue']): string =>
  deciders === null ? '' : deciders.say === undefined ? deciders.rule : textIn(deciders.say, language);

/** Why others are asked, to whoever reads a decision that is not theirs alone; undefined where nothing is to be said. */
export function becauseOf(
  approval: Approval,
  part: 'person' | 'approver' | 'group' | 'escalation',
  { say, catalogue }: Speaker,
  subject: string,
): Said | undefined {
  const { deciders } = approval;
  const person = visible(subject, 80);
  if (part === 'escalation') return say(DECIDERS.escalated, { person });
  if (!deciders?.group) return undefined;
  const group = visible(deciders.group.name, 80);
  const count = ofOthers(approval);
  const words =
    part === 'group' ? say(DECIDERS.asOne, { person, group, count }) : say(DECIDERS.afterYou, { group, count });
  return `${words} ${say(DECIDERS.byPolicy, { policy: policyOf(approval, catalogue) })}` as Said;
}

/** "Ask for approval": from now on those who decide are asked, for this person as they are signed in now. */
export async function postAsk(
  ctx: Context,
  form: ReadonlyMap<string, string>,
  approval: Approval,
  session: Session,
  pages: ApprovalPages,
): Promise<void> {
  const { person, acr, amr, authenticatedAt } = session;
  if (form.get('request_hash') !== approval.requestHash) return showProblem(ctx, 'changed', approval, session, pages);
  const authentication = { acr, amr: [...amr], auth_time: Math.floor(authenticatedAt.getTime() / 1000) };
  const done = await pages.approvals.askOthers(approval, authentication, {
    organization: approval.organization,
    type: 'approval.asked',
    decision: 'reported',
    reason: approval.kind,
    person: person.id,
    agent: approval.agent,
    application: approval.clientId,
    resource: approval.actions[0]?.resource,
    approval: approval.id,
    content: {
      request_hash: approval.requestHash,
      deciders: approval.deciders,
      acr,
      amr,
      ...(await seen(approval, session, form, pages)),
    },
  });
  if (done === 'late') return showMeanwhile(ctx, approval, session, pages);
  if (done !== 'asked') {
    const here = isInBrowser(ctx, approval);
    if (here) await pages.browser.showInstead(ctx, done.waits);
    ctx.redirect(inSameLanguage(ctx, here ? ctx.path : `/r/${done.waits}`));
    ctx.status = 303;
    return;
  }
  return showGiven(ctx, { ...approval, othersSince: new Date() }, session, pages);
}
