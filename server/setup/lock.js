import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 1000;
const STALE_MS = 15_000;

/**
 * Runs the work while nobody else does it in this checkout. A directory is the lock: making one is atomic everywhere.
 * Its holder touches it every second, so a killed holder, even in another container, blocks nobody for long.
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(root, work) {
  const lock = path.join(root, '.setup-lock');
  for (let waited = 0; !take(lock); waited += 200) {
    if (waited === 1000) console.error('Another command is setting this checkout up; waiting for it.');
    await sleep(200);
  }
  const beat = setInterval(() => fs.utimes(lock, new Date(), new Date(), () => {}), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    fs.rmSync(lock, { recursive: true, force: true });
  }
}

/** @param {string} lock */
function take(lock) {
  try {
    fs.mkdirSync(lock);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  try {
    if (Date.now() - fs.statSync(lock).mtimeMs > STALE_MS) {
      // Renamed first: of several that find it stale, one gets it out of the way.
      const stale = `${lock}.${randomUUID()}`;
      fs.renameSync(lock, stale);
      fs.rmSync(stale, { recursive: true, force: true });
    }
  } catch {
    // its holder, or another that waits, was faster
  }
  return false;
}
