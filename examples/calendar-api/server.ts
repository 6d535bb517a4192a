import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import { type Calendar, calendars } from './calendar.ts';
import type { Countersign, Outcome } from './redeem.ts';
import { type Caller, type Detail, invalid, type Refusal, Refused, type TokenRules, tokenChecks } from './token.ts';

/** One thing this API does: its request, the action of the catalogue that allows it, and the doing. */
interface Route {
  method: string;
  path: RegExp;
  action: string;
  /** The action's scope, where it has one. */
  scope?: string;
  /** What the request asks for, as the action's parameters. */
  parameters(url: URL, body: Record<string, unknown>): Record<string, unknown>;
  /** Is it within a granted object? Only where the action is not redeemed: there the server compares. */
  within?(asked: Record<string, unknown>, granted: Detail): boolean;
  run(calendar: Calendar, parameters: Record<string, unknown>): Done;
}

interface Done {
  status: number;
  body: object;
  /** For the evidence: what was done, in this API's own words. */
  reference?: string;
  affected?: number;
}

const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/events$/,
    action: 'calendar.events.read',
    scope: 'calendar.read',
    parameters: (url) => Object.fromEntries(url.searchParams),
    // Leaving a limit out would lift it: what was granted with a limit has to be asked with one.
    within: (asked, granted) =>
      (granted.from === undefined ||
        (dateIn(asked.from) >= dateIn(granted.from) && dateIn(asked.to) <= dateIn(granted.to))) &&
      (granted.calendar === undefined || asked.calendar === granted.calendar),
    run: (calendar, { from, to, calendar: name }) => ({
      status: 200,
      body: { events: calendar.between(from as string, to as string, name as string) },
    }),
  },
  {
    method: 'POST',
    path: /^\/invitations$/,
    action: 'calendar.invitations.send',
    parameters: (_url, body) => body,
    run(calendar, { title, start, guests }) {
      const event = calendar.add({ title: String(title), start: String(start), attendees: guests as string[] });
      return { status: 201, body: event, reference: event.id, affected: event.attendees.length };
    },
  },
  {
    method: 'PUT',
    path: /^\/events\/[^/]+\/attendees$/,
    action: 'calendar.attendees.update',
    parameters: (url, body) => ({ ...body, event: decodeURIComponent(url.pathname.split('/')[2] ?? '') }),
    run(calendar, { event: id, attendees }) {
      const event = calendar.find(String(id));
      if (!event) throw new Refused({ status: 404, description: 'there is no such event' });
      event.attendees = attendees as string[];
      return { status: 200, body: event, reference: event.id, affected: event.attendees.length };
    },
  },
  {
    method: 'GET',
    path: /^\/export$/,
    action: 'calendar.events.export',
    parameters: (url) => Object.fromEntries(url.searchParams),
    run(calendar, { from, to }) {
      const events = calendar.between(from as string, to as string);
      return { status: 200, body: { events }, affected: events.length };
    },
  },
];

/**
 * The calendar API. Every request goes the same way, downward: token and proof, alive, allowed, and where the person
 * set a limit or much is at stake, redeemed before it is done and closed afterwards.
 */
export function calendarApi(rules: TokenRules, countersign: Countersign, tls?: { cert: string; key: string }): Server {
  const requests = calendarRequests(rules, tokenChecks(rules), countersign);
  // Any certificate: a token names the one that it is bound to, whoever signed it (RFC 8705 §3).
  return tls
    ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, requests)
    : createServer(requests);
}

/**
 * The way of every request once something has looked at its token: `tokenChecks`, or a middleware that others wrote.
 *
 * @param check names the caller, or throws Refused
 */
export function calendarRequests<Request extends IncomingMessage>(
  rules: Pick<TokenRules, 'url'>,
  check: (request: Request, response: ServerResponse) => Promise<Caller>,
  countersign: Countersign,
): RequestListener {
  const calendarOf = calendars();
  // By redemption. In memory as the calendar is; whoever has a database keeps them there, or a restart does things twice.
  const answers = new Map<string, Promise<Done>>();

  return (request, response) => {
    answer(request as Request, response)
      .then(({ status, body }) => send(response, status, body))
      .catch((error) => refuse(response, error));
  };

  async function answer(request: Request, response: ServerResponse): Promise<Done> {
    const url = new URL(request.url ?? '/', rules.url);
    const route = ROUTES.find(({ method, path }) => method === request.method && path.test(url.pathname));
    if (!route) throw new Refused({ status: 404, description: 'there is nothing at this address' });
    const caller = await check(request, response);
    const parameters = route.parameters(url, await readJson(request));

    const id = randomUUID();
    const report = (decision: 'accepted' | 'refused', status?: 'succeeded' | 'failed') =>
      countersign.report({
        jti: caller.jti,
        action: route.action,
        decision,
        status,
        request_id: id,
        at: new Date().toISOString(),
      });
    let redeeming: boolean;
    try {
      if (!(await countersign.isActive(caller.token, caller.jti))) throw invalid('the token is no longer active');
      redeeming = mustBeRedeemed(route, caller, parameters);
    } catch (error) {
      if (error instanceof Refused) report('refused');
      throw error;
    }
    if (redeeming) return redeemed(route, caller, parameters, String(request.headers['idempotency-key'] ?? id));
    const done = route.run(calendarOf(caller.person), parameters);
    report('accepted', 'succeeded');
    return done;
  }

  /** Reserves, acts, and says how it ended: as a card payment is authorised and captured. */
  async function redeemed(
    route: Route,
    caller: Caller,
    parameters: Record<string, unknown>,
    key: string,
  ): Promise<Done> {
    const use = await countersign.redeem({
      token: caller.token,
      action: route.action,
      parameters,
      // The caller's key counts for the caller's task only.
      idempotency_key: createHash('sha256')
        .update(JSON.stringify([caller.client, caller.task, key]))
        .digest('base64url'),
    });
    if (!use.ok) {
      const { status, reason, detail: description } = use;
      // The key was used for something else, or for a use that was given back.
      if (status === 409) throw new Refused({ status, error: 'invalid_request', description, reason });
      throw forbidden(route, description, reason);
    }
    // The same key again is the same use: it is answered as before, and nothing is done twice.
    const doing = answers.get(use.id) ?? act(route, caller, parameters, use.id);
    answers.set(use.id, doing);
    return await doing;
  }

  async function act(
    route: Route,
    caller: Caller,
    parameters: Record<string, unknown>,
    redemption: string,
  ): Promise<Done> {
    const close = (outcome: Outcome) =>
      countersign
        .close(redemption, outcome)
        .catch((error: Error) => console.error(`outcome of ${redemption}: ${error.message}`));
    try {
      const done = route.run(calendarOf(caller.person), parameters);
      await close({ status: 'succeeded', reference: done.reference, affected: done.affected });
      return done;
    } catch (error) {
      // Refused means that nothing was done, so the use is given back; anything else may have done half of it.
      await close({ status: error instanceof Refused ? 'released' : 'failed' });
      throw error;
    }
  }
}

/**
 * May the caller do this on the strength of the token alone? Yes for reading, within granted dates, as often as wanted.
 * No, and it has to be redeemed, for everything limited, everything that changes something or is of high impact, and
 * for what was granted as a scope, where the token holds no parameters to compare with.
 *
 * @throws Refused when no redemption could help: the task does not hold this action
 */
function mustBeRedeemed(route: Route, { scopes, details }: Caller, parameters: Record<string, unknown>): boolean {
  const granted = details.filter(({ type }) => type === route.action);
  const byScope = route.scope !== undefined && scopes.includes(route.scope);
  if (granted.length === 0 && !byScope) throw forbidden(route, `the token does not allow ${route.action}`);

  const free = granted.filter(
    ({ max_uses, access, impact }) =>
      max_uses === null && access === 'read' && (impact === 'low' || impact === 'medium'),
  );
  if (free.some((detail) => route.within?.(parameters, detail))) return false;
  if (free.length === granted.length && !byScope) throw forbidden(route, 'the token does not allow these parameters');
  return true;
}

/** RFC 6750 §3.1: the token is good, but not for this. */
const forbidden = ({ scope }: Route, description: string, reason?: string) =>
  new Refused({ status: 403, error: 'insufficient_scope', description, ...(reason && { reason }), scope });

/** A date that compares as a text; anything else compares with nothing. */
const dateIn = (value: unknown): string | number =>
  /^\d{4}-\d\d-\d\d$/.test(String(value)) ? String(value) : Number.NaN;

const BODY_BYTES = 64 * 1024;

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method === 'GET') return {};
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_BYTES)
      throw new Refused({ status: 400, error: 'invalid_request', description: 'the body is too large' });
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // answered below
  }
  throw new Refused({ status: 400, error: 'invalid_request', description: 'the body must be a JSON object' });
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refused)) {
    // Not the caller's fault. Whoever cannot ask whether a token is alive does nothing with it.
    console.error(error);
    send(response, 503, { error: 'temporarily_unavailable' }, { 'retry-after': '1' });
    return;
  }
  const { status, error: code, description, reason } = error.refusal;
  send(
    response,
    status,
    { ...(code && { error: code }), error_description: description, ...(reason && { reason }) },
    status === 401 || status === 403 ? { 'www-authenticate': challenge(error.refusal) } : {},
  );
}

/** RFC 6750 §3, RFC 9449 §7.1. Nothing about an error for somebody who sent nothing. */
function challenge({ error, description, scope, signIn }: Refusal): string {
  const said = description.replace(/[^\x20-\x7e]|["\\]/g, '');
  return `DPoP ${[
    ...(error ? [`error="${error}"`, `error_description="${said}"`] : []),
    ...(scope ? [`scope="${scope}"`] : []),
    ...(signIn?.acr === undefined ? [] : [`acr_values="${signIn.acr}"`]),
    ...(signIn?.maxAge === undefined ? [] : [`max_age="${signIn.maxAge}"`]),
    'algs="ES256 EdDSA Ed25519"',
  ].join(', ')}`;
}
