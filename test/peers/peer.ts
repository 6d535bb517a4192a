import type { JWK } from 'jose';

import { type Json, REDIRECT } from '../support/agent.ts';
import { continuationOf, type PageAnswer, type TestPerson } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';

/** A client library that others wrote, with nothing of ours between it and the server. */
export interface Peer {
  readonly name: string;
  /** RFC 7591, with the demonstration's initial access token and a fresh key. */
  register(server: TestServer, metadata: Json): Promise<PeerClient>;
  /** A client that is registered already. */
  connect(server: TestServer, clientId: string, jwk: JWK): Promise<PeerClient>;
}

/** A client of the server, with `private_key_jwt` and, for tokens, DPoP. Errors are those of the library. */
export interface PeerClient {
  readonly clientId: string;
  readonly registration: Json;
  metadata(): Json;
  /** PAR and PKCE; `browse` takes the person there and answers where they came back. */
  askInBrowser(form: Form, browse: (url: URL) => Promise<URL>): Promise<Json>;
  /** CIBA, polled as the library does; `decide` is called with the acknowledgement, and not waited for. */
  askFromBehind(form: Form, decide: (acknowledgement: Json) => Promise<void>): Promise<Json>;
  exchange(form: Form): Promise<Json>;
  refresh(token: string): Promise<Json>;
  introspect(token: string): Promise<Json>;
  revoke(token: string): Promise<void>;
  call(token: string, method: string, url: URL): Promise<Response>;
}

export type Form = Record<string, string>;

/** What both libraries throw for an error in the standard form: its code and status. */
export async function refusal(attempt: Promise<unknown>): Promise<{ error: unknown; status: unknown }> {
  try {
    return { error: undefined, status: await attempt };
  } catch (thrown) {
    const { error, status } = thrown as { error?: unknown; status?: unknown };
    if (error === undefined) throw thrown;
    return { error, status };
  }
}

/** The person reads the page and decides; the answer is the address at which the client hears of it. */
export const deciding =
  (person: TestPerson, decision: Record<string, string>) =>
  async (url: URL): Promise<URL> => {
    let page = await person.get(url.href);
    if (!page.url.startsWith(REDIRECT)) page = await person.get(nextOf(await person.submit(page, decision)));
    return new URL(page.url);
  };

/** The person finds the question in the inbox, types the number that the agent shows, and decides. */
export const decidingInInbox =
  (person: TestPerson, decision: Record<string, string>) =>
  async ({ display_code }: Json): Promise<void> => {
    const [, review = ''] = /href="(\/r\/apr_[0-9a-f]+)"/.exec((await person.get('/inbox')).html) ?? [];
    const result = await person.submit(await person.get(review), { number: display_code, ...decision });
    if (result.status !== 200) throw new Error(`decision: ${result.status} ${result.html.slice(0, 500)}`);
  };

function nextOf(result: PageAnswer): string {
  const next = continuationOf(result);
  if (next === undefined) throw new Error(`decision: ${result.status} ${result.html.slice(0, 500)}`);
  return next;
}
