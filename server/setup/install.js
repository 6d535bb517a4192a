import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Whether node_modules is what package-lock.json says, for this platform.
 * @param {string} root
 */
export function isInstalled(root) {
  try {
    const stamp = fs.readFileSync(stampFile(root), 'utf8');
    if (stamp === fingerprint(root)) return true;
  } catch {
    // no stamp: somebody may have run `npm ci` by hand
  }
  return agrees(root) && (fs.existsSync(linkedNode(root)) || !fs.existsSync(packagedNode(root)));
}

/**
 * Makes it so, and Node 24 the `node` of every npm script.
 * @param {string} root
 */
export async function install(root) {
  if (!agrees(root)) await installPackages(root);
  linkNode(root);
  fs.writeFileSync(stampFile(root), fingerprint(root));
}

/**
 * `npm ci`; where that refuses (a registry that lacks packages of other platforms, say), `npm install` without saving.
 * @param {string} root
 */
async function installPackages(root) {
  console.error('Installing the dependencies; this happens once, and takes about half a minute.');
  // Named one by one: NODE_ENV=production or an `omit` in somebody's npmrc would leave out what the build needs.
  const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  if ((await npm(root, ['ci', ...options])) !== 0) {
    console.error('npm ci did not work; trying npm install.');
    if ((await npm(root, ['install', '--no-save', ...options])) !== 0) {
      throw new Error(
        'The dependencies could not be installed (the reason is above). Check the network and `npm config get registry`, then run this again.',
      );
    }
  }
}

/** @param {string} root */
const stampFile = (root) => path.join(root, 'node_modules/.countersign-installed');

/** @param {string} root */
function fingerprint(root) {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  return `${process.platform}-${process.arch} ${createHash('sha256').update(lock).digest('hex')}`;
}

/**
 * Compares what npm wrote down about node_modules with the lockfile.
 * @param {string} root
 */
function agrees(root) {
  try {
    const wanted = packagesOf(path.join(root, 'package-lock.json'));
    const there = packagesOf(path.join(root, 'node_modules/.package-lock.json'));
    return Object.entries(wanted).every(
      ([where, { version, optional, os, cpu, libc }]) =>
        where === '' ||
        there[where]?.version === version ||
        (optional && !(fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, libcName()))),
    );
  } catch {
    return false;
  }
}

/**
 * @typedef {{ version: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Entry
 * @param {string} file
 * @returns {Record<string, Entry>}
 */
const packagesOf = (file) => JSON.parse(fs.readFileSync(file, 'utf8')).packages;

/**
 * @param {string[] | undefined} allowed
 * @param {string} here
 */
const fits = (allowed, here) => allowed === undefined || allowed.includes(here);

function libcName() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report?.getReport());
  return report?.header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** @param {string} root */
const linkedNode = (root) => path.join(root, 'node_modules/.bin/node');

/** @param {string} root */
const packagedNode = (root) => path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);

/**
 * Some versions of npm (9.2 of Debian 12) leave this one link out. And the package does not say that it needs glibc:
 * on Alpine its link would hide a Node that works.
 * @param {string} root
 */
function linkNode(root) {
  const [link, node] = [linkedNode(root), packagedNode(root)];
  const works = fs.existsSync(node) && spawnSync(node, ['--version']).status === 0;
  if (works && !fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(link), node), link);
  if (!works) fs.rmSync(link, { force: true });
}

/**
 * The npm that runs us, else the one on the path. Answers its exit code.
 * @param {string} root
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function npm(root, args) {
  const cli = process.env.npm_execpath;
  const [command, before] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const child = spawn(command, [...before, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  return new Promise((resolve) => {
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
