import type Router from '@koa/router';
import type { Context } from 'koa';

import { type CodesSection, recoveryCodesPage } from '../../views/recovery-codes.tsx';
import type { Cookies } from '../http/cookies.ts';
import { page } from '../http/respond.ts';
import { inSameLanguage, speakerFor } from './language.ts';
import { checkedForm, frameOf, signedIn } from './pages.ts';
import type { Session } from './person.ts';
import {
  newRecoveryCode,
  RECOVERY_CODES,
  type RecoveryCodeStore,
  readRecoveryCode,
  recoveryCodeHash,
} from './recovery-codes.ts';

interface CodePages {
  recoveryCodes: RecoveryCodeStore;
  cookies: Cookies;
}

const FRESH_MS = 300_000;

/** Signed in with a passkey just now: what lets somebody in without one is made by nobody else. */
const mayMake = ({ acr, authenticatedAt }: Session): boolean =>
  acr === 'phr' && Date.now() - authenticatedAt.getTime() < FRESH_MS;

/** What the page of passkeys says of the codes; undefined for whoever has a passkey to lose or no password beside it. */
export async function codesOf(
  ctx: Context,
  session: Session,
  hasPasskey: boolean,
  { recoveryCodes }: Pick<CodePages, 'recoveryCodes'>,
): Promise<CodesSection | undefined> {
  const { organization, id, timeZone } = session.person;
  const codes = hasPasskey ? await recoveryCodes.of(organization, id) : undefined;
  return (
    codes && {
      left: codes.left,
      made: codes.madeAt ? speakerFor(ctx).clock(codes.madeAt, timeZone) : undefined,
      tooSoon: codes.tooSoon,
      signInFirst: mayMake(session)
        ? undefined
        : inSameLanguage(ctx, '/login?return_to=%2Fsettings%2Fsecurity&fresh=1&passkey=1'),
    }
  );
}

/** Makes ten in the place of all there are, and shows them once. */
export function recoveryCodeRoutes(
  router: Router,
  { recoveryCodes, cookies }: CodePages,
  refused: (ctx: Context, session: Session) => Promise<void>,
): void {
  router.post('/settings/security/recovery-codes', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    await checkedForm(ctx, cookies);
    const { organization, id } = session.person;
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    const hashes = codes.map((code) => recoveryCodeHash(id, readRecoveryCode(code) ?? ''));
    if (!mayMake(session) || !(await recoveryCodes.replace(organization, id, hashes))) return refused(ctx, session);
    page(ctx, recoveryCodesPage({ frame: frameOf(ctx, cookies), codes }));
  });
}
