import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Context } from 'koa';

import { pacePolls } from '../../server/http/overload.ts';
import { stateOf } from '../../server/http/request-state.ts';

const requestTo = (path: string, prefer = '') => {
  const headers: Record<string, string> = {};
  const ctx = {
    path,
    req: { socket: { destroyed: false } },
    get: (name: string) => (name === 'Prefer' ? prefer : ''),
    set: (name: string, value: string) => {
      headers[name] = value;
    },
    status: 0,
    body: undefined as unknown,
  };
  return { ctx: ctx as unknown as Context & typeof ctx, headers };
};
const poll = () => requestTo('/token', 'wait=25').ctx;

/** A server with what it is asked to do, and where each request has got to. */
function serverWith({ behind = false, full = false, atOnce = 4 } = {}) {
  const load = { behind, full };
  const pace = pacePolls({ atOnce, isBehind: () => load.behind, isFull: () => load.full });
  const beginning = new Set<Context>();
  let end = () => {};
  const decided = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    load,
    beginning,
    end,
    /** Served until it waits for a person, then held until the end. */
    serve: (ctx: Context) =>
      pace(ctx, async () => {
        beginning.add(ctx);
        await decided;
      }),
    pace,
  };
}

/** As many polls as make a crowd, each of them held. */
async function crowd({ serve, beginning }: ReturnType<typeof serverWith>, count: number): Promise<void> {
  for (let n = 0; n < count; n++) void serve(poll());
  await turn();
  for (const ctx of beginning) {
    stateOf(ctx.req).begun?.();
    await null;
  }
  expect(beginning.size).toBe(count);
}

type Case = [
  what: string,
  path: string,
  prefer: string,
  others: number,
  load: { behind?: true; full?: true },
  served: boolean,
];
test.each([
  ['a held poll, when all is well', '/token', 'wait=25', 600, {}, true],
  [
    'a held poll, when the instance is behind but nobody else is there',
    '/token',
    'wait=25',
    10,
    { behind: true },
    true,
  ],
  ['CB-48: a held poll in a crowd that is behind', '/token', 'wait=25', 600, { behind: true }, false],
  ['issue 5.8: a held poll that there is no room for', '/token', 'wait=25', 10, { full: true }, false],
  ['a poll that does not wait', '/token', '', 600, { behind: true, full: true }, true],
  ['a decision', '/r/apr_1', '', 600, { behind: true, full: true }, true],
  ['a redemption', '/redemptions', '', 600, { behind: true, full: true }, true],
] as Case[])('%s', async (_what, path, prefer, others, load, served) => {
  const server = serverWith();
  await crowd(server, others);
  Object.assign(server.load, load);
  const { ctx, headers } = requestTo(path, prefer);
  let reached = false;
  await server.pace(ctx, async () => {
    reached = true;
  });
  server.end();
  expect(reached).toBe(served);
  if (served) return;
  expect([ctx.status, ctx.body]).toEqual([503, expect.objectContaining({ error: 'temporarily_unavailable' })]);
  expect(Number(headers['Retry-After'])).toBeGreaterThanOrEqual(2);
  expect(Number(headers['Retry-After'])).toBeLessThanOrEqual(10);
});

test('issue 5.8: ten thousand that come together begin a few at a time, in their order, and whoever does not wait goes by them', async () => {
  const server = serverWith({ atOnce: 3 });
  const polls = Array.from({ length: 10_000 }, poll);
  const held = polls.map(server.serve);
  await turn();
  expect([...server.beginning]).toEqual(polls.slice(0, 3));
  const { ctx } = requestTo('/token');
  void server.serve(ctx);
  expect(server.beginning.has(ctx)).toBe(true);
  server.beginning.delete(ctx);

  const [second] = polls.slice(1);
  stateOf(second?.req as Context['req']).begun?.();
  stateOf(second?.req as Context['req']).begun?.(); // whoever says it twice makes no second place
  await turn();
  expect([...server.beginning]).toEqual(polls.slice(0, 4));
  server.end();
  await Promise.all(held);
  expect([...server.beginning]).toEqual(polls);
});

test('a poll whose client went away while it stood in line begins nothing', async () => {
  const server = serverWith({ atOnce: 1 });
  const [first, second, third] = [poll(), poll(), poll()];
  const all = [first, second, third].map(server.serve);
  second.req.socket.destroyed = true;
  server.end();
  await Promise.all(all);
  expect([...server.beginning]).toEqual([first, third]);
});
