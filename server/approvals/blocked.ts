import type { Context } from 'koa';

import { blockedWords, resultPage } from '../../views/result.tsx';
import { visible } from '../../views/text.tsx';
import { DECIDERS } from '../../views/words/deciders.ts';
import { RESULT } from '../../views/words/result.ts';
import { type Text, textIn } from '../catalogue/language.ts';
import { page } from '../http/respond.ts';
import { frameOf } from '../people/pages.ts';
import type { ApprovalPages, PolicyRefusal } from './pages.ts';
import { saidBy } from './ruling.ts';

/** A6-5: what the organization's policy says, and what would pass, to whoever would have been asked. */
export function showBlocked(
  ctx: Context,
  refusal: PolicyRefusal,
  url: string | undefined,
  { cookies }: Pick<ApprovalPages, 'cookies'>,
): void {
  const frame = frameOf(ctx, cookies);
  const { say, either, catalogue } = frame.speaker;
  const passes = either('passes' in refusal ? refusal.passes.map((one) => textIn(one as Text, catalogue)) : []);
  page(
    ctx,
    resultPage({
      frame,
      ...('group' in refusal
        ? {
            ...blockedWords(frame.speaker, refusal.rule),
            detail: say(DECIDERS.tooFew, { group: visible(refusal.group, 80) }),
          }
        : blockedWords(frame.speaker, saidBy({ ...refusal, say: refusal.say as Text | undefined }, catalogue))),
      ...(passes !== '' && { detail: say(RESULT.passes, { what: passes }) }),
      ...(url !== undefined && { continueTo: { url, label: say(RESULT.returnToAgent), automatic: false } }),
    }),
    403,
  );
}
