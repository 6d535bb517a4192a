import { expect, test } from '@jest/globals';
import type { Context } from 'koa';

import { shedPolls } from '../../server/http/overload.ts';

const requestTo = (path: string, prefer = '') => {
  const headers: Record<string, string> = {};
  const ctx = {
    path,
    get: (name: string) => (name === 'Prefer' ? prefer : ''),
    set: (name: string, value: string) => {
      headers[name] = value;
    },
    status: 0,
    body: undefined as unknown,
  };
  return { ctx: ctx as unknown as Context & typeof ctx, headers };
};

/** As many requests as make a crowd, held until the test ends. */
function crowd(shed: ReturnType<typeof shedPolls>, count: number): () => void {
  let end = () => {};
  const held = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (let n = 0; n < count; n++) void shed(requestTo('/token', 'wait=25').ctx, () => held);
  return end;
}

test.each([
  ['a held poll, when all is well', '/token', 'wait=25', 600, false, true],
  ['a held poll, when the instance is behind but nobody else is there', '/token', 'wait=25', 10, true, true],
  ['CB-48: a held poll in a crowd that is behind', '/token', 'wait=25', 600, true, false],
  ['a poll that does not wait', '/token', '', 600, true, true],
  ['a decision', '/r/apr_1', '', 600, true, true],
  ['a redemption', '/redemptions', '', 600, true, true],
] as [string, string, string, number, boolean, boolean][])(
  '%s',
  async (_name, path, prefer, others, isBehind, served) => {
    let behind = false;
    const shed = shedPolls(() => behind);
    const end = crowd(shed, others);
    behind = isBehind;
    const { ctx, headers } = requestTo(path, prefer);
    let reached = false;
    await shed(ctx, async () => {
      reached = true;
    });
    end();
    expect(reached).toBe(served);
    if (served) return;
    expect([ctx.status, ctx.body]).toEqual([503, expect.objectContaining({ error: 'temporarily_unavailable' })]);
    expect(Number(headers['Retry-After'])).toBeGreaterThanOrEqual(2);
    expect(Number(headers['Retry-After'])).toBeLessThanOrEqual(10);
  },
);
