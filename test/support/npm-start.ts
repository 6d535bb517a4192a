import { type ChildProcess, spawn } from 'node:child_process';

import { freePort } from './ports.ts';

/**
 * `npm start` as a person has it: in a process group of its own, as a shell would make one.
 *
 * @param settings `DATA_DIR` among them
 */
export async function npmStart(settings: Record<string, string>): Promise<ChildProcess> {
  return spawn('npm', ['start', '--silent'], {
    env: {
      ...ownEnvironment(),
      PORT: String(await freePort()),
      MANAGEMENT_PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

/** What a person's shell would have: nothing of the tests. */
export const ownEnvironment = (): Record<string, string> => ({
  ...(Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEST_'))) as Record<
    string,
    string
  >),
  NODE_ENV: 'development',
});
