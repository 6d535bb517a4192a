import { CEREMONY } from '../../views/words/ceremony.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import { type Passkey, whyNotApproving } from '../people/passkey.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import type { ApprovalPages } from './pages.ts';

/** Why this person can approve nothing of high impact for this agent now; undefined: one of their passkeys may. */
export type CannotApprove = { because: 'no_passkey' | 'barred' } | { because: 'too_new'; from: Date };

/** The passkeys of this person that may approve for this agent, or why there is none. */
export async function usablePasskeys(
  approval: Pick<Approval, 'organization' | 'agent'>,
  { person }: Session,
  { passkeys: store, accountable }: Pick<ApprovalPages, 'passkeys' | 'accountable'>,
  now: Date,
): Promise<{ passkeys: readonly Passkey[]; cannot?: CannotApprove }> {
  const [all, agent] = await Promise.all([
    store.of(person.organization, person.id),
    accountable(approval.organization, approval.agent),
  ]);
  const reasons = all.map((passkey) => (agent ? whyNotApproving(passkey, agent, now) : 'barred'));
  const passkeys = all.filter((_, index) => reasons[index] === undefined);
  if (passkeys.length > 0) return { passkeys };
  if (all.length === 0) return { passkeys, cannot: { because: 'no_passkey' } };
  const [first] = all
    .filter((_, index) => reasons[index] === 'too_new')
    .toSorted((a, b) => a.mayApproveFrom.getTime() - b.mayApproveFrom.getTime());
  return { passkeys, cannot: first ? { because: 'too_new', from: first.mayApproveFrom } : { because: 'barred' } };
}

/** What the page says about it, and where it leads: nobody is left before a closed door. */
export function cannotApproveWords(
  cannot: CannotApprove,
  { say, clock }: Speaker,
  { timeZone, path }: { timeZone: string; path: string },
): { words: Said; link?: { href: string; label: Said } } {
  // And back from there to what waits.
  const href = `/settings/security?return_to=${encodeURIComponent(path)}`;
  const link = { href, label: say(CEREMONY.yourPasskeys) };
  switch (cannot.because) {
    case 'no_passkey':
      return { words: say(CEREMONY.noPasskey), link };
    case 'too_new':
      return { words: say(CEREMONY.tooNew, { time: clock(cannot.from, timeZone) }), link };
    case 'barred':
      return { words: say(CEREMONY.barred), link };
  }
}
