import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider';

import { type ClientRecord, type ClientStore, isActive } from '../../server/agents/clients.ts';
import { isDocumentUrl, outwardId } from '../../server/agents/document.ts';
import { asVouchedFor, isVouchedFor } from '../../server/agents/handover.ts';
import { tooManyAgents } from '../../server/agents/refused.ts';
import { modeOf, OWN_METADATA, ownMetadata } from '../../server/agents/registration.ts';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import { stateOf } from '../../server/http/request-state.ts';
import type { Database } from './database.ts';
import { hash, OidcAdapter } from './oidc-adapter.ts';

/**
 * Clients as the engine sees them. The agent's state is looked at on every find, so a suspended agent is refused at
 * every endpoint at once; what belongs to the agent is joined in read-only and stripped before saving.
 */
export class ClientAdapter implements Adapter {
  readonly #clients: ClientStore;
  readonly #catalogue: Catalogue;
  readonly #documents: ((url: string) => Promise<ClientRecord | undefined>) | undefined;

  /** `documents`: the client that a metadata document describes, for whoever asks at this moment. */
  constructor(
    clients: ClientStore,
    catalogue: Catalogue,
    documents?: (url: string) => Promise<ClientRecord | undefined>,
  ) {
    this.#clients = clients;
    this.#catalogue = catalogue;
    this.#documents = documents;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const record = isDocumentUrl(id) ? await this.#documents?.(id) : await this.#clients.find(id);
    if (!record) return undefined;
    const request = Provider.ctx?.req;
    const state = request && stateOf(request);
    // Its registration stays readable: otherwise the engine would destroy the registration access token.
    const managing = Provider.ctx?.oidc.route?.startsWith('client') ?? false;
    if (!isActive(record, Date.now()) && !managing) {
      if (state) state.refusedClient = record;
      return undefined;
    }
    if (state && state.client === undefined) state.client = record;
    const types = record.metadata.authorization_details_types;
    return {
      ...(isVouchedFor(record.metadata) ? asVouchedFor(record.metadata) : record.metadata),
      ...ownMetadata(record),
      // The engine knows a document's client by the address that everybody knows.
      client_id: outwardId(record.clientId),
      // A type that is no longer published would keep the whole client from loading. What a resource server may ask
      // for further down is said by the actions of the token it received.
      ...(record.kind === 'resource_server'
        ? { authorization_details_types: [...this.#catalogue.actions.keys()] }
        : Array.isArray(types) && {
            authorization_details_types: types.filter((type) => this.#catalogue.actions.has(type as string)),
          }),
    } as AdapterPayload;
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    const sent = payload as Record<string, unknown>;
    const metadata = Object.fromEntries(Object.entries(sent).filter(([name]) => !OWN.has(name)));
    const state = Provider.ctx && stateOf(Provider.ctx.req);
    if (state?.verifiedHere) {
      const { method, jwks } = state.verifiedHere;
      // In the place of the house's own.
      Object.assign(metadata, { token_endpoint_auth_method: method, jwks });
    }
    if (!state?.terms) {
      await this.#clients.update(id, metadata, state?.wantedMode);
      if (state) state.replaced = true;
      return;
    }
    const registered = await this.#clients.register({
      terms: state.terms,
      agentId: sent.agent_id as string,
      clientId: id,
      name: sent.client_name as string,
      purpose: (sent.agent_purpose as string | undefined) ?? null,
      mode: modeOf(sent),
      status: sent.agent_status as 'active',
      expiresAt: sent.agent_expires_at === undefined ? null : new Date(Number(sent.agent_expires_at) * 1000),
      metadata,
    });
    // Another registration drew the last use of the initial access token between our look and our draw.
    if (registered === 'used_up') throw new errors.InvalidToken('initial access token is used up');
    if (registered !== 'registered') throw tooManyAgents(registered.most);
  }

  async destroy(id: string): Promise<void> {
    await this.#clients.remove(id);
  }

  consume(): Promise<void> {
    throw new Error('clients are not consumed');
  }
  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  revokeByGrantId(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** Initial access tokens live in a table of their own, with the terms they were made for. */
export class InitialAccessTokenAdapter extends ClientAdapter {
  readonly #store: ClientStore;

  constructor(clients: ClientStore, catalogue: Catalogue) {
    super(clients, catalogue);
    this.#store = clients;
  }

  override async find(token: string): Promise<AdapterPayload | undefined> {
    const terms = await this.#store.terms(token);
    if (!terms) return undefined;
    if (Provider.ctx) stateOf(Provider.ctx.req).terms = terms;
    return { jti: token, kind: 'InitialAccessToken', iat: 0, policies: ['agent'] } as AdapterPayload;
  }

  override upsert(): Promise<void> {
    throw new Error('initial access tokens are made by the command line');
  }
}

const OWN: ReadonlySet<string> = new Set([...OWN_METADATA, 'client_id']);

/**
 * Registration access tokens are rotated by every replacement (RFC 7592 §3). The former one counts until its successor
 * is shown for the first time: whoever lost the answer is not locked out, and whoever got it ends the former by using it.
 */
export class RegistrationTokenAdapter extends OidcAdapter {
  readonly #database: Database;

  constructor(database: Database) {
    super(database, MODEL);
    this.#database = database;
  }

  override async find(token: string): Promise<AdapterPayload | undefined> {
    const found = await super.find(token);
    // Superseded itself, it ends nothing.
    if (found && found.consumed === undefined) await this.#database.run(END_SUPERSEDED, [found.clientId, hash(token)]);
    return found;
  }

  override async destroy(token: string): Promise<void> {
    const state = Provider.ctx && stateOf(Provider.ctx.req);
    if (!state?.replaced) return super.destroy(token);
    state.superseded = hash(token); // when its successor is there
  }

  /**
   * The engine ends the former token and then saves the next: a request that broke off in between would have ended what
   * another one gave out meanwhile. Here both happen at once, one replacement after the other, and each leaves one
   * successor.
   */
  override async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const former = Provider.ctx && stateOf(Provider.ctx.req).superseded;
    if (!former) return super.upsert(id, payload, expiresIn);
    await this.#database.transaction(async (statements) => {
      await statements.run(HOLD, [former]);
      // A statement of its own: it has to see what the one before it left.
      await statements.run(KEEP_ONLY, [former]);
      await new OidcAdapter(statements, MODEL).upsert(id, payload, expiresIn);
    });
  }
}

declare module '../../server/http/request-state.ts' {
  interface RequestState {
    /** Hash of the registration access token that this replacement rotates. */
    superseded?: Buffer;
  }
}

const MODEL = 'RegistrationAccessToken';

// One that was superseded meanwhile ends nothing.
const END_SUPERSEDED = `
  delete from engine_artefacts
  where model = 'RegistrationAccessToken' and client_id = $1 and id_hash <> $2 and exists (
    select from engine_artefacts x where x.id_hash = $2 and x.model = 'RegistrationAccessToken' and x.consumed_at is null)`;

const HOLD = `select from engine_artefacts where id_hash = $1 and model = 'RegistrationAccessToken' for update`;

const KEEP_ONLY = `
  with kept as (
    update engine_artefacts set consumed_at = now() where id_hash = $1 and model = 'RegistrationAccessToken' returning client_id)
  delete from engine_artefacts a using kept
  where a.model = 'RegistrationAccessToken' and a.client_id = kept.client_id and a.id_hash <> $1`;
