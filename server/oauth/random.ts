import { randomFillSync } from 'node:crypto';

/** As many bytes as a few dozen requests need: asking the system for a few at a time costs more than all else about them. */
const pool = Buffer.alloc(8192);
let used = pool.length;

/** Random bytes of the system's generator. None is given twice, and none stays here after it was given. */
export function randomFrom(count: number): Buffer {
  if (count > pool.length) return randomFillSync(Buffer.alloc(count));
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + count));
  pool.fill(0, used, used + count);
  used += count;
  return bytes;
}
