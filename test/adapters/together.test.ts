import { expect, test } from '@jest/globals';

import { together } from '../../adapters/postgres/together.ts';

/** Answers each key doubled, when it is let to; remembers who was asked with whom. */
function doubling() {
  const asked: number[][] = [];
  const waiting: (() => void)[] = [];
  const ask = async (keys: readonly number[]) => {
    asked.push([...keys]);
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (keys.includes(13)) throw new Error('thirteen');
    return keys.map((key) => key * 2);
  };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  const answer = async () => {
    await turn();
    waiting.shift()?.();
    await turn();
  };
  return { call: together(ask), asked, answer };
}

test('calls of one turn are asked together, and those that come meanwhile together after them', async () => {
  const { call, asked, answer } = doubling();
  const first = Promise.all([1, 2, 3].map(call));
  await answer();
  const second = [4, 5].map(call);
  await answer();
  expect(await first).toEqual([2, 4, 6]);
  expect(await Promise.all(second)).toEqual([8, 10]);
  expect(asked).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

test('issue 5.8: ten thousand that end in one moment are fifty statements, one after another', async () => {
  let [statements, atOnce, most] = [0, 0, 0];
  const call = together(async (keys: readonly number[]) => {
    statements += 1;
    atOnce += 1;
    most = Math.max(most, atOnce);
    await null;
    atOnce -= 1;
    return keys;
  });
  const keys = Array.from({ length: 10_000 }, (_, index) => index);
  expect(await Promise.all(keys.map(call))).toEqual(keys);
  expect([statements, most]).toEqual([50, 1]);
});

test('a fault is told to those who were asked together, and to nobody after them', async () => {
  const { call, answer } = doubling();
  const failed = Promise.allSettled([12, 13].map(call));
  await answer();
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = call(14);
  await answer();
  expect(await next).toBe(28);
});
