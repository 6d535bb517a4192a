import { describe } from '@jest/globals';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { INSTALL_COMMAND } from '../../server/setup/browser.js';

/** Found once per run, by global-setup.ts. */
const executablePath = process.env.TEST_BROWSER;

/** A describe whose tests need a browser. Without one they are reported as skipped, with the command that installs one. */
export function describeBrowser(name: string, tests: () => void): void {
  if (executablePath) describe(name, tests);
  else describe.skip(`${name} (no browser: ${INSTALL_COMMAND})`, tests);
}

/**
 * The caller closes it. WebAuthn needs pages at `localhost`, not 127.0.0.1.
 *
 * @param windows 'none' where its shell will do, which takes a third of the time; 'whole' for what the system shows
 */
export function launchBrowser(windows: 'none' | 'whole' = 'none'): Promise<Browser> {
  if (!executablePath) throw new Error(`No browser was found: ${INSTALL_COMMAND}`);
  const shell = windows === 'none' ? process.env.TEST_BROWSER_SHELL : undefined;
  return chromium.launch({
    executablePath: shell || executablePath,
    args: [
      '--no-sandbox', // root has none, and a container often gives an ordinary user none either
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A device in Chromium that keeps passkeys, touched and unlocked whenever it is asked (WebAuthn Level 3 §11). */
export async function addVirtualAuthenticator(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}
