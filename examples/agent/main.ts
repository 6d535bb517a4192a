import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeJwt } from 'jose';

import { askForTask } from './ask-for-task.ts';
import { type Agent, askInBrowser, call, connect, exchange, register, type Token, type Wish } from './client.ts';

/**
 * An agent as a process of its own: `node examples/agent/main.ts <file>`. The file holds its key (mode 600). It reads
 * tool calls from its standard input, one JSON object per line, as a language model would make them:
 *
 *     {"id": 1, "tool": "call", "arguments": {"token": "calendar", "method": "GET", "url": "…"}}
 *
 * and answers on its standard output with one line that has the same `id`: a `result` or an `error`, and before it,
 * for what a person has to see, a `says`. Tokens have names here and stay inside, but for a hand-off.
 */
const file = process.argv[2];
if (file === undefined) {
  process.stderr.write('Usage: node examples/agent/main.ts <file for its key>\n');
  process.exit(2);
}

let agent: Agent | undefined;
const tokens = new Map<string, Token>();

type Says = (message: object) => void;
const tools: Record<string, (given: never, says: Says) => Promise<object>> = {
  async register({
    issuer,
    initial_access_token,
    metadata,
  }: {
    issuer: string;
    initial_access_token: string;
    metadata: Record<string, unknown>;
  }) {
    const identity = await register(issuer, initial_access_token, metadata);
    writeFileSync(file, `${JSON.stringify(identity, undefined, 2)}\n`, { mode: 0o600 });
    const { server } = await self();
    return { agent_id: identity.agent_id, client_id: identity.client_id, issuer: server.serverMetadata().issuer };
  },

  async ask_in_browser({ token, ...wish }: Wish & { token: string }, says) {
    return keep(token, await askInBrowser(await self(), wish, (url) => says({ open: url.href })));
  },

  async ask_from_behind({ token, person, ...wish }: Wish & { token: string; person: string }, says) {
    const answer = await askForTask(await self(), { ...wish, person, show: (number) => says({ number }) });
    if (answer.outcome === 'approved') return keep(token, answer.token);
    const error = answer.outcome === 'expired' ? 'expired_token' : 'access_denied';
    throw Object.assign(new Error(answer.outcome), { error, error_description: 'reason' in answer && answer.reason });
  },

  async exchange({ token, as, ...wish }: Partial<Wish> & { token: string; as: string }) {
    return keep(as, await exchange(await self(), secretOf(token), wish));
  },

  async hand_off({ token, to, ...wish }: Partial<Wish> & { token: string; to: string }) {
    const { access_token, expires_in } = await exchange(await self(), secretOf(token), wish, to);
    return { hand_off: access_token, expires_in };
  },

  async take_over({ hand_off, as }: { hand_off: string; as: string }) {
    return keep(as, await exchange(await self(), hand_off, {}));
  },

  async call({ token, method, url, body }: { token: string; method: string; url: string; body?: object }) {
    const response = await call(await self(), secretOf(token), method, new URL(url), body);
    const challenge = response.headers.get('www-authenticate');
    return { status: response.status, body: await response.json(), ...(challenge && { challenge }) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, tool, arguments: given } = JSON.parse(line) as { id: number; tool: string; arguments: never };
  const say = (message: object) => process.stdout.write(`${JSON.stringify({ id, ...message })}\n`);
  // Not awaited: while it waits for a person it can do other things.
  void Promise.resolve()
    .then(() => tools[tool]?.(given, (says) => say({ says })))
    .then((result) => say(result ? { result } : { error: { error: 'unknown_tool' } }))
    .catch((error) => say({ error: described(error) }));
}

async function self(): Promise<Agent> {
  agent ??= await connect(JSON.parse(readFileSync(file as string, 'utf8')));
  return agent;
}

function keep(name: string, token: Token): object {
  tokens.set(name, token);
  // An agent has no need to look into its token; we do, to show what is in it.
  return { expires_in: token.expires_in, token_type: token.token_type, claims: decodeJwt(token.access_token) };
}

function secretOf(name: string): string {
  const token = tokens.get(name);
  if (!token) throw new Error(`there is no token called ${name}`);
  return token.access_token;
}

function described(thrown: unknown): object {
  const { error, error_description, status, message } = thrown as Record<string, unknown>;
  return error === undefined ? { error: 'failed', error_description: message } : { error, error_description, status };
}
