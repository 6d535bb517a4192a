import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { holdToDocument } from './admin-document.ts';
import { type Answer, answerOf, clientWith, type Json, newKey, pkce, type TestClient } from './agent.ts';
import { databaseOf } from './delegation.ts';
import { browserOf, type PageAnswer, signIn, type TestPerson } from './person.ts';
import { send } from './send.ts';
import type { TestServer } from './server.ts';

const COMMAND_LINE = 'countersign-cli';

/** The admin API with one access token. */
export type Api = (method: string, path: string, body?: Json, headers?: Record<string, string>) => Promise<Answer>;

/**
 * @param key proves the key that the token is bound to; without it the token is sent as a bearer token
 * @param base the instance that is called, where it is not the first
 */
export const apiWith =
  (
    server: Pick<TestServer, 'issuer'>,
    token: string | undefined,
    key?: Pick<TestClient, 'proof'>,
    base?: string,
  ): Api =>
  async (method, path, body, headers = {}) => {
    const url = `${server.issuer}/admin/api${path}`;
    const { origin, pathname } = new URL(url);
    const proof = token && key && (await key.proof(`${origin}${pathname}`, { method, accessToken: token }));
    const answer = await answerOf(
      await send(
        url,
        {
          method,
          headers: {
            ...(token && { authorization: `${proof ? 'DPoP' : 'Bearer'} ${token}` }),
            ...(proof && { dpop: proof }),
            ...(body !== undefined && { 'content-type': typeof body === 'string' ? 'text/yaml' : 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
        base,
      ),
    );
    holdToDocument(method, path, answer);
    return answer;
  };

/** The operator, by the key that the server wrote for its own host; `base`: the instance that they call. */
export async function operator(server: TestServer, scope = 'admin', base?: string): Promise<Api> {
  const { client_id, jwk } = JSON.parse(readFileSync(join(server.dataDir, 'cli-key.json'), 'utf8')) as {
    client_id: string;
    jwk: JWK;
  };
  const client = await clientWith(server, client_id, jwk);
  const answer = await client.token({ grant_type: 'client_credentials', scope });
  if (answer.status !== 200) throw new Error(`operator: ${JSON.stringify(answer.body)}`);
  return apiWith(server, answer.body.access_token, client, base);
}

/** An administrator who signed in as the command line lets them. */
export async function administrator(server: TestServer, email: string): Promise<Api & { token: Answer }> {
  const request = commandLineRequest(server);
  const person = browserOf(server.issuer, email);
  const back = await signInTo(person, await person.get(request.path), server);
  const token = await request.redeem(back);
  if (token.status !== 200) throw new Error(`${email}: ${JSON.stringify(token.body)}`);
  return Object.assign(apiWith(server, token.body.access_token, await request.key), { token });
}

export const signInTo = (person: TestPerson, form: PageAnswer, server: TestServer): Promise<PageAnswer> =>
  person.submit(form, { email: person.email, password: server.demo.password });

/** What the command line asks a browser to open, and what it does with the answer. */
export function commandLineRequest(server: Pick<TestServer, 'issuer'>, more: Record<string, string> = {}) {
  const { verifier, challenge } = pkce();
  const key = newKey().then(({ jwk }) => clientWith(server, COMMAND_LINE, jwk));
  const redirect_uri = 'http://127.0.0.1:9/callback';
  const path = `/auth?${new URLSearchParams({
    client_id: COMMAND_LINE,
    response_type: 'code',
    redirect_uri,
    scope: 'openid admin',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st',
    ...more,
  })}`;
  return {
    path,
    key,
    async redeem(back: PageAnswer, { bound = true } = {}): Promise<Answer> {
      const code = new URL(back.url).searchParams.get('code') ?? '';
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: COMMAND_LINE,
        code,
        code_verifier: verifier,
        redirect_uri,
      });
      const headers: Record<string, string> = bound ? { dpop: await (await key).proof(`${server.issuer}/token`) } : {};
      return answerOf(await fetch(`${server.issuer}/token`, { method: 'POST', headers, body }));
    },
  };
}

/** Owner and deputy accept what they were asked to answer for, each at their own browser. */
export async function acceptOffers(server: TestServer, { agent_id }: Json): Promise<void> {
  const database = databaseOf(server);
  const offers = await database.rows<{ id: string; email: string }>(
    'select f.id, p.email from ownership_offers f join people p on p.id = f.person where f.agent = $1 and f.answer is null',
    [agent_id],
  );
  await database.close();
  for (const { id, email } of offers) {
    const person = await signIn(server, email);
    const { status } = await person.submit(await person.get(`/offers/${id}`), { answer: 'accept' });
    if (status !== 200) throw new Error(`${email}: ${status}`);
  }
}
