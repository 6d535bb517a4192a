import { randomUUID } from 'node:crypto';
import net from 'node:net';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { hashOf, newId, newSecret } from '../../server/oauth/ids.ts';
import {
  type Answer,
  agentMetadata,
  answerOf,
  CALENDAR,
  CIBA,
  inviteDetails,
  type Json,
  newKey,
  type PostOptions,
  pkce,
  push,
  REDIRECT,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, HOUR } from '../support/delegation.ts';
import {
  authorizationUrl,
  continuationOf,
  detailsParameter,
  type PageAnswer,
  type TestPerson,
} from '../support/person.ts';
import type { TestServer } from '../support/server.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const now = (): number => Math.floor(Date.now() / 1000);

export type Form = Record<string, string | string[] | undefined>;

/** A form post as it is, by nobody in particular. */
export async function postForm(
  server: TestServer,
  path: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return answerOf(
    await fetch(`${server.issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form),
    }),
  );
}

/** What the server answers to exactly these bytes; clients would mend them on the way. */
export function raw(server: TestServer, head: string, body: string | Buffer = ''): Promise<Answer> {
  const { port } = new URL(server.issuer);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), 'localhost', () => {
      socket.write(`${head}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`);
      socket.write(body);
    });
    const chunks: Buffer[] = [];
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      const [top = '', ...rest] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n');
      const [line = '', ...lines] = top.split('\r\n');
      const headers = new Headers();
      for (const header of lines)
        headers.append(header.split(':')[0] ?? '', header.slice(header.indexOf(':') + 1).trim());
      const text = rest.join('\r\n\r\n');
      let body: Json = text;
      try {
        body = JSON.parse(text);
      } catch {
        // not JSON: the text
      }
      resolve({ status: Number(line.split(' ')[1]), body, headers });
    });
  });
}

export const registerWith = async (
  server: TestServer,
  metadata: Json | string,
  token: string | undefined = server.demo.initialAccessToken,
): Promise<Answer> =>
  answerOf(
    await fetch(`${server.issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
    }),
  );

/** Metadata of a fresh agent with a key of its own, changed; a member that is undefined is left out. */
export const metadataWith = async (more: Json = {}): Promise<Json> => agentMetadata((await newKey()).publicJwk, more);

/** RFC 7592, with the registration access token of this registration unless another is given. */
export const manage = async (
  registration: Json,
  method: 'GET' | 'PUT' | 'DELETE',
  body?: Json,
  token: string = registration.registration_access_token,
): Promise<Answer> =>
  answerOf(
    await fetch(registration.registration_client_uri, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  );

/** What a PUT has to send back of a registration that it read. */
export function replaceable(registration: Json): Json {
  const { registration_access_token: _, registration_client_uri: __, client_id_issued_at: ___, ...rest } = registration;
  return rest;
}

export interface Terms {
  ceiling?: 'attended' | 'unattended' | 'sub_agent';
  status?: 'active' | 'pending';
  unbound?: boolean;
  uses?: number;
  expiresAt?: Date;
}

/** An initial access token of an organization, as an admin makes one. */
export async function initialAccessToken(
  database: Database,
  slug: string,
  { ceiling = 'unattended', status = 'active', unbound = true, uses, expiresAt }: Terms = {},
): Promise<string> {
  const token = newSecret();
  await database.run(
    `insert into initial_access_tokens (organization, id, token_hash, owner, deputy, mode_ceiling, final_status, allow_unbound, uses_left, expires_at, made_by)
     select o.id, $2, $3, a.id, b.id, $4, $5, $6, $7, $8, 'test'
     from organizations o, people a, people b
     where o.slug = $1 and a.organization = o.id and a.email like 'person@%' and b.organization = o.id and b.email like 'admin@%'`,
    [slug, newId('iat'), hashOf(token), ceiling, status, unbound, uses ?? null, expiresAt ?? null],
  );
  return token;
}

/** Any status at all, whatever came before: past what the database allows itself. */
export const setAgentStatus = (database: Database, agent: TestClient, status: string): Promise<void> =>
  database.transaction(async (statements) => {
    await statements.run('alter table agents disable trigger user');
    await statements.run('update agents set status = $2 where id = $1', [agent.registration.agent_id, status]);
    await statements.run('alter table agents enable trigger user');
  });

/** A key of any algorithm we know, and what signs with it. */
export interface Signer {
  alg: string;
  jwk: JWK;
  publicJwk: JWK;
  jkt: string;
  sign(payload: JWTPayload, header?: Record<string, unknown>): Promise<string>;
}

export async function signerFor(alg: string): Promise<Signer> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = randomUUID();
  const { kty, crv, x, y, n, e } = jwk;
  const bare = Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  ) as JWK;
  return {
    alg,
    jwk: { ...jwk, kid, alg },
    publicJwk: { ...bare, kid, alg, use: 'sig' },
    jkt: await calculateJwkThumbprint(bare),
    async sign(payload, header = {}) {
      return new SignJWT(payload)
        .setProtectedHeader({ alg, kid, ...header } as JWTHeaderParameters)
        .sign(await importJWK(jwk, alg));
    },
  };
}

/** A JWT that SignJWT would refuse to make: any header, any signature. */
export const jwt = (header: object, payload: object, signature = ''): string =>
  [...[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')), signature].join('.');

/** The claims of a client assertion as the standards ask for it. */
export const assertionClaims = (issuer: string, clientId: string, more: JWTPayload = {}): JWTPayload => ({
  iss: clientId,
  sub: clientId,
  aud: issuer,
  jti: randomUUID(),
  iat: now(),
  exp: now() + 60,
  ...more,
});

/** A request object (RFC 9101) by the client's own key. */
export async function requestObject(
  server: TestServer,
  client: TestClient,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const at = now();
  return new SignJWT({
    iss: client.clientId,
    aud: server.issuer,
    client_id: client.clientId,
    jti: randomUUID(),
    iat: at,
    nbf: at,
    exp: at + 120,
    ...claims,
  } as JWTPayload)
    .setProtectedHeader({
      alg: 'ES256',
      kid: client.jwk.kid,
      typ: 'oauth-authz-req+jwt',
      ...header,
    } as JWTHeaderParameters)
    .sign(await importJWK(client.jwk, 'ES256'));
}

/** Asks from behind (CIBA Core §7.1), for an invitation unless the form says what. */
export const ask = (client: TestClient, form: Form = {}, options?: PostOptions): Promise<Answer> =>
  client.post(
    '/backchannel',
    {
      scope: 'openid',
      login_hint: 'person@acme.example',
      authorization_details: detailsParameter(inviteDetails({ title: `Review ${randomUUID().slice(0, 8)}` })),
      resource: CALENDAR,
      ...form,
    },
    options,
  );

export const poll = (client: TestClient, authReqId: string, options?: PostOptions, form: Form = {}): Promise<Answer> =>
  client.token({ grant_type: CIBA, auth_req_id: authReqId, ...form }, options);

/** Decides what this client asked last. */
export async function decideFor(
  server: TestServer,
  client: TestClient,
  person: TestPerson,
  decision: Record<string, string>,
): Promise<{ page: PageAnswer; result: PageAnswer; path: string }> {
  const database = databaseOf(server);
  const row = await database.first<{ id: string }>(
    'select id from approvals where client_id = $1 order by asked_at desc limit 1',
    [client.clientId],
  );
  await database.close();
  const path = `/r/${row?.id}`;
  const page = await person.get(path);
  const result = await person.submit(page, { read: '1', ...decision });
  return { page, result, path };
}

/** Everything a task needs: asked from behind, approved with the number, collected. */
export async function tokenFromBehind(
  server: TestServer,
  client: TestClient,
  person: TestPerson,
  form: Form = {},
): Promise<Answer> {
  const asked = await ask(client, form);
  if (asked.status !== 200) throw new Error(`asking: ${asked.status} ${JSON.stringify(asked.body)}`);
  await decideFor(server, client, person, { decision: 'approve', duration: 'once', number: asked.body.display_code });
  return poll(client, asked.body.auth_req_id);
}

/** A public client proves nothing: no assertion. */
export const unproven = ({ registration }: TestClient): Form =>
  registration.token_endpoint_auth_method === 'none'
    ? { client_assertion: undefined, client_assertion_type: undefined }
    : {};

/** Asks in the browser and has it approved: what the token endpoint needs. Pushed without a proof: bound to no key yet. */
export async function codeFor(
  client: TestClient,
  person: TestPerson,
  form: Form,
  options: PostOptions = { dpop: false },
): Promise<{ grant_type: string; code: string; code_verifier: string }> {
  const { verifier, challenge } = pkce();
  const pushed = await push(client, { code_challenge: challenge, ...unproven(client), ...form }, options);
  if (pushed.status !== 201) throw new Error(`push: ${pushed.status} ${JSON.stringify(pushed.body)}`);
  let page = await person.get(authorizationUrl(client, pushed.body.request_uri));
  if (!page.url.startsWith(REDIRECT)) {
    const result = await person.submit(page, HOUR);
    page = await person.get(continuationOf(result) ?? '');
  }
  const code = new URL(page.url).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${page.status} ${page.url}`);
  return { grant_type: 'authorization_code', code, code_verifier: verifier };
}

/** The words of an error page's middle. */
export const wordsOf = ({ html }: PageAnswer): string =>
  (/<main[\s\S]*?<\/main>/.exec(html)?.[0] ?? html)
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** The parameters of an authorization response, wherever the response mode put them. */
export function responseIn(page: PageAnswer): { to: string; parameters: Record<string, string> } {
  const url = new URL(page.url);
  const fields = [...page.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g)];
  if (fields.length > 0) {
    return {
      to: /<form method="post" action="([^"]*)"/.exec(page.html)?.[1] ?? '',
      parameters: Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')])),
    };
  }
  const text = url.hash.startsWith('#') ? url.hash.slice(1) : url.search;
  return { to: `${url.origin}${url.pathname}`, parameters: Object.fromEntries(new URLSearchParams(text)) };
}
