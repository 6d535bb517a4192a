import fs from 'node:fs';
import path from 'node:path';
import { Unavailable } from './unavailable.ts';

/**
 * Makes the data directory, with everything above it, where it is missing, and sees to it that this user can write
 * into it. Throws Unavailable.
 */
export function prepareDataDirectory(dataDir: string): void {
  try {
    makeDirectory(dataDir, 0o711);
    fs.accessSync(dataDir, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/** Whatever went wrong inside the data directory, as one sentence. */
export function unusable(dataDir: string, error: unknown): Unavailable {
  const { code, message } = error as NodeJS.ErrnoException;
  return new Unavailable(
    `DATA_DIR: ${dataDir} cannot be made or written by this user (${code ?? message}). Make it writable, or set DATA_DIR to another directory.`,
  );
}

/** With everything above it. Node's own recursive mkdir never returns for a path below /proc. */
export function makeDirectory(dir: string, mode = 0o755): void {
  if (fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dir !== path.dirname(dir)) makeDirectory(path.dirname(dir));
  try {
    fs.mkdirSync(dir, mode);
  } catch (error) {
    // Another process may have been first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !fs.statSync(dir).isDirectory()) throw error;
  }
}
