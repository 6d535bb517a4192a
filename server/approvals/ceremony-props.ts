import type { DecisionAction, DecisionPage } from '../../views/decision.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import { worse } from '../catalogue/action.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import type { DescribedAction } from './decide.ts';
import type { Retry } from './decision-props.ts';
import type { ApprovalPages } from './pages.ts';
import { asksForPasskey, ceremonyFor, isHurried, isTouchedFor, mayConfirmBySignIn } from './proof.ts';
import { approvalsSoFar } from './result.ts';
import type { SignedDecision } from './store.ts';
import { fieldsFor } from './touches.ts';
import { cannotApproveWords, usablePasskeys } from './usable-passkeys.ts';

type CeremonyProps = Partial<
  Pick<
    DecisionPage,
    | 'criticalValue'
    | 'criticalTicks'
    | 'passkeyInstead'
    | 'cannotApprove'
    | 'approvals'
    | 'number'
    | 'durations'
    | 'actions'
  >
>;

/** What the page asks of the person beside the click, by the impact of what it shows. */
export async function ceremonyProps(
  approval: Approval,
  described: readonly DescribedAction[],
  { signed, forAnother }: { signed: readonly SignedDecision[]; forAnother: boolean },
  session: Session,
  pages: ApprovalPages,
  { speaker, path }: { speaker: Speaker; path: string },
  retry: Retry,
): Promise<CeremonyProps> {
  const { say } = speaker;
  const { organizationDomains, timeZone } = session.person;
  const impact = described.map(({ description }) => description.impact).reduce(worse, 'low');
  const [first] = signed;
  const quorum = Math.max(approval.quorum, impact === 'critical' ? 2 : 1);
  const hurried = await isHurried(impact, session.person, pages);
  const passkey = forAnother || asksForPasskey(approval, pages.catalogue());
  const ceremony = ceremonyFor({ impact, quorum }, { passkey, hurried });
  const bySignIn = mayConfirmBySignIn({ impact, quorum }, { passkey });
  const usable =
    ceremony.passkey || approval.hasNumber
      ? await usablePasskeys(approval, session, pages, new Date(), bySignIn)
      : undefined;
  const wrong = retry.wrongValue ?? false;
  const touched = (one: DescribedAction, index?: number) =>
    isTouchedFor(one.description, { hurried })
      ? fieldsFor(one, {
          organizationDomains,
          wrong,
          say,
          choosesIn: session.person.chooses ? one.description.language : undefined,
          ...(index !== undefined && { index }),
        })
      : {};
  const [only, ...more] = described;
  return {
    ...(only && more.length === 0 && touched(only)),
    ...(usable?.cannot &&
      ceremony.passkey && { cannotApprove: cannotApproveWords(usable.cannot, speaker, { timeZone, path }) }),
    passkeyInstead: usable !== undefined && usable.passkeys.length > 0,
    ...(first
      ? { approvals: approvalsSoFar(signed, speaker, timeZone) }
      : quorum > 1 && approval.deciders?.group === undefined && { approvals: say(CEREMONY.needsSecond) }),
    ...(more.length > 0 && {
      actions: described.map(
        (one, index): DecisionAction => ({
          index,
          sentence: one.description.headlineText,
          impactLine: one.description.impactLine,
          impact: one.description.impact,
          preselected: one.description.impact === 'low',
          chosen: retry.form?.get(`action_${index}`),
          // What the first person signed is approved as it is, or not at all.
          fixed: first !== undefined,
          ...touched(one, index),
        }),
      ),
    }),
    // The number shows the person that they started it; others do not see it.
    ...((first || forAnother) && { number: undefined }),
    // What was chosen by the first is not chosen again.
    ...(first && {
      durations: [{ value: first.decided.decision.duration, label: asItIs(''), checked: true }],
    }),
  };
}
