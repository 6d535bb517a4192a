import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { decodeJwt, decodeProtectedHeader, errors } from 'jose';

import type { Countersign } from '../calendar-api/redeem.ts';
import { calendarRequests } from '../calendar-api/server.ts';
import { type Caller, callerOf, invalid, onceWithin } from '../calendar-api/token.ts';

export interface AppRules {
  issuer: string;
  /** The identifier of this API: the only audience it accepts. */
  resource: string;
  /** Where this API is reached. */
  url: string;
}

/** Seconds that the middleware believes a proof. */
const PROOF_SECONDS = 60;

/**
 * The calendar API behind Express and a middleware that knows nothing of Countersign: it gets its keys and checks type, signature, issuer, audience, times and the proof of the key (RFC 9068 §4, RFC 9449 §4.3).
 */
export function calendarApp(rules: AppRules, countersign: Countersign): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(checkedWithKeysOf(countersign, rules));
  app.use(calendarRequests(rules, knownCaller(), countersign));
  app.use(refused);
  return app;
}

/**
 * The middleware says of every token that it could not check that it is invalid, and an agent throws an invalid token away.
 * So the keys are fetched here: that they cannot be had is our trouble, and said as 503.
 */
function checkedWithKeysOf({ keys }: Countersign, { issuer, resource: audience }: AppRules): RequestHandler {
  let current: { keys: string; check: RequestHandler } | undefined;
  return async (request, response, next) => {
    await keysFor(String(request.headers.authorization).split(' ').at(-1) ?? '');
    const known = keys.jwks() ?? { keys: [] };
    const said = JSON.stringify(known);
    if (current?.keys !== said) current = { keys: said, check: checkWith(known) };
    return current.check(request, response, next);
  };

  /** @throws when they cannot be had; whatever is wrong with the token is for the middleware to say */
  async function keysFor(token: string): Promise<void> {
    let header: ReturnType<typeof decodeProtectedHeader>;
    try {
      header = decodeProtectedHeader(token);
    } catch {
      return;
    }
    await keys(header).catch((error) => {
      if (!(error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported)) throw error;
    });
  }

  function checkWith(publicKey: object): RequestHandler {
    return auth({
      issuer,
      publicKey: publicKey as never,
      audience,
      tokenSigningAlg: 'ES256',
      strict: true, // `typ` has to be at+jwt: no ID token passes
      dpop: { required: true, iatOffset: PROOF_SECONDS, iatLeeway: PROOF_SECONDS }, // no token passes as Bearer
    });
  }
}

/** What the middleware leaves to us: a proof counts once, and a person and an agent have to be named. */
function knownCaller(): (request: Request) => Promise<Caller> {
  const firstUse = onceWithin(2 * PROOF_SECONDS);
  return async ({ auth, headers }) => {
    if (!auth) throw invalid('an access token is required');
    if (!firstUse(String(decodeJwt(String(headers.dpop)).jti))) throw invalid('the proof was used already');
    return callerOf(auth.token, auth.payload);
  };
}

/** The middleware's errors carry status and challenge (RFC 6750 §3.1); what is not its own is our trouble. */
const refused: ErrorRequestHandler = ({ status, headers, code, message }, _request, response, _next) => {
  if (status === undefined) console.error(message);
  response
    .status(status ?? 503)
    .set(headers ?? { 'retry-after': '1' })
    .json({
      error: code ?? (status === undefined ? 'temporarily_unavailable' : undefined),
      error_description: message,
    });
};
