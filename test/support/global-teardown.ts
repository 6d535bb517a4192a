import { INSTALL_COMMAND } from '../../server/setup/browser.js';
import { dropDatabase } from './template.ts';

export default async function globalTeardown(): Promise<void> {
  if (process.env.TEST_DATABASE_URL) await dropDatabase(process.env.TEST_TEMPLATE ?? '');
  if (!process.env.TEST_BROWSER)
    console.error(`\nNo browser was found: its tests were skipped. To install one: ${INSTALL_COMMAND}`);
  await globalThis.embeddedServer?.stop();
}
