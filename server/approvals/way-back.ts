import type { Context } from 'koa';

import type { ResultPage } from '../../views/result.tsx';
import { RESULT } from '../../views/words/result.ts';
import type { Said } from '../../views/words/words.ts';
import { speakerFor } from '../people/language.ts';
import type { ApprovalPages } from './pages.ts';

/**
 * The link back to whoever waits in this browser. There is none where the engine has forgotten the request between the
 * page and the answer: what was decided stands, and the agent that asks again finds it.
 */
export async function wayBack(
  ctx: Context,
  result: { task: string } | { denied: string },
  { label, automatic }: { label: Said; automatic: boolean },
  { browser }: Pick<ApprovalPages, 'browser'>,
): Promise<Pick<ResultPage, 'continueTo' | 'detail'>> {
  const url = await browser.decided(ctx, result);
  return url === undefined
    ? { detail: speakerFor(ctx).say(RESULT.closeThis) }
    : { continueTo: { url, label, automatic } };
}
