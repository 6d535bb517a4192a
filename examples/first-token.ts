import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';

import { askInBrowser, call, connect } from './agent/client.ts';

/**
 * The first token of an agent that is registered already: `node examples/first-token.ts <key file> <registration file>`.
 * The key file holds its private key as a JWK; the other one holds what the registration answered.
 */
const [keyFile, registrationFile] = process.argv.slice(2);
if (keyFile === undefined || registrationFile === undefined) {
  console.error('Usage: node examples/first-token.ts <key file> <registration file>');
  process.exit(2);
}
const issuer = process.env.ISSUER ?? 'http://localhost:3000';
const calendar = process.env.CALENDAR ?? 'http://localhost:4000';

const agent = await connect({ issuer, jwk: readJson(keyFile), ...readJson(registrationFile) });
const wish = {
  resource: 'https://calendar.acme.example',
  authorization_details: [
    {
      type: 'calendar.events.read',
      locations: ['https://calendar.acme.example'],
      from: '2026-11-24',
      to: '2026-11-28',
      purpose: 'Find a free hour for the Q1 review.',
    },
  ],
};
const { access_token, expires_in } = await askInBrowser(agent, wish, (url) => {
  console.log(`Open this, sign in, and decide:\n\n  ${url}\n`);
});
console.log(
  `A token for ${expires_in} seconds. It says:\n\n${JSON.stringify(decodeJwt(access_token), undefined, 2)}\n`,
);

const events = new URL('/events?from=2026-11-24&to=2026-11-28', calendar);
const answer = await call(agent, access_token, 'GET', events).catch(() => undefined);
console.log(
  answer ? `GET ${events}\n\n${answer.status} ${await answer.text()}` : `No calendar API answers at ${calendar}.`,
);

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
