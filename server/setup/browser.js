import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const USUAL = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const HAS_APT = fs.existsSync('/usr/bin/apt-get');
const IS_ROOT = process.getuid?.() === 0;

/** What a person would type. */
export const INSTALL_COMMAND = HAS_APT
  ? `${IS_ROOT ? '' : 'sudo '}apt-get install -y chromium`
  : 'npx playwright-core install chromium';

/**
 * The path of a Chromium that runs here: the one CHROMIUM names, a system package, or the browser tool's own download.
 * @param {string} root
 * @returns {Promise<string | undefined>}
 */
export async function findBrowser(root) {
  const named = process.env.CHROMIUM;
  if (named) {
    if (!runs(named)) throw new Error(`CHROMIUM names ${named}, which does not run: correct it or leave it out`);
    return named;
  }
  return USUAL.find(runs) ?? [await downloaded(root)].find((file) => file !== undefined && runs(file));
}

/**
 * The same engine without windows, a third of the work: for whatever needs no window of the system, as a notification
 * does. Undefined where it is not installed, and where CHROMIUM names the browser that is wanted.
 * @returns {string | undefined}
 */
export function findShell() {
  return process.env.CHROMIUM ? undefined : ['/usr/bin/chromium-headless-shell'].find(runs);
}

/**
 * As root by the system's packages, which bring every library; else by the browser tool, which brings the browser only.
 * @param {string} root
 */
export async function installBrowser(root) {
  console.error('No browser found; installing one for the tests. This happens once, and takes up to a minute.');
  if (IS_ROOT && HAS_APT) {
    const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
    run(root, 'apt-get', [...wait, 'update']);
    if (run(root, 'apt-get', [...wait, 'install', '-y', '--no-install-recommends', 'chromium'])) return;
  }
  const cli = path.join(root, 'node_modules/playwright-core/cli.js');
  run(root, process.execPath, [
    cli,
    'install',
    '--no-shell',
    ...(IS_ROOT && HAS_APT ? ['--with-deps'] : []),
    'chromium',
  ]);
}

/**
 * A file can be there and not run: a stub of another package system, or missing libraries.
 * @param {string} file
 */
function runs(file) {
  return fs.existsSync(file) && spawnSync(file, ['--version'], { timeout: 20_000 }).status === 0;
}

/** @param {string} root */
async function downloaded(root) {
  try {
    const tool = await import(pathToFileURL(path.join(root, 'node_modules/playwright-core/index.mjs')).href);
    return /** @type {string} */ (tool.chromium.executablePath());
  } catch {
    return undefined; // not installed, or nothing for this platform
  }
}

/**
 * @param {string} root
 * @param {string} command
 * @param {string[]} args
 * @param {2 | 'ignore'} output
 */
function run(root, command, args, output = 2) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { cwd: root, env, stdio: ['ignore', output, output], timeout: 600_000 }).status === 0;
}
