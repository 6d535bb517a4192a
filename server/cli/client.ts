import { createHash, randomUUID } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';

import { accessToken, type Place } from './credentials.ts';
import { type EXIT, Failure } from './failure.ts';

interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Readonly<Record<string, string | undefined>>;
  body?: object;
  yaml?: string;
}

/** One call of the admin API. @throws Failure with the server's words and the exit code that fits */
export async function call<T>(
  place: Place,
  path: string,
  { method = 'GET', query = {}, body, yaml }: Request = {},
): Promise<T> {
  const { issuer, token, jwk } = await accessToken(place);
  const url = new URL(`/admin/api${path}`, issuer);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `DPoP ${token}`,
      dpop: await proof(jwk, token, method, url),
      // An answer that is lost on the way may be asked for again.
      ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...(yaml !== undefined && { 'content-type': 'text/yaml' }),
    },
    ...((body || yaml !== undefined) && { body: yaml ?? JSON.stringify(body) }),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new Failure('error', `${issuer} did not answer (${error.cause?.code ?? error.message}).`);
  });
  const answer = (await response.json().catch(() => ({}))) as {
    detail?: string;
    reason?: string;
    problems?: string[];
    error_description?: string;
  };
  if (response.ok) return answer as T;
  const said = answer.detail ?? answer.error_description ?? `the server answered ${response.status}`;
  const problems = (answer.problems ?? []).map((problem) => `\n  ${problem}`).join('');
  throw new Failure(CODES[response.status] ?? 'error', `${said.charAt(0).toUpperCase()}${said.slice(1)}${problems}`);
}

/** A list to its end, however many pages the server makes of it. */
export async function callAll<T extends object>(
  place: Place,
  path: string,
  { query = {} }: Pick<Request, 'query'> = {},
): Promise<T> {
  type Paged = Record<string, unknown> & { next?: string | null };
  const read = (after?: string) => call<Paged>(place, path, { query: { limit: '1000', ...query, after } });
  const { next: _, ...all } = await read().then(async (first) => {
    const [member] = Object.entries(first).find(([, value]) => Array.isArray(value)) ?? [''];
    for (let { next } = first; typeof next === 'string'; ) {
      const page = await read(next);
      (first[member] as unknown[]).push(...(page[member] as unknown[]));
      next = page.next;
    }
    return first;
  });
  return all as T;
}

/** RFC 9449 §4.2: the token alone, out of the file it is kept in, opens nothing. */
async function proof(jwk: JWK, token: string, htm: string, url: URL): Promise<string> {
  const { kty, crv, x, y } = jwk;
  return new SignJWT({
    htm,
    htu: `${url.origin}${url.pathname}`,
    jti: randomUUID(),
    ath: createHash('sha256').update(token).digest('base64url'),
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } as JWK })
    .setIssuedAt()
    .sign(await importJWK(jwk, 'ES256'));
}

const CODES: Readonly<Record<number, keyof typeof EXIT>> = {
  400: 'usage',
  401: 'notSignedIn',
  403: 'refused',
  404: 'notFound',
  409: 'conflict',
};
