import type { AgentMode } from '../agents/agent.ts';

/** What the first program of an agent has to know; nothing of it is a secret. */
export interface FirstSteps {
  issuer: string;
  clientId: string;
  registrationUri: string;
  name: string;
  mode: AgentMode;
  resource: string;
  /** `authorization_details` of one request, as the catalogue's first sample has it. */
  details: object;
  /** Whom it asks first: whoever registers it, so that they see what people will see. */
  person: string;
}

/** The file that the programs read the private key from. */
export const KEY_FILE = 'agent-key.json';

/** Its registration, as its builder reads it (RFC 7592). */
export const inCurl = ({ registrationUri }: FirstSteps): string =>
  `curl -H "Authorization: Bearer $REGISTRATION_ACCESS_TOKEN" ${registrationUri}`;

/** A whole program: it authenticates with its key, gets its first token, and prints what that is good for. */
export const inOpenidClient = (steps: FirstSteps): string => `${FIRST_LINES('openid-client jose')}
${connected(steps)}
${tokenOf(steps)}

console.log(JSON.stringify({ ...token, access_token: '…' }, undefined, 2));
`;

/** The same for an MCP client: every call shows the key that its token is bound to. */
export const inMcpClient = (
  steps: FirstSteps,
): string => `${FIRST_LINES('openid-client jose @modelcontextprotocol/sdk')}
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

${connected(steps)}
${tokenOf(steps)}

const transport = new StreamableHTTPClientTransport(new URL(${text(steps.resource)}), {
  fetch: (url, { method = 'GET', body, headers } = {}) =>
    oauth.fetchProtectedResource(server, token.access_token, new URL(url), method, body, new Headers(headers), { DPoP }),
});
const client = new Client({ name: ${text(steps.name)}, version: '1.0.0' });
await client.connect(transport);
console.log(await client.listTools());
`;

const FIRST_LINES = (packages: string): string => `// npm install ${packages}
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { importJWK } from 'jose';
import * as oauth from 'openid-client';`;

const connected = ({ issuer, clientId }: FirstSteps): string => `
const jwk = JSON.parse(readFileSync('${KEY_FILE}', 'utf8')); // its private key: nobody else has it
const { d, ...publicJwk } = jwk;
const [privateKey, publicKey] = await Promise.all([jwk, publicJwk].map((key) => importJWK(key, jwk.alg ?? 'ES256')));
const server = await oauth.discovery(
  new URL(${text(issuer)}),
  ${text(clientId)},
  { id_token_signed_response_alg: 'ES256' },
  oauth.PrivateKeyJwt({ key: privateKey, kid: jwk.kid }),${isHttp(issuer) ? '\n  { execute: [oauth.allowInsecureRequests] }, // on this machine alone' : ''}
);
const DPoP = oauth.getDPoPHandle(server, { privateKey, publicKey });`;

const tokenOf = ({ mode, resource, details, person }: FirstSteps): string =>
  mode === 'sub_agent'
    ? `
// What another agent handed on, for 60 seconds and one use.
const token = await oauth.genericGrantRequest(
  server,
  'urn:ietf:params:oauth:grant-type:token-exchange',
  { subject_token: env.HAND_OFF, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
  { DPoP },
);`
    : `
const asked = await oauth.initiateBackchannelAuthentication(server, {
  scope: 'openid',
  login_hint: env.PERSON ?? ${text(person)},
  resource: ${text(resource)},
  authorization_details: JSON.stringify([${JSON.stringify(details)}]),
});
console.error('Somebody decides in their inbox.', asked.display_code ? \`They type \${asked.display_code}.\` : '');
const token = await oauth.pollBackchannelAuthenticationGrant(server, asked, {}, { DPoP });`;

const isHttp = (issuer: string): boolean => issuer.startsWith('http:');

/** As JavaScript writes it: what somebody typed stays a text. */
const text = (value: string): string => JSON.stringify(value);
