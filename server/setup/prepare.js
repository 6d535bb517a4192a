// Makes a checkout ready: `node server/setup/prepare.js [build] [browser]`. Every npm script begins with it, so that
// each works on a fresh clone. It runs on the Node that happens to be there (18 or newer), before anything is
// installed: these files import nothing but Node's own modules. It writes to stderr only, and exits with 1 or 2.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBrowser, INSTALL_COMMAND, installBrowser } from './browser.js';
import { build, isBuilt } from './build.js';
import { install, isInstalled } from './install.js';
import { withLock } from './lock.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const wanted = process.argv.slice(2);

try {
  if (!isInstalled(root)) await withLock(root, async () => isInstalled(root) || (await install(root)));
  requireNode();
  if (wanted.includes('build') && !isBuilt(root))
    await withLock(root, async () => isBuilt(root) || (await build(root)));
  if (wanted.includes('browser') && !(await findBrowser(root))) {
    await withLock(root, async () => (await findBrowser(root)) || (await installBrowser(root)));
    if (!(await findBrowser(root))) {
      console.error(`No browser could be installed: its tests are skipped. To install one: ${INSTALL_COMMAND}`);
    }
  }
} catch (error) {
  const { code, message, path: file } = /** @type {NodeJS.ErrnoException} */ (error);
  const unwritable = code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
  console.error(unwritable ? `${file ?? root} cannot be written (${code}): run this as the owner of ${root}` : message);
  process.exit(unwritable ? 2 : 1);
}

/** npm puts node_modules/.bin first, where the packages of the supported platforms leave Node 24. */
function requireNode() {
  if (existsSync(path.join(root, 'node_modules/.bin/node'))) return;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return;
  console.error(
    `Node ${process.versions.node} is too old, and there is no Node 24 package for ${process.platform}-${process.arch}: install Node 24 (22.18 at least) and run this again`,
  );
  process.exit(2);
}
