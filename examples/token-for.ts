import { readFileSync } from 'node:fs';
import { decodeJwt } from 'jose';
import * as oauth from 'openid-client';

import { connect } from './agent/client.ts';

/**
 * An agent that received a statement of who somebody is, and asks for a token to read that person's calendar:
 * `node examples/token-for.ts <key file> <registration file> id-token|assertion <file>`. Exit code 3: the person has not
 * decided yet, and the address for them is printed.
 */
const [keyFile, registrationFile, kind, statementFile] = process.argv.slice(2);
if (keyFile === undefined || registrationFile === undefined || kind === undefined || statementFile === undefined) {
  console.error('Usage: node examples/token-for.ts <key file> <registration file> id-token|assertion <file>');
  process.exit(2);
}
const issuer = process.env.ISSUER ?? 'http://localhost:3000';
const agent = await connect({ issuer, jwk: JSON.parse(read(keyFile)), ...JSON.parse(read(registrationFile)) });
const statement = read(statementFile).trim();
const wish = {
  resource: 'https://calendar.acme.example',
  authorization_details: JSON.stringify([
    {
      type: 'calendar.events.read',
      locations: ['https://calendar.acme.example'],
      from: '2026-11-24',
      to: '2026-11-28',
    },
  ]),
};

try {
  const { access_token } =
    kind === 'id-token'
      ? // RFC 8693: a token about the person for a token of the agent for the person.
        await ask('urn:ietf:params:oauth:grant-type:token-exchange', {
          subject_token: statement,
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        })
      : // RFC 7523 §2.1: the statement is the grant. An ID-JAG is presented the same way.
        await ask('urn:ietf:params:oauth:grant-type:jwt-bearer', { assertion: statement });
  console.log(JSON.stringify(decodeJwt(access_token), undefined, 2));
} catch (error) {
  if (!(error instanceof oauth.ResponseBodyError)) throw error;
  const address = error.cause.interaction_uri;
  if (address === undefined) console.error(`${error.error}: ${error.error_description}`);
  else console.log(address);
  process.exitCode = address === undefined ? 1 : 3;
}

function ask(grant: string, parameters: Record<string, string>) {
  return oauth.genericGrantRequest(agent.server, grant, { ...wish, ...parameters }, { DPoP: agent.dpop });
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
