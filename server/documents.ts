import type { IncomingMessage } from 'node:http';
import { Provider } from 'oidc-provider';

import type { Database } from '../adapters/postgres/database.ts';
import type { ClientRecord } from './agents/clients.ts';
import { clientOfDocument, type DocumentDependencies, type DocumentRequest } from './agents/documents.ts';
import { parseLoginHint } from './approvals/backchannel.ts';
import { opaqueName } from './delegation/subject.ts';
import { stateOf } from './http/request-state.ts';
import { hashOf } from './oauth/ids.ts';
import { parseJws } from './oauth/jws.ts';

/** Clients that metadata documents describe, as the organization behind a request has them. */
export interface DocumentClients {
  /** For the request that the engine works on. */
  inEngine(url: string): Promise<ClientRecord | undefined>;
  /** At an endpoint of our own. */
  ofForm(url: string, form: ReadonlyMap<string, string>, ctx: Caller): Promise<ClientRecord | undefined>;
}

interface Caller {
  req: IncomingMessage;
  ip: string;
  path: string;
}

/**
 * One document is a different agent in each organization, so a request has to say whose it is. In a browser the person's
 * session does; elsewhere what the request is about: the code, the token, the person who is to be asked. A request that
 * is pushed before anybody signed in is nobody's yet, and good for nothing but being pushed.
 */
export function documentClients(database: Database, issuer: string, documents: DocumentDependencies): DocumentClients {
  const find = async (url: string, ctx: Caller, asking: Omit<DocumentRequest, 'address'>) => {
    const state = stateOf(ctx.req);
    const key = `${url} ${asking.organization ?? ''}`;
    if (state.documentClient?.key !== key) {
      const found = await clientOfDocument(url, { ...asking, address: ctx.ip }, documents);
      if ('reason' in found) state.documentRefusal = found;
      state.documentClient = { key, found: 'reason' in found ? undefined : found };
    }
    return state.documentClient.found;
  };
  const behind = (url: string, path: string, value: Value) => organizationBehind(database, issuer, url, path, value);

  return {
    async inEngine(url) {
      const { ctx } = Provider;
      if (!ctx) return undefined;
      const { person } = stateOf(ctx.req).session ?? {};
      const { route, body } = ctx.oidc;
      const form = (body ?? {}) as Readonly<Record<string, unknown>>;
      const nobody = { organization: undefined, person: undefined, mayPlace: false };
      if (route === 'authorization' || route === 'resume') {
        const mayFetch = route === 'resume' || isRequest({ ...ctx.query, ...form });
        return find(url, ctx, { organization: person?.organization, person: person?.id, mayFetch, mayPlace: true });
      }
      if (route === 'pushed_authorization_request') return find(url, ctx, { ...nobody, mayFetch: isRequest(form) });
      const organization = await behind(url, ctx.path, (name) => textOf(form[name]));
      // Looked at anew before anybody is asked: its keys may have changed.
      const mayFetch = route === 'backchannel_authentication' && organization !== undefined;
      return find(url, ctx, { ...nobody, organization, mayFetch });
    },

    async ofForm(url, form, ctx) {
      const organization = await behind(url, ctx.path, (name) => form.get(name));
      return find(url, ctx, { organization, person: undefined, mayFetch: false, mayPlace: false });
    },
  };
}

declare module './http/request-state.ts' {
  interface RequestState {
    /** Looked at once in a request, however often the engine asks. */
    documentClient?: { key: string; found: ClientRecord | undefined };
  }
}

type Value = (name: string) => string | undefined;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The checks that need no client (CIMD-15): who sends nonsense makes us fetch nothing. */
const isRequest = (parameters: Readonly<Record<string, unknown>>): boolean =>
  typeof parameters.request_uri === 'string' ||
  typeof parameters.request === 'string' ||
  (parameters.response_type === 'code' &&
    typeof parameters.redirect_uri === 'string' &&
    typeof parameters.code_challenge === 'string');

/**
 * Whose a request is, by what it is about. This is only where to look: the client still authenticates, and what it
 * presents is still checked to be this organization's. Where two organizations would fit, it is nobody's.
 */
async function organizationBehind(
  database: Database,
  issuer: string,
  url: string,
  path: string,
  value: Value,
): Promise<string | undefined> {
  const oneOf = async (sql: string, parameters: readonly unknown[]): Promise<string | undefined> => {
    const [row, another] = await database.rows<{ organization: string }>(sql, parameters);
    return another === undefined ? row?.organization : undefined;
  };
  const ofArtefact = (text: string) => oneOf(OF_ARTEFACT, [hashOf(text)]);
  const ofPerson = (id: string) => oneOf('select organization from people where id = $1', [id]);
  const ofIssuer = (iss: unknown) => (typeof iss === 'string' ? oneOf(OF_ISSUER, [iss, url]) : undefined);
  const ofToken = async (text: string): Promise<string | undefined> => {
    const opaque = opaqueName(text);
    if (opaque) return oneOf(OF_TOKEN, [opaque.issuedAt, opaque.jti]);
    const payload = parseJws(text)?.payload;
    if (!payload) return ofArtefact(text);
    return payload.iss === issuer ? textOf(payload.org_id) : ofIssuer(payload.iss);
  };
  const ofHint = async (text: string): Promise<string | undefined> => {
    const hint = parseLoginHint(text);
    if (!hint) return undefined;
    if ('email' in hint) return oneOf(OF_ADDRESS, [hint.email, url]);
    return 'issuer' in hint && hint.issuer !== issuer ? ofIssuer(hint.issuer) : ofPerson(hint.subject);
  };
  const ofJwt = async (text: string): Promise<string | undefined> => {
    const { iss, sub } = parseJws(text)?.payload ?? {};
    return iss === issuer ? ofPerson(String(sub)) : ofIssuer(iss);
  };

  const about: Readonly<Record<string, readonly [string, (text: string) => Promise<string | undefined> | undefined]>> =
    {
      authorization_code: ['code', ofArtefact],
      refresh_token: ['refresh_token', ofArtefact],
      'urn:openid:params:grant-type:ciba': ['auth_req_id', (text) => oneOf(OF_QUESTION, [hashOf(text)])],
      'urn:ietf:params:oauth:grant-type:token-exchange': ['subject_token', ofToken],
      'urn:ietf:params:oauth:grant-type:jwt-bearer': ['assertion', ofJwt],
    };
  const hints = [
    ['login_hint', ofHint],
    ['id_token_hint', ofJwt],
    ['login_hint_token', ofJwt],
  ] as const;
  const ways =
    path === '/backchannel'
      ? hints
      : path === '/token'
        ? [about[value('grant_type') ?? '']]
        : [['token', ofToken] as const];
  for (const way of ways) {
    const text = way && value(way[0]);
    if (way && text) return way[1](text);
  }
  return undefined;
}

const OF_ARTEFACT = `
  select p.organization from engine_artefacts a join people p on p.id = a.person
  where a.id_hash = $1 and a.model in ('AuthorizationCode', 'RefreshToken')`;

const OF_QUESTION = 'select organization from approvals where auth_req_id_hash = $1';

const OF_TOKEN = 'select organization from issued_tokens where issued_at = $1 and jti = $2';

// Among those who have this document as a client: an address or an issuer alone may be known to several.
const OF_ADDRESS = `
  select p.organization from people p
  join clients c on c.organization = p.organization and c.document_url = $2
  where lower(p.email) = lower($1) limit 2`;

const OF_ISSUER = `
  select t.organization from trusted_issuers t
  join clients c on c.organization = t.organization and c.document_url = $2
  where t.issuer = $1 limit 2`;
