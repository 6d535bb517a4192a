import type { Compared, Differences } from '../../views/compared.tsx';
import { COMPARED } from '../../views/words/compared.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import { valuesOf } from '../catalogue/describe.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import type { Person } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { type DescribedAction, describeApproval } from './decide.ts';
import type { ApprovalPages } from './pages.ts';
import { describeGranted } from './quorum.ts';
import type { SignedDecision } from './store.ts';

/**
 * What whoever decides for somebody else compares (A6): with the latest decision about the same actions of this agent for
 * this person, and with what was asked, where the first of them allowed less. Of another person's requests they read nothing.
 */
export async function comparedProps(
  approval: Approval,
  described: readonly DescribedAction[],
  { first, reader }: { first: SignedDecision | undefined; reader: Person },
  pages: ApprovalPages,
  speaker: Speaker,
): Promise<{ compared: Compared }> {
  const catalogue = pages.catalogue();
  const to = { person: reader, locale: speaker.catalogue, catalogue };
  const before = await pages.approvals.latestLike(approval);
  const asked = first && describeApproval(approval, catalogue, reader, speaker.catalogue);
  const narrowed = asked && differencesOf(asked, described);
  return {
    compared: {
      person: reader.name,
      last: before?.decidedAt
        ? {
            outcome: outcomeOf(before, speaker),
            time: speaker.clock(before.decidedAt, reader.timeZone),
            wasAllowed: before.status === 'approved',
            differences: sinceThen(before, described, to),
          }
        : undefined,
      narrowed: first && narrowed && hasAny(narrowed) ? { person: first.personName, differences: narrowed } : undefined,
    },
  };
}

/** Against what was granted, where something was: what was asked for beyond that, nobody allowed. */
function sinceThen(
  before: Approval,
  described: readonly DescribedAction[],
  to: Parameters<typeof describeGranted>[2],
): Differences | undefined {
  const granted = before.decision?.granted ?? [];
  const then =
    before.status === 'approved'
      ? describeGranted(before, { task: { actions: granted } }, to)
      : describeApproval(before, to.catalogue, to.person, to.locale);
  return then && differencesOf(then, described);
}

function outcomeOf({ status, decision, quorum }: Approval, { say }: Speaker): Said {
  if (status === 'denied') return say(OUTCOMES.denied);
  return say(decision?.duration === 'once' ? COMPARED.allowedOnce : COMPARED.allowed, { count: quorum });
}

const hasAny = ({ values, added, left }: Differences): boolean => values.length + added.length + left.length > 0;

/** Which values differ between two requests for the same actions, as the catalogue names and writes them. */
export function differencesOf(before: readonly DescribedAction[], after: readonly DescribedAction[]): Differences {
  const left = [...before];
  const pairs = after.map((now) => {
    const index = left.findIndex(({ requested }) => requested.action === now.requested.action);
    return { now, was: index < 0 ? undefined : left.splice(index, 1)[0] };
  });
  const several = after.length > 1;
  return {
    values: pairs.flatMap(({ was, now }) =>
      was === undefined
        ? []
        : changedIn(was, now).map((value) => ({
            ...value,
            about: several ? now.description.headlineText : undefined,
          })),
    ),
    added: pairs.flatMap(({ was, now }) => (was === undefined ? [now.description.headlineText] : [])),
    left: left.map(({ description }) => description.headlineText),
  };
}

function changedIn(then: DescribedAction, now: DescribedAction) {
  const shown = [then, now].map(({ description }) => new Map(description.values.map((value) => [value.name, value])));
  const raw = [then, now].map(({ requested }) => valuesOf(requested.parameters, requested.facts));
  const names = [...new Set(shown.toReversed().flatMap((values) => [...values.keys()]))];
  return names.flatMap((name) => {
    const [before, after] = shown.map((values) => values.get(name));
    const [was, is] = raw.map((values) => (Object.hasOwn(values, name) ? canonicalJson(values[name]) : undefined));
    // Another version may write the same value otherwise, and two ways to write an instant read the same.
    if (was === is || before?.text === after?.text) return [];
    return [{ label: (after ?? before)?.label ?? name, before: before?.text, after: after?.text }];
  });
}
