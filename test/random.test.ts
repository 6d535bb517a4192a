import { expect, test } from '@jest/globals';

import { newSecret } from '../server/oauth/ids.ts';
import { randomFrom } from '../server/oauth/random.ts';

test('random bytes: as many as asked, none given twice, none that changes after it was given', () => {
  const sizes = [1, 5, 16, 32, 272, 8191, 8192, 8193, 20_000];
  const given = Array.from({ length: 2000 }, (_, index) => randomFrom(sizes[index % 4] ?? 16));
  expect(sizes.map((size) => randomFrom(size).length)).toEqual(sizes);
  const words = given.filter(({ length }) => length >= 16).map((bytes) => bytes.toString('hex'));
  for (let more = 0; more < 1000; more++) randomFrom(100);
  expect(given.filter(({ length }) => length >= 16).map((bytes) => bytes.toString('hex'))).toEqual(words);
  expect(new Set(words).size).toBe(words.length);
  // A pool that was never filled, or is filled over and over with the same, would show here.
  const secrets = new Set(Array.from({ length: 10_000 }, newSecret));
  expect(secrets.size).toBe(10_000);
  const counts = Array.from({ length: 256 }, () => 0);
  for (const byte of randomFrom(200_000)) counts[byte] = (counts[byte] ?? 0) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(500);
});
