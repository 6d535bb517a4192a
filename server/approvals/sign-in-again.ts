import type { Context } from 'koa';

import { resultPage } from '../../views/result.tsx';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { SIGN_IN } from '../../views/words/sign-in.ts';
import { page } from '../http/respond.ts';
import type { Confirms } from '../people/federation.ts';
import { inSameLanguage } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import { UpstreamRefused } from '../people/upstream.ts';
import type { Approval } from './approval.ts';
import type { ApprovalPages } from './pages.ts';
import type { ConfirmingProvider } from './store.ts';

/** Begins a sign-in at a provider that confirms one decision; answers where the browser goes. @throws UpstreamRefused */
export type BeginSignInAgain = (
  provider: string,
  asked: { browser: string; returnTo: string; confirms: Confirms },
) => Promise<string | undefined>;

/** In the address to which the provider sends back: the page of six facts that was read. What counts lies with the decision. */
const CONFIRMING = 'confirms';
export const confirmingIn = ({ query }: Pick<Context, 'query'>): string | undefined =>
  typeof query[CONFIRMING] === 'string' ? query[CONFIRMING] : undefined;

/** The providers that may take the passkey's place for this person now; `from`: the earliest that may later. */
export async function providersNow(
  { organization, agent }: Approval,
  { person }: Session,
  { approvals }: Pick<ApprovalPages, 'approvals'>,
  now: Date,
): Promise<{ providers: ConfirmingProvider[]; from: Date | undefined }> {
  const all = await approvals.confirmingProviders(organization, person.id, agent);
  const [providers, later] = [all.filter(({ from }) => from <= now), all.filter(({ from }) => from > now)];
  return { providers, from: providers.length > 0 ? undefined : later[0]?.from };
}

/** To the provider's door, for exactly this decision (U4-5). What comes back decides nothing: the person presses once more. */
export async function signInAgain(
  ctx: Context,
  provider: ConfirmingProvider,
  approval: Approval,
  { hash, readScreen }: { hash: string; readScreen: string | undefined },
  session: Session,
  { cookies, beginSignInAgain }: Pick<ApprovalPages, 'cookies' | 'beginSignInAgain'>,
): Promise<void> {
  const frame = frameOf(ctx, cookies);
  const { say } = frame.speaker;
  const back = inSameLanguage(ctx, ctx.path);
  const returnTo = `${back}${back.includes('?') ? '&' : '?'}${CONFIRMING}=${encodeURIComponent(readScreen ?? '')}`;
  const confirms = { person: session.person.id, approval: approval.id, hash, askedAt: approval.askedAt.toISOString() };
  try {
    const url = await beginSignInAgain(provider.id, { browser: cookies.csrf(ctx), returnTo, confirms });
    if (url === undefined) throw new UpstreamRefused('unreachable', 'it was removed');
    const label = say(CEREMONY.signInAgain, { provider: provider.name });
    page(
      ctx,
      // Never a redirect of the form (D11).
      resultPage({
        frame,
        title: label,
        message: say(CEREMONY.comeBackToConfirm, { provider: provider.name }),
        status: 'info',
        continueTo: { url, label, automatic: true },
      }),
    );
  } catch (cause) {
    if (!(cause instanceof UpstreamRefused)) throw cause;
    page(
      ctx,
      resultPage({
        frame,
        title: say(SIGN_IN.unreachable),
        message: say(CEREMONY.providerGone, { provider: provider.name }),
        status: 'error',
        continueTo: { url: back, label: say(CEREMONY.backToRequest), automatic: false },
      }),
      503,
    );
  }
}
