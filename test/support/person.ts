import { type Answer, type Json, pkce, push, REDIRECT, type TestClient } from './agent.ts';
import { type Sent, send } from './send.ts';
import type { TestServer } from './server.ts';

/** A person at a browser without script: cookies, forms, and what a page says. */
export interface TestPerson {
  email: string;
  /** Follows redirects within the issuer; stops at any other address, which `url` then names. */
  get(path: string): Promise<PageAnswer>;
  post(
    path: string,
    form: Record<string, string> | URLSearchParams | FormData,
    headers?: Record<string, string>,
  ): Promise<PageAnswer>;
  /** Fills in the form that the page shows and sends it. */
  submit(page: PageAnswer, fields: Record<string, string>): Promise<PageAnswer>;
  /** The same browser, whose requests reach another instance of the issuer from now on. */
  at(base: string): TestPerson;
}

export interface PageAnswer {
  status: number;
  html: string;
  url: string;
  headers: Headers;
}

/** Signs a demonstration person in. */
export async function signIn(
  server: TestServer,
  email = 'person@acme.example',
  password = server.demo.password,
): Promise<TestPerson> {
  const person = browserOf(server.issuer, email);
  const form = await person.get('/login');
  const after = await person.post('/login', { ...hiddenOf(form.html), email, password });
  if (after.status !== 200) throw new Error(`sign-in of ${email}: ${after.status}`);
  return person;
}

/** A browser that nobody signed in at. */
export function browserOf(issuer: string, email = '', base?: string, jar = new Map<string, string>()): TestPerson {
  const follow = async (url: string, first: Sent): Promise<PageAnswer> => {
    let [at, sent] = [new URL(url, issuer).href, first];
    for (let hops = 0; hops < 10; hops++) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = { accept: 'text/html', ...(cookie && { cookie }), ...sent.headers };
      const response = await send(at, { ...sent, headers }, base);
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';');
        const [name = '', ...value] = pair.split('=');
        if (value.join('=') === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name);
        else jar.set(name, value.join('='));
      }
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null) {
        return { status: response.status, html: await response.text(), url: at, headers: response.headers };
      }
      at = new URL(location, at).href;
      sent = { method: 'GET' };
      if (!at.startsWith(issuer)) return { status: response.status, html: '', url: at, headers: response.headers };
    }
    throw new Error(`too many redirects at ${at}`);
  };
  return {
    email,
    get: (path) => follow(path, { method: 'GET' }),
    post: (path, form, headers = {}) =>
      follow(path, { method: 'POST', body: form instanceof FormData ? form : new URLSearchParams(form), headers }),
    submit(page, fields) {
      const action = /<form[^>]*action="([^"]*)"[^>]*>(?![\s\S]*?\/logout)/.exec(mainOf(page.html))?.[1];
      if (action === undefined) throw new Error(`no form at ${page.url}: ${page.status}`);
      return this.post(new URL(action.replaceAll('&amp;', '&'), page.url).href, {
        ...hiddenOf(page.html),
        ...tickedIn(page.html),
        ...fields,
      });
    },
    at: (other) => browserOf(issuer, email, other, jar),
  };
}

const mainOf = (html: string): string => /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? html;

const hiddenOf = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...mainOf(html).matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ]),
  );

/** Somebody who read the page says so where it asks. */
const tickedIn = (html: string): Record<string, string> =>
  /<input[^>]*name="read"/.test(mainOf(html)) ? { read: '1' } : {};

/** The continuation that a result page offers (D11): the browser follows it at once. */
export const continuationOf = ({ html }: PageAnswer): string | undefined =>
  /http-equiv="refresh" content="0;\s*url=([^"]*)"/i.exec(html)?.[1]?.replaceAll('&amp;', '&');

/** The whole of a browser request: push, page, decision, and the parameters that reach the client. */
export async function decideInBrowser(
  agent: TestClient,
  person: TestPerson,
  form: Record<string, string | string[] | undefined>,
  decision: Record<string, string> = { decision: 'approve', duration: 'PT1H', read: '1' },
): Promise<{ pushed: Answer; page: PageAnswer; result: PageAnswer; parameters: URLSearchParams; verifier: string }> {
  const { verifier, challenge } = pkce();
  const pushed = await push(agent, { code_challenge: challenge, state: 'st', ...form });
  if (pushed.status !== 201) throw new Error(`push: ${pushed.status} ${JSON.stringify(pushed.body)}`);
  const page = await person.get(authorizationUrl(agent, pushed.body.request_uri));
  if (page.url.startsWith(REDIRECT)) {
    return { pushed, page, result: page, parameters: new URL(page.url).searchParams, verifier };
  }
  const result = await person.submit(page, decision);
  const next = continuationOf(result);
  if (next === undefined) throw new Error(`decision: ${result.status} ${result.html.slice(0, 2000)}`);
  const back = await person.get(next);
  return { pushed, page, result, parameters: new URL(back.url).searchParams, verifier };
}

export const authorizationUrl = (agent: TestClient, requestUri: string): string =>
  `/auth?${new URLSearchParams({ client_id: agent.clientId, request_uri: requestUri })}`;

/** The token of a browser approval. */
export async function tokenInBrowser(
  agent: TestClient,
  person: TestPerson,
  form: Record<string, string | string[] | undefined>,
  decision?: Record<string, string>,
): Promise<Answer> {
  const { parameters, verifier } = await decideInBrowser(agent, person, form, decision);
  return agent.token({ grant_type: 'authorization_code', code: parameters.get('code') ?? '', code_verifier: verifier });
}

export const detailsParameter = (...details: Json[]): string => JSON.stringify(details);
