import { readFileSync } from 'node:fs';
import path from 'node:path';

import { byForms } from './demo/person.ts';

/**
 * Plays Anna of the demonstration, who opens an address, reads and approves for an hour: `node examples/approve.ts
 * <address>`. In her own browser she would see the same page.
 */
const [address] = process.argv.slice(2);
if (address === undefined) {
  console.error('Usage: node examples/approve.ts <address>');
  process.exit(2);
}
const { issuer, password } = JSON.parse(readFileSync(path.join(process.env.DATA_DIR ?? '.data', 'demo.json'), 'utf8'));
const anna = byForms({ issuer, password, email: 'person@acme.example' });
const shown = await anna.approve(address, { duration: 'PT1H' });
console.log(shown?.heading);
for (const [fact, words] of Object.entries(shown?.facts ?? {})) console.log(`  ${fact}: ${words}`);
