import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { decodeJwt } from 'jose';

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
 * The calendar API behind Express and a middleware that knows nothing of Countersign: it finds the keys through the
 * metadata and checks type, signature, issuer, audience, times and the proof of the key (RFC 9068 §4, RFC 9449 §4.3).
 */
export function calendarApp(rules: AppRules, countersign: Countersign): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(
    auth({
      issuerBaseURL: rules.issuer,
      audience: rules.resource,
      tokenSigningAlg: 'ES256',
      strict: true, // `typ` has to be at+jwt: no ID token passes
      dpop: { required: true, iatOffset: PROOF_SECONDS, iatLeeway: PROOF_SECONDS }, // no token passes as Bearer
    }),
  );
  app.use(calendarRequests(rules, knownCaller(), countersign));
  app.use(refused);
  return app;
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
