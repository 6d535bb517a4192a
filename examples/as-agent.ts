import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeJwt, importJWK, SignJWT } from 'jose';
import * as oauth from 'openid-client';

import { type Agent, askInBrowser, call, connect, type Identity, register } from './agent/client.ts';

/**
 * What an agent does, one step at a time from a shell. AGENT is the file of its key and registration, TOKEN a file that
 * keeps a token; a parameter NAME=@FILE has its value in that file.
 *
 *     node examples/as-agent.ts register AGENT CLIENT_NAME PURPOSE GRANT…  makes a key, and registers
 *     node examples/as-agent.ts ask AGENT TOKEN DETAILS [RESOURCE]         asks in a browser: prints the address, and waits
 *     node examples/as-agent.ts token AGENT TOKEN NAME=VALUE…              a request at the token endpoint, as it is written
 *     node examples/as-agent.ts here AGENT                                 an actor token: this agent is here, now
 *     node examples/as-agent.ts call AGENT TOKEN METHOD URL                calls an API
 *     node examples/as-agent.ts revoke AGENT TOKEN                         ends a token, and all that came of it
 *
 * Prints what the token says or what was answered. Exit code 1: refused; 3: the person has to decide first, and the
 * address for them is printed.
 */
const [step = '', file = '', ...given] = process.argv.slice(2);

const steps: Record<string, () => Promise<void>> = {
  async register() {
    const [client_name, agent_purpose, ...grants] = given;
    const { issuer, initialAccessToken } = JSON.parse(read(`${process.env.DATA_DIR ?? '.data'}/demo.json`));
    const identity = await register(issuer, initialAccessToken, {
      client_name,
      agent_purpose,
      grant_types: ['authorization_code', ...grants.map((grant) => `urn:ietf:params:oauth:grant-type:${grant}`)],
      authorization_details_types: ['calendar.events.read', 'calendar.invitations.send'],
    });
    keep(file, JSON.stringify(identity, undefined, 2));
    console.log(identity.agent_id);
  },

  async ask() {
    const [token = '', details = '', resource] = given;
    const agent = await itself();
    const wish = { ...(resource !== undefined && { resource }), authorization_details: JSON.parse(details) };
    const answer = await askInBrowser(agent, wish, (address) => console.log(address.href));
    keep(token, answer.access_token);
  },

  async token() {
    const [token = '', ...fields] = given;
    const parameters = new URLSearchParams(fields.map((field) => parameterIn(field)));
    const grant = parameters.get('grant_type') ?? '';
    parameters.delete('grant_type');
    const agent = await itself();
    const request = oauth.genericGrantRequest(agent.server, grant, parameters, { DPoP: agent.dpop });
    if (parameters.has('explain')) return show(await dryRun(request));
    const answer = await request;
    keep(token, answer.access_token);
    show(answer.access_token.split('.').length === 3 ? decodeJwt(answer.access_token) : answer);
  },

  async here() {
    const { issuer, client_id, agent_id, jwk } = identity();
    const now = Math.floor(Date.now() / 1000);
    const word = new SignJWT({
      iss: client_id,
      sub: agent_id,
      aud: issuer,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
    });
    console.log(await word.setProtectedHeader({ alg: 'ES256', typ: 'JWT' }).sign(await importJWK(jwk, 'ES256')));
  },

  async call() {
    const [token = '', method = '', url = ''] = given;
    const response = await call(await itself(), read(token).trim(), method, new URL(url));
    console.log(`${response.status} ${await response.text()}`);
  },

  async revoke() {
    const [token = ''] = given;
    await oauth.tokenRevocation((await itself()).server, read(token).trim());
  },
};

const run = steps[step];
if (!run || file === '') {
  console.error('Usage: node examples/as-agent.ts register|ask|token|here|call|revoke AGENT …');
  process.exit(2);
}
try {
  await run();
} catch (error) {
  if (!(error instanceof oauth.ResponseBodyError)) throw error;
  const { interaction_uri: address, ...answer } = error.cause;
  if (address === undefined) show(answer);
  else console.log(address);
  process.exitCode = address === undefined ? 1 : 3;
}

/** The answer to a dry run has no token, which no OAuth library would take for an answer. */
async function dryRun(request: Promise<unknown>): Promise<object> {
  const failed = (await request.then(
    () => undefined,
    (error: unknown) => error,
  )) as { code?: string; cause?: { cause?: { body?: object } } } | undefined;
  const body = failed?.cause?.cause?.body;
  if (failed?.code !== 'OAUTH_INVALID_RESPONSE' || !body) throw failed;
  return body;
}

function identity(): Identity {
  return JSON.parse(read(file)) as Identity;
}

function itself(): Promise<Agent> {
  return connect(identity());
}

function parameterIn(field: string): [name: string, value: string] {
  const at = field.indexOf('=');
  const value = field.slice(at + 1);
  return [field.slice(0, at), value.startsWith('@') ? read(value.slice(1)).trim() : value];
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

function keep(path: string, content: string): void {
  writeFileSync(path, `${content}\n`, { mode: 0o600 });
}

function show(answer: object): void {
  console.log(JSON.stringify(answer, undefined, 2));
}
