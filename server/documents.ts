import { Provider } from 'oidc-provider';

import type { Database } from '../adapters/postgres/database.ts';
import type { ClientRecord } from './agents/clients.ts';
import { clientOfDocument, type DocumentDependencies } from './agents/documents.ts';
import { stateOf } from './http/request-state.ts';
import { hashOf } from './oauth/ids.ts';

/**
 * The client that a metadata document describes, for the request that the engine works on. Whose organization it is says
 * the person's session, and at the token endpoint the code or refresh token, which a person of one organization stands
 * behind; anywhere else such a client is unknown.
 */
export const documentClients =
  (database: Database, documents: DocumentDependencies) =>
  async (url: string): Promise<ClientRecord | undefined> => {
    const { ctx } = Provider;
    if (!ctx) return undefined;
    const state = stateOf(ctx.req);
    const { person } = state.session ?? {};
    const { route } = ctx.oidc;
    const inBrowser = route === 'authorization' || route === 'resume';
    const organization = inBrowser ? person?.organization : await organizationBehind(database, ctx.oidc.body);
    const key = `${url} ${organization ?? ''}`;
    state.documentClient ??= { key: '', found: undefined };
    if (state.documentClient.key !== key) {
      const mayFetch = route === 'resume' || (inBrowser && isRequest({ ...ctx.query, ...ctx.oidc.body }));
      const found = await clientOfDocument(
        url,
        { organization, person: person?.id, address: ctx.ip, mayFetch },
        documents,
      );
      if ('reason' in found) state.documentRefusal = found;
      state.documentClient = { key, found: 'reason' in found ? undefined : found };
    }
    return state.documentClient.found;
  };

declare module './http/request-state.ts' {
  interface RequestState {
    /** Looked at once in a request, however often the engine asks. */
    documentClient?: { key: string; found: ClientRecord | undefined };
  }
}

/** The checks that need no client (CIMD-15): who sends nonsense makes us fetch nothing. */
const isRequest = (parameters: Readonly<Record<string, unknown>>): boolean =>
  parameters.response_type === 'code' &&
  typeof parameters.redirect_uri === 'string' &&
  typeof parameters.code_challenge === 'string';

async function organizationBehind(database: Database, form: unknown): Promise<string | undefined> {
  const { code, refresh_token: refreshToken } = (form ?? {}) as { code?: unknown; refresh_token?: unknown };
  const value = code ?? refreshToken;
  if (typeof value !== 'string') return undefined;
  const row = await database.first<{ organization: string }>(ORGANIZATION_BEHIND, [hashOf(value)]);
  return row?.organization;
}

const ORGANIZATION_BEHIND = `
  select p.organization from engine_artefacts a join people p on p.id = a.person
  where a.id_hash = $1 and a.model in ('AuthorizationCode', 'RefreshToken')`;
