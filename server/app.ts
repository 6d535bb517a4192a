import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import type { Logger } from 'pino';

import type { OwnPath } from '../grants/own-path.ts';
import { errorPage } from '../views/error.tsx';
import { ERRORS } from '../views/words/errors.ts';
import type { Saying } from '../views/words/saying.ts';
import { giveChallenge } from './agents/attestation.ts';
import { endAfterShowing } from './agents/certificate.ts';
import type { ClientStore } from './agents/clients.ts';
import type { Registrations } from './agents/manage.ts';
import { guardRegistration, paceRegistrations } from './agents/manage.ts';
import { type AgentPages, agentRoutes } from './agents/routes.ts';
import type { ApprovalPages } from './approvals/pages.ts';
import { approvalRoutes } from './approvals/routes.ts';
import { introspect, revoke, type TokenEndpointsDependencies } from './delegation/routes.ts';
import type { Evidence } from './evidence/evidence.ts';
import { type Clock, onlyInTime } from './http/clock.ts';
import type { Cookies } from './http/cookies.ts';
import { endpointOf, guardEndpoints, isForMachines } from './http/endpoints.ts';
import { BadRequest } from './http/form.ts';
import { onlyInTouch } from './http/in-touch.ts';
import { type PollPace, pacePolls } from './http/overload.ts';
import { boundRequestObject } from './http/request-object.ts';
import { stateOf } from './http/request-state.ts';
import { json, looksAgain, page } from './http/respond.ts';
import { takeProofs } from './http/sent-proof.ts';
import { shapeAnswers } from './http/shape-answers.ts';
import { staticFiles } from './http/static-files.ts';
import type { StyleSheetStore } from './http/template.ts';
import type { Metrics } from './management.ts';
import { hashOf } from './oauth/ids.ts';
import type { Nonces } from './oauth/nonce.ts';
import { speakerFor } from './people/language.ts';
import { frameOf } from './people/pages.ts';
import type { PeopleStore, Session, SessionStore } from './people/person.ts';
import { type PeoplePages, peopleRoutes } from './people/routes.ts';
import { timeZoneNamed } from './people/time-zone.ts';
import { type RedemptionDependencies, redemptionRoutes } from './redemptions/routes.ts';

export interface AppDependencies {
  pace: PollPace;
  clock: Pick<Clock, 'agrees'>;
  isInTouch(): boolean;
  issuer: string;
  trustProxy: boolean;
  nonces: Nonces;
  clients: Pick<ClientStore, 'certificatesEnd'>;
  /** Where clients prove certificates, if not at the issuer's own address. */
  certificateAddress: string | undefined;
  logger: Logger;
  metrics: Metrics;
  cookies: Cookies;
  /** The engine signs its own cookies with these, on our context. */
  cookieKeys: string[];
  sessions: SessionStore;
  sessionIdleSeconds: number;
  /** Pages speak languages that nobody speaks, too: for tests. */
  pseudoLanguages: boolean;
  styleSheets: StyleSheetStore;
  evidence: Evidence;
  people: PeoplePages;
  approvals: ApprovalPages;
  agents: AgentPages;
  tokens: TokenEndpointsDependencies;
  redemptions: RedemptionDependencies;
  /** What we verify ourselves becomes an assertion of the house, before anybody authenticates the client. */
  handOver: (ctx: Context, next: Next) => Promise<void>;
  /** Of client attestations; undefined where they are not offered. */
  challenges: Nonces | undefined;
  /** The token endpoint for grants that need nothing of the engine; the others go on to it. */
  ownGrants: OwnPath;
  registrations: Registrations;
  /** Routes made elsewhere: the admin API, enrolment. */
  more: ((router: Router) => void)[];
  /** Is this authorization details type shared by every organization? */
  isPublicType(type: string): boolean;
  /** The engine in service; another one after the catalogue changed. */
  engine(): (ctx: Context, next: Next) => Promise<void>;
}

/** The mount table: every route, in the order in which a request meets it. */
export function createApp(dependencies: AppDependencies): Koa {
  const app = new Koa({ proxy: dependencies.trustProxy, keys: dependencies.cookieKeys });
  // What machines call, first: it is most of what comes, and is not looked for among the pages.
  const machines = new Router();
  redemptionRoutes(machines, dependencies.redemptions); //  /redemptions  /outcomes
  for (const path of AUTHENTICATED) machines.post(path, dependencies.handOver);
  for (const path of ['/request', '/backchannel']) machines.post(path, boundRequestObject);
  machines.get('/auth', boundRequestObject);
  machines.post('/token', dependencies.ownGrants); //       token exchange, JWT bearer, client credentials, CIBA polls
  if (dependencies.challenges) machines.post('/challenge', giveChallenge(dependencies.challenges));
  machines.post('/token/introspection', (ctx) => introspect(ctx, dependencies.tokens));
  machines.post('/token/revocation', (ctx) => revoke(ctx, dependencies.tokens));

  const router = new Router();
  peopleRoutes(router, dependencies.people); //             /  /login  /logout
  approvalRoutes(router, dependencies.approvals); //        /inbox  /interaction/:uid  /r/:id  /receipts/:id
  agentRoutes(router, dependencies.agents); //              /agents  /tasks/:id/stop
  for (const mount of dependencies.more) mount(router); //  /owned  /offers  /enrol/:token  /admin/api
  router.post('/reg', paceRegistrations(dependencies.registrations));
  router.all('/reg/:clientId', guardRegistration(dependencies.registrations));

  speakAs(app, dependencies.issuer);
  app.use(measure(dependencies));
  app.use(answerErrors(dependencies));
  app.use(onlyOurHost(dependencies));
  app.use(onlyInTime(dependencies.clock));
  app.use(onlyInTouch(dependencies.isInTouch));
  app.use(pacePolls(dependencies.pace));
  app.use(guardEndpoints({ challenges: dependencies.challenges !== undefined }));
  app.use(takeProofs(dependencies.nonces));
  app.use(staticFiles(dependencies.styleSheets));
  app.use(loadSession(dependencies));
  app.use(recordRefusals(dependencies));
  app.use(noteCertificates(dependencies));
  app.use(shapeAnswers(dependencies.issuer, dependencies.isPublicType));
  app.use(machines.routes());
  app.use(router.routes());
  app.use((ctx, next) => dependencies.engine()(ctx, next)); // everything OAuth and OpenID Connect
  app.on('error', () => {}); // answered and logged above
  return app;
}

/** Where clients authenticate themselves. */
const AUTHENTICATED = ['/token', '/request', '/backchannel', '/token/introspection', '/token/revocation'];

/** What every instance counts, and one log line per request; never a query, a body or a header (RF-07). */
function measure({ logger, metrics }: AppDependencies) {
  return async (ctx: Context, next: Next) => {
    const started = process.hrtime.bigint();
    await next();
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    metrics.request(ctx.method, routeOf(ctx), ctx.status, seconds);
    if (!logger.isLevelEnabled('debug')) return;
    logger.debug(
      {
        id: stateOf(ctx.req).id,
        method: ctx.method,
        path: ctx.path.replace(/[A-Za-z0-9_-]{20,}/g, '…'),
        status: ctx.status,
        ms: Math.round(seconds * 1000),
      },
      'request',
    );
  };
}

const PAGES = new Set([
  '',
  'login',
  'logout',
  'inbox',
  'interaction',
  'r',
  'receipts',
  'agents',
  'owned',
  'offers',
  'tasks',
  'enrol',
  'settings',
  'language',
  'static',
  'admin',
]);

/** A label of few values: a stranger can ask for any address, and each would be a series of its own. */
function routeOf({ path }: Context): string {
  const [, first = ''] = path.split('/');
  return endpointOf(path) || PAGES.has(first) ? `/${first}` : 'other';
}

/** A refusal is a 4xx in the caller's form; a fault is a 5xx, logged, and never dressed up as a refusal. */
function answerErrors({ logger, cookies }: AppDependencies) {
  return async (ctx: Context, next: Next) => {
    const { id } = stateOf(ctx.req);
    ctx.set('X-Request-Id', id);
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null && !ctx.headerSent) notFound(ctx);
    } catch (error) {
      if (error instanceof BadRequest) return answer(ctx, error.status, error.message, error.forPeople);
      logger.error({ id, err: error, method: ctx.method, path: ctx.path }, 'fault');
      answer(ctx, 500, 'Something went wrong here. Nothing was changed that is not shown.');
    }
  };

  function notFound(ctx: Context): void {
    answer(ctx, 404, 'There is nothing at this address.');
  }

  function answer(ctx: Context, status: number, message: string, forPeople?: Saying): void {
    const { id } = stateOf(ctx.req);
    if (!isForMachines(ctx.path) && ctx.accepts('json', 'html') === 'html') {
      const speaker = speakerFor(ctx);
      const { say } = speaker;
      const [title, means, next] = status >= 500 ? FAULT : status === 404 ? NOT_FOUND : NOT_POSSIBLE;
      const props = {
        title: say(title),
        message: forPeople?.(speaker) ?? say(means),
        nextStep: say(next),
        requestId: id,
      };
      page(ctx, errorPage({ frame: frameOf(ctx, cookies), ...props }), status);
      return;
    }
    const error =
      status === 503
        ? 'temporarily_unavailable'
        : status >= 500
          ? 'server_error'
          : status === 404
            ? 'not_found'
            : 'invalid_request';
    json(ctx, { error, error_description: message, request_id: id }, status);
  }
}

const FAULT = [ERRORS.fault, ERRORS.faultMeans, ERRORS.faultNext] as const;
const NOT_FOUND = [ERRORS.notFound, ERRORS.notFoundMeans, ERRORS.notFoundNext] as const;
const NOT_POSSIBLE = [ERRORS.notPossible, ERRORS.notUnderstood, ERRORS.goBack] as const;

/**
 * Every URL of ours, what a DPoP proof must name and whether a cookie is Secure come from the issuer alone: whoever
 * writes the headers of a request, or stands between, changes none of it.
 */
function speakAs(app: Koa, issuer: string): void {
  const { host, hostname, protocol, origin } = new URL(issuer);
  const fixed = { host, hostname, origin, protocol: protocol.slice(0, -1) };
  for (const [name, value] of Object.entries(fixed)) Object.defineProperty(app.request, name, { get: () => value });
}

/**
 * Requests for any host but the issuer's are refused: a name that is made to resolve to this server would otherwise
 * share its origin with it (DNS rebinding). On loopback, 127.0.0.1 is sent to the issuer's name.
 */
function onlyOurHost({ issuer, certificateAddress }: AppDependencies) {
  const { host, port, protocol } = new URL(issuer);
  const forCertificates = certificateAddress && new URL(certificateAddress).host;
  return async (ctx: Context, next: Next) => {
    let asked = (ctx.app.proxy && ctx.get('X-Forwarded-Host').split(',')[0]?.trim()) || ctx.get('Host');
    if (!ctx.url.startsWith('/')) {
      // The absolute form, whose host counts and not the header's (RFC 9112 §3.2.2).
      const target = URL.parse(ctx.url);
      asked = target?.host ?? '';
      ctx.url = `${target?.pathname ?? '/'}${target?.search ?? ''}`;
      ctx.originalUrl = ctx.url;
    }
    asked = asked.toLowerCase();
    if (asked === host) {
      // No name, path or value of ours holds a NUL, and the database could not look for one.
      if (/%00/.test(ctx.url)) throw new BadRequest('the address holds a null character');
      return next();
    }
    // No page and no cookie there: only what a client with a certificate calls.
    if (forCertificates && asked === forCertificates && endpointOf(ctx.path)?.alias) {
      stateOf(ctx.req).address = certificateAddress;
      return next();
    }
    if (protocol === 'http:' && (asked === `127.0.0.1:${port}` || asked === `[::1]:${port}`) && ctx.method === 'GET') {
      ctx.status = 302;
      ctx.redirect(`${issuer}${ctx.url}`);
      return;
    }
    throw new BadRequest(`This server answers at ${issuer} only.`, 421);
  };
}

/** What opens to somebody who has to add a passkey before anything else. */
const OPEN_ANYWAY = /^\/(settings\/security|login|logout|language|static)(\/|$)/;

/** Pages and the authorization endpoint know the person; machine endpoints do not look. */
function loadSession({ cookies, sessions, sessionIdleSeconds, pseudoLanguages, people: { people } }: AppDependencies) {
  const machine =
    /^\/(token|request|backchannel|challenge|reg|jwks|redemptions|outcomes|\.well-known|admin\/api)(\/|$)/;
  return async (ctx: Context, next: Next) => {
    if (!machine.test(ctx.path)) {
      stateOf(ctx.req).pseudoLanguages = pseudoLanguages;
      const value = cookies.session(ctx);
      if (value !== undefined) {
        const used = !looksAgain(ctx);
        const session = await sessions.find(hashOf(value), sessionIdleSeconds, used);
        stateOf(ctx.req).session = session && (await inTheirZone(session, cookies.timeZone(ctx), people));
        if (session?.addsPasskey && !OPEN_ANYWAY.test(ctx.path)) {
          ctx.redirect('/settings/security');
          ctx.status = 303;
          return;
        }
      }
    }
    return next();
  };
}

/** Where they are now. It is kept, because mail and quiet hours have no browser to ask; written only when it changes. */
async function inTheirZone(session: Session, said: string | undefined, people: PeopleStore): Promise<Session> {
  const { person } = session;
  const timeZone = said === undefined || said === person.timeZone ? undefined : timeZoneNamed(said);
  if (timeZone === undefined || timeZone === person.timeZone) return session;
  await people.setTimeZone(person.organization, person.id, timeZone);
  return { ...session, person: { ...person, timeZone } };
}

/** A subject has no end of its own; the certificate that just proved it has, and somebody is told before it comes. */
function noteCertificates({ clients }: AppDependencies) {
  return async (ctx: Context, next: Next) => {
    await next();
    const { authenticated, client, certificate } = stateOf(ctx.req);
    if (!authenticated || !certificate || client?.metadata.token_endpoint_auth_method !== 'tls_client_auth') return;
    const before = client.keysEndAt ?? null;
    const end = endAfterShowing(certificate.x509, before);
    // As it is known already, mostly: only a renewed certificate writes anything.
    if (end?.getTime() !== before?.getTime()) await clients.certificatesEnd(client.clientId, end);
  };
}

/**
 * Every refusal of an authenticated client is evidence, written before the answer leaves. Others are counted and
 * logged only: a stranger must not be able to fill an organization's evidence.
 */
function recordRefusals({ evidence, logger, metrics }: AppDependencies) {
  const recently = new Map<string, number>();
  return async (ctx: Context, next: Next) => {
    await next();
    if (ctx.status < 400 || ctx.status >= 500) return;
    const state = stateOf(ctx.req);
    const error = (ctx.body as { error?: unknown } | undefined)?.error;
    if (typeof error !== 'string' || state.recorded) return;
    metrics.refusal(routeOf(ctx), error);
    // Waiting is no refusal, and a nonce is handed out by asking for it.
    if (error === 'authorization_pending' || error === 'slow_down' || error === 'use_dpop_nonce') return;

    const { refusedClient } = state;
    if (refusedClient?.agent) {
      // Its assertion is not checked any more, so whoever knows its client_id could send this: once in ten seconds.
      const last = recently.get(refusedClient.clientId) ?? 0;
      if (Date.now() - last < 10_000) return;
      if (recently.size > 10_000) recently.clear();
      recently.set(refusedClient.clientId, Date.now());
      await evidence.record({
        organization: refusedClient.organization,
        type: 'token.refused',
        decision: 'refused',
        reason: `agent_${refusedClient.agent.status}`,
        agent: refusedClient.agent.id,
        application: refusedClient.clientId,
        content: { endpoint: ctx.path, error },
      });
      return;
    }
    // A metadata document's client is nobody's before somebody signed in: there is no evidence to write it to.
    if (!state.authenticated || !state.client?.organization) {
      logger.debug({ id: state.id, path: ctx.path, error }, 'refused a stranger');
      return;
    }
    const { refusal, about, client } = state;
    await evidence.record({
      organization: client.organization,
      ...about,
      type: ctx.path === '/token' ? 'token.refused' : 'request.refused',
      decision: 'refused',
      reason: refusal?.reason ?? error,
      // Who asked; an agent further up only where no agent did.
      agent: client.agent?.id ?? about?.agent,
      application: client.clientId,
      ...(refusal?.reason === 'consent_required' && { approval: refusal.approval }),
      content: { endpoint: ctx.path, error, refusal },
    });
  };
}
