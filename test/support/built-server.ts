import fs from 'node:fs';
import path from 'node:path';
import { build, fingerprintOf } from '../../server/setup/build.js';

const ROOT = path.join(import.meta.dirname, '../..');
const CACHE = path.join(ROOT, 'node_modules/.cache/countersign');
const DAY_MS = 86_400_000;

/**
 * The directory of a build of the sources as they are now, for tests that need the server as a process of its own.
 * Made once per state of the sources, apart from dist/, which a person may be running.
 */
export async function builtServer(): Promise<string> {
  const built = path.join(CACHE, fingerprintOf(ROOT).slice(0, 16));
  if (fs.existsSync(built)) return built;
  fs.mkdirSync(CACHE, { recursive: true });
  for (const name of fs.readdirSync(CACHE)) {
    const old = path.join(CACHE, name);
    if (Date.now() - fs.statSync(old).mtimeMs > DAY_MS) fs.rmSync(old, { recursive: true, force: true });
  }
  const mine = `${built}.${process.pid}`;
  await build(ROOT, mine);
  fs.writeFileSync(path.join(mine, 'package.json'), '{"type":"module"}\n'); // below node_modules the root's does not count
  try {
    fs.renameSync(mine, built);
  } catch (error) {
    fs.rmSync(mine, { recursive: true, force: true }); // another worker was first
    if (!fs.existsSync(built)) throw error;
  }
  return built;
}
