import { request } from 'undici';

/** What fetch takes, as far as the tests use it. */
export interface Sent {
  method: string;
  headers?: Record<string, string>;
  body?: string | URLSearchParams | FormData;
  signal?: AbortSignal;
}

/**
 * A request to a URL of the issuer, at any instance that serves it; redirects are not followed. `fetch` names the host
 * of the address it connects to, and an instance answers to the issuer's name only.
 *
 * @param base the address of the instance; the issuer's own when left out
 */
export async function send(
  url: string,
  { method, headers = {}, body, signal }: Sent,
  base?: string,
): Promise<Response> {
  const { host, pathname, search } = new URL(url);
  const parts = body instanceof FormData ? new Response(body) : undefined;
  const answer = await request(new URL(pathname + search, base ?? url), {
    method: method as 'GET',
    ...(signal && { signal }),
    headers: {
      ...(body instanceof URLSearchParams && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(parts && { 'content-type': parts.headers.get('content-type') ?? '' }),
      ...headers,
      host,
    },
    ...(body !== undefined && { body: parts ? Buffer.from(await parts.arrayBuffer()) : String(body) }),
  });
  const text = await answer.body.text();
  const all = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of [value ?? []].flat()) all.append(name, one);
  }
  return new Response(text === '' ? null : text, { status: answer.statusCode, headers: all });
}
