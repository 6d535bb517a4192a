import type { Context, Next } from 'koa';

import { BadRequest } from './form.ts';

/** One endpoint of the protocol. */
export interface Endpoint {
  path: RegExp;
  methods: readonly string[];
  /** Pages of other origins may call it (MCP-14). */
  anyOrigin?: true;
  /** A person's browser comes here: errors are pages, and no other origin reads anything (OA-10). */
  browser?: true;
  /** The largest body the engine reads here. */
  bytes?: number;
  /** Its name in the metadata and its path, where a client may prove a certificate: it is also at the address for these. */
  alias?: readonly [name: string, path: string];
}

const ENGINE_BYTES = 56 * 1024;

/**
 * Every endpoint that is not a page. Those of `anyOrigin` are what an agent inside a browser needs; none of them looks
 * at a cookie, so any origin learns there only what its own server could have asked for.
 */
const ENDPOINTS: readonly Endpoint[] = [
  {
    path: /^\/\.well-known\/(oauth-authorization-server|openid-configuration)$/,
    methods: ['GET', 'HEAD'],
    anyOrigin: true,
  },
  { path: /^\/jwks$/, methods: ['GET', 'HEAD'], anyOrigin: true },
  { path: /^\/auth(\/[^/]+)?$/, methods: ['GET', 'HEAD'], browser: true }, // no POST: it would need cookies that other sites send
  { path: /^\/token$/, methods: ['POST'], anyOrigin: true, bytes: ENGINE_BYTES, alias: ['token_endpoint', '/token'] },
  {
    path: /^\/request$/,
    methods: ['POST'],
    anyOrigin: true,
    bytes: ENGINE_BYTES,
    alias: ['pushed_authorization_request_endpoint', '/request'],
  },
  { path: /^\/reg$/, methods: ['POST'], anyOrigin: true, bytes: ENGINE_BYTES },
  { path: /^\/reg\/[^/]+$/, methods: ['GET', 'PUT', 'DELETE'], anyOrigin: true, bytes: ENGINE_BYTES },
  {
    path: /^\/token\/revocation$/,
    methods: ['POST'],
    anyOrigin: true,
    alias: ['revocation_endpoint', '/token/revocation'],
  },
  { path: /^\/token\/introspection$/, methods: ['POST'], alias: ['introspection_endpoint', '/token/introspection'] },
  {
    path: /^\/backchannel$/,
    methods: ['POST'],
    bytes: ENGINE_BYTES,
    alias: ['backchannel_authentication_endpoint', '/backchannel'],
  },
  { path: /^\/challenge$/, methods: ['POST'], anyOrigin: true },
  { path: /^\/redemptions(\/[^/]+\/outcome)?$/, methods: ['POST'], alias: ['redemption_endpoint', '/redemptions'] },
  { path: /^\/outcomes$/, methods: ['POST'], alias: ['outcome_endpoint', '/outcomes'] },
];

/** `mtls_endpoint_aliases` (RFC 8705 §5). */
export const aliasesAt = (address: string): Record<string, string> =>
  Object.fromEntries(ENDPOINTS.flatMap(({ alias }) => (alias ? [[alias[0], `${address}${alias[1]}`]] : [])));

/** Routes that the engine keeps although what they belong to is off. */
const UNUSED = /^\/session\//;
const CHALLENGE = '/challenge';

export const endpointOf = (path: string): Endpoint | undefined =>
  ENDPOINTS.find((endpoint) => endpoint.path.test(path));

/** Does a machine call this? Then it gets the standard JSON form, whatever it says it accepts. */
export const isForMachines = (path: string): boolean => {
  const endpoint = endpointOf(path);
  return endpoint === undefined ? path.startsWith('/admin/api/') : endpoint.browser !== true;
};

/** The methods an endpoint takes (OA-20), who may call it from a page, and how much it reads. `challenges`: is that endpoint there? */
export function guardEndpoints({ challenges }: { challenges: boolean }) {
  return async (ctx: Context, next: Next) => {
    if (UNUSED.test(ctx.path) || (!challenges && ctx.path === CHALLENGE)) return; // 404, as anything that is not there
    const endpoint = endpointOf(ctx.path);
    if (!endpoint) return next();
    const { methods, anyOrigin, bytes } = endpoint;
    if (anyOrigin) {
      // Never with credentials, and named here: the engine would echo the caller's origin.
      ctx.set('Access-Control-Allow-Origin', '*');
      if (ctx.method === 'OPTIONS') return preflight(ctx, methods);
      ctx.set('Access-Control-Expose-Headers', EXPOSED);
    }
    if (!methods.includes(ctx.method)) {
      ctx.set('Allow', methods.join(', '));
      throw new BadRequest(`this endpoint takes ${methods.join(', ')}`, 405);
    }
    if (bytes !== undefined && (ctx.request.length ?? 0) > bytes) {
      ctx.set('Connection', 'close'); // the body is left unread
      throw new BadRequest(`the body is larger than ${bytes / 1024} KB`, 413);
    }
    return next();
  };
}

const EXPOSED =
  'WWW-Authenticate, DPoP-Nonce, OAuth-Client-Attestation-Challenge, Retry-After, Preference-Applied, X-Request-Id';

function preflight(ctx: Context, methods: readonly string[]): void {
  ctx.set('Access-Control-Allow-Methods', methods.join(', '));
  ctx.set(
    'Access-Control-Allow-Headers',
    'Authorization, Content-Type, DPoP, OAuth-Client-Attestation, OAuth-Client-Attestation-PoP, Prefer',
  );
  ctx.set('Access-Control-Max-Age', '3600');
  ctx.status = 204;
}
