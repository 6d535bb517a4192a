import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const SOURCES = ['server', 'adapters', 'grants', 'views', 'migrations', 'bench'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/**
 * Whether dist/ was made from exactly these sources.
 * @param {string} root
 */
export function isBuilt(root) {
  try {
    return fs.readFileSync(path.join(root, 'dist/.built-from'), 'utf8') === fingerprintOf(root);
  } catch {
    return false;
  }
}

/**
 * Compiles beside dist/ and swaps, so that a command that starts meanwhile never loads half of it.
 * @param {string} root
 * @param {string} dist
 */
export async function build(root, dist = path.join(root, 'dist')) {
  const fresh = `${dist}.${process.pid}`;
  const from = fingerprintOf(root);
  try {
    const tsc = path.join(root, 'node_modules/.bin/tsc');
    const { status } = spawnSync(tsc, ['-p', path.join(root, 'tsconfig.build.json'), '--outDir', fresh], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, PATH: `${path.dirname(tsc)}${path.delimiter}${process.env.PATH ?? ''}` },
    });
    if (status !== 0) throw new Error('The build failed; the reason is above.');
    for (const file of sources(root).filter(
      (name) => !/\.(ts|tsx|md)$/.test(name) && !name.startsWith('server/setup'),
    )) {
      fs.mkdirSync(path.dirname(path.join(fresh, file)), { recursive: true });
      fs.copyFileSync(path.join(root, file), path.join(fresh, file));
    }
    fs.writeFileSync(path.join(fresh, '.built-from'), from);
    fs.rmSync(dist, { recursive: true, force: true });
    fs.renameSync(fresh, dist);
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * Of everything that goes into a build.
 * @param {string} root
 */
export function fingerprintOf(root) {
  const hash = createHash('sha256');
  for (const file of [...SETTINGS, ...sources(root)]) hash.update(file).update(fs.readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @returns {string[]} relative to root
 */
function sources(root) {
  /** @param {string} dir @returns {string[]} */
  const below = (dir) =>
    fs
      .readdirSync(path.join(root, dir), { withFileTypes: true })
      .flatMap((entry) => (entry.isDirectory() ? below(`${dir}/${entry.name}`) : [`${dir}/${entry.name}`]));
  return SOURCES.filter((dir) => fs.existsSync(path.join(root, dir)))
    .flatMap(below)
    .sort();
}
