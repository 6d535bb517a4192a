import type { Context } from 'koa';

import { resultPage } from '../../views/result.tsx';
import { RESULT } from '../../views/words/result.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { tooWeak } from '../delegation/rules/authentication.ts';
import { page } from '../http/respond.ts';
import { frameOf, toSignIn } from '../people/pages.ts';
import type { Session } from '../people/person.ts';
import type { Approval } from './approval.ts';
import { isForOthers } from './deciders.ts';
import type { ApprovalPages } from './pages.ts';
import { asksForPasskey } from './proof.ts';

/** Seconds within which a sign-in is the one that was just asked for. */
const JUST_NOW = 60;

/** As lately and as strongly as every action asks. */
export const isSignInEnough = (
  { actions }: Pick<Approval, 'actions'>,
  { acr, amr, authenticatedAt }: Session,
  catalogue: Catalogue,
  now: Date,
): boolean =>
  tooWeak(actions, { acr, amr, auth_time: Math.floor(authenticatedAt.getTime() / 1000) }, catalogue, now) === undefined;

/**
 * Whoever decides has signed in as lately and as strongly as every action asks (RFC 9470): else the task would be worth
 * nothing to the agent, which would be told to come back. Answers the request itself and is true where they have not.
 * A passkey at the decision is as strong and as fresh as there is, so where one is asked anyway nothing is asked here.
 */
export function askedToSignIn(
  ctx: Context,
  approval: Approval,
  session: Session,
  { catalogue, cookies }: Pick<ApprovalPages, 'catalogue' | 'cookies'>,
): boolean {
  const { person, authenticatedAt } = session;
  if (person.id !== approval.person) return false;
  // Others sign in the person's place, and not for how the person signed in.
  if (asksForPasskey(approval, catalogue()) && !isForOthers(approval)) return false;
  const now = new Date();
  if (isSignInEnough(approval, session, catalogue(), now)) return false;
  // They did what they could, and it is still not what the API asks: to send them round again would never end.
  if (now.getTime() - authenticatedAt.getTime() > JUST_NOW * 1000) toSignIn(ctx, true);
  else {
    const frame = frameOf(ctx, cookies);
    const { say } = frame.speaker;
    const words = { title: say(RESULT.anotherSignIn), message: say(RESULT.anotherSignInMeans) };
    page(ctx, resultPage({ frame, ...words, status: 'error' }), 403);
  }
  return true;
}
