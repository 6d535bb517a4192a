import { CEREMONY } from '../../views/words/ceremony.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import { type Passkey, whyNotApproving } from '../people/passkey.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import type { ApprovalPages } from './pages.ts';
import { providersNow } from './sign-in-again.ts';
import type { ConfirmingProvider } from './store.ts';

/** Why this person can approve nothing of high impact for this agent now; undefined: one of their passkeys may. */
export type CannotApprove =
  | { because: 'no_passkey' | 'barred' | 'not_device_bound' }
  | { because: 'too_new' | 'account_too_new'; from: Date };

/**
 * The passkeys of this person that may approve for this agent, or why there is none.
 *
 * @param bySignIn whether a fresh sign-in may take their place: then the providers, for whoever has no passkey at all
 */
export async function usablePasskeys(
  approval: Approval,
  session: Session,
  pages: Pick<ApprovalPages, 'passkeys' | 'accountable' | 'approvals'>,
  now: Date,
  bySignIn = false,
): Promise<{ passkeys: readonly Passkey[]; providers?: readonly ConfirmingProvider[]; cannot?: CannotApprove }> {
  const { passkeys: store, accountable } = pages;
  const { person } = session;
  const [all, agent] = await Promise.all([
    store.of(person.organization, person.id),
    accountable(approval.organization, approval.agent),
  ]);
  const reasons = all.map((passkey) => (agent ? whyNotApproving(passkey, agent, person, now) : 'barred'));
  const passkeys = all.filter((_, index) => reasons[index] === undefined);
  if (passkeys.length > 0) return { passkeys };
  if (all.length === 0) {
    const { providers, from } = bySignIn ? await providersNow(approval, session, pages, now) : NONE;
    if (providers.length > 0) return { passkeys, providers };
    return { passkeys, cannot: from ? { because: 'account_too_new', from } : { because: 'no_passkey' } };
  }
  const [first] = all
    .filter((_, index) => reasons[index] === 'too_new')
    .toSorted((a, b) => a.mayApproveFrom.getTime() - b.mayApproveFrom.getTime());
  if (first) return { passkeys, cannot: { because: 'too_new', from: first.mayApproveFrom } };
  return { passkeys, cannot: { because: reasons.includes('not_device_bound') ? 'not_device_bound' : 'barred' } };
}

const NONE: Awaited<ReturnType<typeof providersNow>> = { providers: [], from: undefined };

/** What the page says about it, and where it leads: nobody is left before a closed door. */
export function cannotApproveWords(
  cannot: CannotApprove,
  { say, clock }: Speaker,
  { timeZone, path }: { timeZone: string; path: string },
): { words: Said; link: { href: string; label: Said } } {
  // And back from there to what waits.
  const href = `/settings/security?return_to=${encodeURIComponent(path)}`;
  const link = { href, label: say(CEREMONY.yourPasskeys) };
  switch (cannot.because) {
    case 'no_passkey':
      return { words: say(CEREMONY.noPasskey), link: { href, label: say(CEREMONY.addPasskey) } };
    case 'too_new':
      return { words: say(CEREMONY.tooNew, { time: clock(cannot.from, timeZone) }), link };
    case 'account_too_new':
      return { words: say(CEREMONY.accountTooNew, { time: clock(cannot.from, timeZone) }), link };
    case 'not_device_bound':
      return { words: say(CEREMONY.notDeviceBound), link };
    case 'barred':
      return { words: say(CEREMONY.barred), link };
  }
}
